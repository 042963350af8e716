"""A lawful erasure from the request to the tombstone, and the panel that shows a year written in December."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from anlan.flow.hindsight import look_at_all
from anlan.flow.perform import perform
from anlan.org.models import Person
from anlan.org.scope import acting
from tests.conftest import actor_of
from tests.records import report_hazard

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
SECRET = "Zhang San, ward 3, bed 12"
Door = Callable[[Any, Person], None]


@pytest.fixture
def hazard(world, li: Person):
    by = actor_of(li)
    found = report_hazard(world.hospital_a, by=by, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9), description=SECRET)
    with acting(by):
        perform(found, "annul", by=by, at=LONG_AGO, reason="recorded by mistake")
    return found


def test_li_asks_wang_and_chen_approve_and_a_tombstone_stays(
    open_page: Callable[..., Any], sign_in: Door, hazard, li: Person, wang: Person, chen: Person, zhao: Person
):
    address = f"/at/A/2020/registers/hazard/{hazard.uid}/"
    page = open_page()
    sign_in(page, li)
    page.goto(address)
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Ask for erasure by law").click()
    page.get_by_role("button", name="Ask for erasure").click()
    assert page.locator(".a-field-bad").count() == 2

    page.get_by_label("Legal ground").select_option("pipl-47-unlawful")
    page.get_by_label("Reason").fill("A patient's name was recorded by mistake")
    page.get_by_role("button", name="Ask for erasure").click()
    page.wait_for_url(f"**{address}")
    assert "0 of 2 approvals" in page.inner_text("#record")
    page.goto("/at/A/2020/erasures/")
    assert page.get_by_role("button", name="Approve").count() == 0

    approve(open_page(width=360), sign_in, wang, "Approve → one more approval is needed")
    approve(open_page(), sign_in, chen, "Approve → the record is erased")

    page.goto(address)
    stone = page.inner_text("main")
    assert "Tombstone" in stone
    assert "Article 47, case 4" in stone
    assert "王建国" in stone
    assert "陈岚" in stone
    assert SECRET not in page.content()

    stranger = open_page()
    sign_in(stranger, zhao)
    assert stranger.request.get(address).status == 404


def approve(page: Any, sign_in: Door, person: Person, button: str) -> None:
    sign_in(page, person)
    page.goto("/at/A/2020/")
    page.get_by_role("heading", name="1 erasure waits for your decision").wait_for()
    page.get_by_role("link", name="Hazard HZ-2020-0001").click()
    page.wait_for_url("**/at/A/2020/erasures/#e-*")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if "is erased" in button:  # the last approval cannot be taken back, so it is asked for once more
        page.locator("summary", has_text=button).click()
        button = "Erase HZ-2020-0001 for good"
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/erasures/")
    page.goto("/at/A/2020/")
    assert page.get_by_text("waits for your decision").count() == 0


def test_chen_sees_that_a_year_was_written_in_december(
    open_page: Callable[..., Any], sign_in: Door, world, li: Person, chen: Person
):
    december = dt.datetime(2025, 12, 28, 14, 0, tzinfo=dt.UTC)  # ten in the evening in China
    for month in range(1, 7):
        day = dt.date(2025, month, 9)
        report_hazard(
            world.hospital_a, by=actor_of(li), at=december, occurred_on=day, description="The corridor was checked"
        )
    look_at_all()

    page = open_page()
    sign_in(page, chen)
    page.goto("/at/A/2025/score/")
    panel = page.locator("#honest-times")
    panel.wait_for()
    assert panel.locator("h2").inner_text() == "100 % of the year's records were written down late"
    row = panel.locator("tr", has_text="Hazard")
    assert [cell.inner_text().split("\n")[0] for cell in row.locator("td").all()] == ["6", *["100 %"] * 5]
    row.locator("td").nth(1).locator("a").click()
    page.wait_for_url("**/score/times/hazard/late/")
    assert page.locator("tbody tr").count() == 6
    assert "353" in page.locator("tbody tr").first.inner_text()
