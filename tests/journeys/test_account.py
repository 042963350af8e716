"""Through the door: the one-time password, the lock, the language that keeps the page, the keyboard, the phone."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.org.models import Person

pytestmark = pytest.mark.django_db(transaction=True)
Door = Callable[[Any, Person], None]


def test_a_one_time_password_is_changed_before_anything_else(open_page: Callable[..., Any], li: Person):
    li.set_password("one-time-Pass-1")
    li.must_change_password = True
    li.save()
    page = open_page()
    page.goto("/at/A/2025/registers/")
    page.get_by_label("User name").fill("li")
    page.get_by_label("Password").fill("one-time-Pass-1")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/password/")
    page.goto("/at/A/2025/registers/")
    assert page.url.endswith("/password/")

    page.locator("[name=old_password]").fill("one-time-Pass-1")
    page.locator("[name=new_password1]").fill("a-longer-Word-2")
    page.locator("[name=new_password2]").fill("a-longer-Word-2")
    page.get_by_role("button", name="Set the new password").click()
    page.wait_for_url("**/at/A/**")
    page.goto("/at/A/2025/registers/")
    assert page.get_by_role("heading", level=1).inner_text() == "Registers"


def test_the_language_switch_keeps_the_page(open_page: Callable[..., Any], sign_in: Door, li: Person):
    page = open_page()
    sign_in(page, li)
    page.goto("/at/A/2025/registers/hazard/?state=assigned")
    page.get_by_role("button", name="中文").click()
    page.wait_for_load_state()
    assert page.url.endswith("/at/A/2025/registers/hazard/?state=assigned")
    assert page.get_by_role("heading", level=1).inner_text() == "隐患"
    assert page.locator("html").get_attribute("lang") == "zh-hans"


def test_pages_open_in_chinese_for_a_browser_that_asks_for_english(chromium: Any, live_server: Any):
    context = chromium.new_context(base_url=live_server.url, locale="en-GB")
    page = context.new_page()
    page.goto("/sign-in/")
    assert page.get_by_role("heading", name="登录").count() == 1
    context.close()


def test_the_keyboard_reaches_content_and_search(open_page: Callable[..., Any], sign_in: Door, li: Person):
    page = open_page()
    sign_in(page, li)
    page.goto("/at/A/2025/registers/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "a-skip"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("hazard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=hazard")
    assert page.get_by_role("link", name="Hazard").count() >= 1


def test_on_a_phone_the_menu_opens_and_closes_with_the_keyboard(
    open_page: Callable[..., Any], sign_in: Door, li: Person
):
    page = open_page(width=360, height=740)
    sign_in(page, li)
    page.get_by_role("button", name="Open the menu").click()
    page.locator(".a-nav a").first.wait_for(state="visible")
    assert page.locator("[data-rail=open]").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    page.locator(".a-nav a").first.wait_for(state="hidden")
    assert page.locator("[data-rail=open]").get_attribute("aria-expanded") == "false"
