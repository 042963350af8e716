"""A reviewer publishes a score: confirm, seal, look at the sealed sheet, take score.json and its package, verify them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anlan.assessment.seal_format import read_package
from anlan.assessment.seal_verify import verify_score
from anlan.org.models import Person
from anlan.org.scope import Actor
from tests.sealing import fill_year
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_chen_seals_the_score_and_anyone_can_verify_what_she_takes_away(
    open_page: Callable[..., Any],
    sign_in: Callable[[Any, Person], None],
    world: World,
    chen: Person,
    li_actor: Actor,
    chen_actor: Actor,
    tmp_path: Path,
) -> None:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    page = open_page()
    sign_in(page, chen)
    page.goto("/at/A/2025/score/")
    page.get_by_role("link", name="Seal the score").click()
    page.get_by_role("button", name="Seal and publish").click()
    page.wait_for_url("**/score/seals/*/")
    assert page.get_by_text("does not change any more").is_visible()
    assert page.locator(".a-seal-code svg").is_visible()
    files = []
    for name in ("score.json", "Package"):
        with page.expect_download() as taken:
            page.get_by_role("link", name=name, exact=True).click()
        files.append(tmp_path / taken.value.suggested_filename)
        taken.value.save_as(files[-1])
    score, package = (file.read_bytes() for file in files)
    assert json.loads(score)["institution"]["code"] == "A"
    assert verify_score(score, read_package(package)).outcome in ("holds", "waits")
    address = page.url
    for width in (360, 1280):
        narrow = open_page(width=width)
        narrow.add_init_script(
            "window.broken = []; document.addEventListener('securitypolicyviolation', e => window.broken.push(e.violatedDirective))"
        )
        sign_in(narrow, chen)
        for where in (address, "/at/A/2025/score/seals/", "/at/A/2025/score/seal/", "/at/A/2025/score/"):
            narrow.goto(where)
            narrow.wait_for_load_state("networkidle")
            assert narrow.evaluate("window.broken") == []
            assert narrow.evaluate("document.documentElement.scrollWidth") <= width
            if where == address:
                narrow.screenshot(path=f"/tmp/seal-shot-{width}.png", full_page=True)
