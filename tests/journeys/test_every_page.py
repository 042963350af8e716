"""Every page that people reach by links, tried with axe (WCAG 2.1 AA and good practice): narrow and dark, wide and bright.

The pages are found by walking, not listed: a new one is tried as soon as something leads to it.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve

from anlan.org.models import Person
from tests.conftest import actor_of
from tests.sealing import fill_year, sealed
from tests.unit.flow.test_parties import accept, let_in
from tests.world import World, employ

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
SIZES = {"dark": (360, 740), "light": (1440, 900)}
DOORS = ["/", "/sign-in/", "/receipt/"]
KINDS_AT_LEAST = 75
"""How many kinds of pages the walk must find; were it to lose its way, it would find nothing wrong."""


@pytest.fixture
def people(world: World, li: Person, chen: Person, guan: Person) -> list[Person | None]:
    """People of different work, in a hospital that has lived a year: records, a sealed score, a case with a mediator."""
    office, reviewer = actor_of(li), actor_of(chen)
    fill_year(world, office=office, reviewer=reviewer)
    sealed(world, by=reviewer)
    dispute = accept(world.hospital_a, by=office)
    let_in(dispute, by=office, capacity="external", unit=world.hospital_a.unit, role="mediator")
    others = [
        employ("ma", "马丽", "recorder", world.emergency_a),
        employ("he", "何调", "mediator", world.hospital_a.unit),
        employ("shi", "石审", "audit_officer", world.city),
    ]
    return [li, chen, guan, *others, None]


def walk(page: Any, seen: set[str]) -> Iterator[str]:
    """Open one page of each kind that links lead to, `seen` ones apart, and yield its address while the window shows it."""
    playwright = pytest.importorskip("playwright.sync_api")
    waiting, asked = [*DOORS], set[str]()
    while waiting:
        address = waiting.pop(0)
        if (kind := kind_of(address)) is None or kind in asked:
            continue
        asked.add(kind)
        with contextlib.suppress(playwright.Error):  # a download is no page
            page.goto(address)
            if page.evaluate("document.contentType") != "text/html":
                continue
            page.wait_for_selector(".htmx-request", state="detached")
            waiting += page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))")
            here = page.url
            if (shown := kind_of(here)) and shown not in seen:
                seen.add(shown)
                yield here


def kind_of(address: str) -> str | None:
    """Return the name of the view at an address of this server, of a form with its register; null where there is none."""
    try:
        found = resolve(urlsplit(address).path)
    except Resolver404:
        return None
    return f"{found.view_name} {found.kwargs['register']}" if found.view_name == "web:new" else found.view_name


def test_axe_finds_nothing_and_no_page_is_wider_than_the_window(
    open_page: Callable[..., Any], client_as: Callable[..., Client], people: list[Person | None], live_server: Any
):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    seen, wrong = set[str](), []
    for person in people:
        page = open_page(width=360)
        page.emulate_media(reduced_motion="reduce")  # no colour on its way to another
        if person is not None:
            session = client_as(person).cookies[settings.SESSION_COOKIE_NAME].value
            page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        for address in walk(page, seen):
            for theme, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    wrong.append(f"{address}: wider than {width}")
                for found in axe.run(page, options=RULES).response["violations"]:
                    wrong += [f"{address} {theme}: {found['id']} at {node['target']}" for node in found["nodes"]]
    assert "\n".join(wrong) == ""
    assert len(seen) >= KINDS_AT_LEAST, sorted(seen)
