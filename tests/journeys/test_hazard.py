"""A hazard from the corridor to its end: reported, refused for want of words, assigned, rectified, sent back, verified."""

import errno
from collections.abc import Callable
from typing import Any

import pytest

from anlan.org.models import Person
from anlan.org.scope import as_system
from anlan_cn.models import Hazard

pytestmark = pytest.mark.django_db(transaction=True)

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
Door = Callable[[Any, Person], None]


def test_li_reports_a_hazard_and_wang_closes_it(open_page: Callable[..., Any], sign_in: Door, li: Person, wang: Person):
    page = open_page()
    sign_in(page, li)
    page.goto("/at/A/2025/registers/hazard/")
    page.get_by_role("link", name="Report a hazard").first.click()

    page.get_by_role("button", name="Report a hazard").click()
    assert page.locator(".a-field-bad").count() == 3
    assert page.evaluate("document.activeElement.name") == "occurred_on"

    page.get_by_label("Found on").fill("2025-03-12")
    page.get_by_label("Area").select_option("fire")
    page.get_by_label("What was found").fill("Beds block the escape route on floor 3")
    page.locator("input[type=file]").set_input_files({"name": "corridor.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="Report a hazard").click()
    page.wait_for_url("**/registers/hazard/*-*-*-*-*/")
    address = page.url
    assert page.locator(".a-gallery img").count() == 1

    take(page, "Assign", {"Responsible post": "Head of logistics"})
    assert state(page) == "Assigned"
    take(page, "Submit the rectification", {"What was done": "Beds moved to the store", "Rectified on": "2025-03-14"})
    assert state(page) == "Rectified"
    assert page.url == address

    other = open_page()
    sign_in(other, wang)
    other.goto(address)
    take(other, "Send back", {"Reason": "Two beds are still there"})
    assert state(other) == "Assigned"
    assert "Two beds are still there" in other.locator(".a-timeline").inner_text()

    page.goto(address)
    take(page, "Submit the rectification", {"What was done": "All beds are gone", "Rectified on": "2025-03-16"})
    other.goto(address)
    take(other, "Verify", {"Verified on": "2025-03-17"})
    assert state(other) == "Verified"
    steps = other.locator(".a-timeline .a-strong").all_inner_texts()
    assert steps == [
        "Verify",
        "Submit the rectification",
        "Send back",
        "Submit the rectification",
        "Assign",
        "Report a hazard",
    ]
    with as_system("the test looks"):
        assert Hazard.objects.get().is_counted


def test_a_step_that_somebody_else_took_first_is_refused_with_a_sentence(
    open_page: Callable[..., Any], sign_in: Door, li: Person
):
    page, other = open_page(), open_page()
    sign_in(page, li)
    begin_to_assign(page)

    sign_in(other, li)
    other.goto(page.url)
    take(other, "Assign", {"Responsible post": "Head of security"})

    page.locator(".a-stepform button[type=submit]").click()
    page.get_by_text("that step is not open").wait_for()
    assert state(page) == "Assigned"


def test_a_step_that_the_full_disk_did_not_take_says_so_above_what_was_typed(
    open_page: Callable[..., Any], sign_in: Door, li: Person, monkeypatch: pytest.MonkeyPatch
):
    page = open_page(expects=["503 ", "ERR_INTERNET_DISCONNECTED", "htmx:"])
    sign_in(page, li)
    begin_to_assign(page)

    with monkeypatch.context() as patch:
        patch.setattr("anlan.web.views.records.perform", disk_full)
        page.locator(".a-stepform button[type=submit]").click()
        page.locator(".a-stepform [role=alert]", has_text="The server's disk is full. Nothing was saved").wait_for()
    page.context.set_offline(True)
    page.locator(".a-stepform button[type=submit]").click()
    page.locator(".a-stepform [role=alert]", has_text="The server did not answer.").wait_for()
    page.context.set_offline(False)
    assert page.locator(".a-stepform [role=alert]").count() == 1
    assert page.get_by_label("Responsible post").input_value() == "Head of logistics"

    page.locator(".a-stepform button[type=submit]").click()
    page.get_by_text("“Assign” is done.").wait_for()


def begin_to_assign(page: Any) -> None:
    """Report a hazard and fill in the form that assigns it."""
    page.goto("/at/A/2025/registers/hazard/new/")
    page.get_by_label("Found on").fill("2025-03-12")
    page.get_by_label("Area").select_option("fire")
    page.get_by_label("What was found").fill("Exit light out")
    page.get_by_role("button", name="Report a hazard").click()
    page.wait_for_url("**/registers/hazard/*-*-*-*-*/")
    page.locator("a.a-step", has_text="Assign").click()
    page.get_by_label("Responsible post").fill("Head of logistics")


def disk_full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def take(page: Any, step: str, answers: dict[str, str]) -> None:
    """Take a step on the record in view, without leaving its page."""
    page.locator("a.a-step", has_text=step).first.click()
    form = page.locator(".a-stepform")
    for label, value in answers.items():
        form.get_by_label(label).fill(value)
    form.locator("button[type=submit]").click()
    page.get_by_text(f"“{step}” is done.").wait_for()


def state(page: Any) -> str:
    """Return the state that the page shows."""
    return page.locator(".a-statusline .a-tag").first.inner_text()
