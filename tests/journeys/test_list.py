"""A list under the hands of somebody who types fast: the words stay, the address follows, the back button works."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.org.models import Person
from anlan.org.scope import Actor
from tests.records import report_hazard
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Door = Callable[[Any, Person], None]


def test_a_search_keeps_what_is_typed_and_puts_it_in_the_address(
    open_page: Callable[..., Any], sign_in: Door, world: World, li: Person, li_actor: Actor
):
    for words in ("Exit light out", "Exit blocked by beds", "Bare wire in the store"):
        report_hazard(world.hospital_a, by=li_actor, description=words)
    page = open_page()
    sign_in(page, li)
    page.goto("/at/A/2025/registers/hazard/")
    assert page.locator("#results tbody tr").count() == 3

    page.locator("#list-q").press_sequentially("Exit li", delay=90)
    page.wait_for_url("**/?q=Exit%20li")
    page.locator("#list-q").press_sequentially("ght", delay=30)
    page.wait_for_url("**/?q=Exit%20light")
    assert page.locator("#list-q").input_value() == "Exit light"
    assert page.locator("#results tbody tr").count() == 1

    page.go_back()
    page.wait_for_url("**/?q=Exit%20li")
    page.goto(page.url.split("?")[0])
    page.get_by_label("Area").select_option("electrical")
    page.wait_for_url("**/?area=electrical")
    page.get_by_text("No record fits the filter").wait_for()
    page.get_by_role("link", name="Clear").click()
    page.locator("#results tbody tr").nth(2).wait_for()
    assert page.url.endswith("/registers/hazard/")
