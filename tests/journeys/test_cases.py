"""A masked name is opened with the keyboard alone, with a reason; the protector reads it at home, and goes on to the case."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.org.models import Person
from tests.conftest import actor_of
from tests.unit.flow.test_parties import accept, let_in
from tests.world import World, employ

pytestmark = pytest.mark.django_db(transaction=True)
Door = Callable[[Any, Person], None]
NAME, PHONE, REASON = "张三丰", "13912341234", "To agree on a day for the mediation"


@pytest.fixture
def dispute(world: World, li: Person):
    return accept(world.hospital_a, by=actor_of(li))


def press(page: Any, key: str, *, until: str) -> None:
    """Press a key until the focus stands on what the selector names."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", until):
            return
    raise AssertionError(f"{key} never reaches {until}.")


def test_li_opens_a_name_with_the_keyboard_and_the_protector_reads_why(
    open_page: Callable[..., Any], sign_in: Door, world: World, dispute, li: Person
):
    protector = employ("hu", "胡敏", "privacy_protector", world.hospital_a.unit)
    watching = open_page(width=360, height=740)
    sign_in(watching, protector)
    watching.goto("/at/A/2025/")
    assert "Nobody opened a name" in watching.inner_text("#openings")

    office = open_page()
    sign_in(office, li)
    office.goto(f"/at/A/2025/registers/dispute/{dispute.uid}/")
    assert NAME not in office.content()
    press(office, "Tab", until="a[href$='/open/']")
    office.keyboard.press("Enter")
    office.wait_for_url("**/open/")
    press(office, "Tab", until="textarea")
    office.keyboard.type(REASON)
    press(office, "Tab", until="main button[type=submit]")
    office.keyboard.press("Enter")
    office.get_by_text(NAME).wait_for()
    assert PHONE in office.inner_text("main")
    office.get_by_role("link", name="Back to the case").click()
    office.wait_for_url(f"**/at/A/2025/registers/dispute/{dispute.uid}/")
    assert NAME not in office.content()

    watching.reload()
    told = watching.inner_text("#openings")
    assert [word in told for word in (REASON, li.name, dispute.number, "Complainant or patient")] == [True] * 4
    assert (NAME in told, PHONE in told) == (False, False)
    assert watching.evaluate("document.documentElement.scrollWidth") <= 360
    watching.locator("#openings a").click()
    watching.wait_for_url(f"**/cases/{dispute.uid}/")
    assert "张**" in watching.inner_text("#record")


def test_a_mediator_finds_the_case_and_the_way_back(
    open_page: Callable[..., Any], sign_in: Door, world: World, dispute, li: Person
):
    mediator = employ("he", "何调", "mediator", world.hospital_a.unit)
    let_in(dispute, by=actor_of(li), capacity="external", unit=world.hospital_a.unit, role="mediator")
    page = open_page(width=360, height=740)
    mediator.set_password("Anlan-2025-journey")
    mediator.save()
    page.goto("/sign-in/")
    page.get_by_label("User name").fill("he")
    page.get_by_label("Password").fill("Anlan-2025-journey")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/cases/")
    page.get_by_role("link", name=dispute.number).click()
    page.wait_for_url(f"**/cases/{dispute.uid}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("Phone menu").get_by_role("link", name="Cases").click()
    page.wait_for_url("**/cases/")
