"""The pages of refusals and failures speak the language of the screens, and need no database."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

PAGES = {
    "400.html": ("无法识别此请求", "The request could not be read"),
    "403.html": ("无权办理", "Not allowed"),
    "403_csrf.html": ("页面已过期", "The form has expired"),
    "404.html": ("没有找到", "Not found"),
    "500.html": ("服务器出现问题", "Something went wrong on the server"),
}


@pytest.mark.parametrize(("page", "titles"), PAGES.items())
def test_a_refusal_speaks_chinese_and_english(page: str, titles: tuple[str, str]) -> None:
    for language, title in zip(("zh-hans", "en"), titles, strict=True):
        with translation.override(language):
            assert f"<h1>{title}</h1>" in render_to_string(page)
