"""From a record to a point: a sheet comes in, the score changes at once, and the lost point says why."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.org.models import Person
from tests.sheets import workbook

pytestmark = pytest.mark.django_db(transaction=True)
Door = Callable[[Any, Person], None]

MEMBERS = workbook(
    ("occurred_on", "holder_name", "employment", "post_title"),
    ("2025-01-06", "Zhang Qiang", "full_time", "Guard"),
    ("2025-01-06", "Liu Yang", "part_time", "Porter"),
)


def test_li_reads_why_a_point_is_lost_imports_the_roster_and_has_it_back(
    open_page: Callable[..., Any], sign_in: Door, work: Callable[[], None], li: Person
):
    page = open_page()
    sign_in(page, li)
    page.goto("/at/A/2025/score/")
    before = points(page, "A7")
    rule = page.locator("#A7-k6")
    assert "−2" in rule.locator("> summary").inner_text()
    rule.locator("> summary").click()
    rule.get_by_text("How to win it back").wait_for()
    assert "S1-A7-k6" in rule.inner_text()

    page.goto("/at/A/2025/registers/defence_member/import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "roster.xlsx", "mimeType": "application/octet-stream", "buffer": MEMBERS}
    )
    page.get_by_role("button", name="Upload and check").click()
    page.locator("#import").wait_for()
    work()
    page.get_by_role("button", name="Write 2 records").click()
    page.locator("#import").wait_for()
    work()
    page.get_by_text("2 records are written.").wait_for()

    page.goto("/at/A/2025/score/")
    assert points(page, "A7") == before + 2
    assert "Kept" in page.locator("#A7-k6 > summary").inner_text()
    page.goto("/at/A/2025/registers/defence_member/")
    assert page.locator("tbody tr").count() == 2


def test_chen_goes_from_the_city_to_a_lost_point(open_page: Callable[..., Any], sign_in: Door, chen: Person):
    page = open_page()
    sign_in(page, chen)
    page.goto("/at/P11/2025/score/")
    assert page.locator(".a-heat tbody th[scope=row]").count() == 2
    page.locator("#spread canvas").wait_for()
    page.locator("#trend canvas").wait_for()
    page.get_by_role("link", name="东城区第一人民医院").first.click()
    page.wait_for_url("**/at/A/2025/score/")
    page.locator("#A5-k2 > summary").click()
    page.locator("#A5-k2").get_by_role("link", name="Figures by month and all records").click()
    page.wait_for_url("**/at/A/2025/score/rules/A5-k2/")
    page.locator("#figures canvas").wait_for()
    page.get_by_text("The same figures as a table").click()
    assert page.locator("[data-chart-table=figures] tbody tr").count() == 12


@pytest.mark.parametrize(
    "address",
    [
        "/at/P11/2025/score/",
        "/at/P11/2025/score/rules/A1-k1/",
        "/at/A/2025/score/",
        "/at/A/2025/score/rules/A5-k2/",
        "/at/A/2025/rubric/",
    ],
)
def test_no_score_page_breaks_the_content_security_policy_or_the_width_of_a_phone(
    open_page: Callable[..., Any], sign_in: Door, chen: Person, address: str
):
    page = open_page(width=360)
    page.add_init_script(
        "window.broken = []; document.addEventListener('securitypolicyviolation', e => window.broken.push(e.violatedDirective))"
    )
    sign_in(page, chen)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.broken") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def points(page: Any, category: str) -> float:
    """Return the points of a category on the sheet in view."""
    return float(page.locator(f"#{category} .a-got b").inner_text())
