"""The frame around the pages: which way the menus lead for whom, on pages with a place and on pages apart from any."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from anlan.org.models import Person
from anlan_cn.models import Dispute
from tests.unit.flow.test_parties import accept, let_in
from tests.unit.web.test_pages import english, text
from tests.world import World, employ

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


@pytest.fixture
def dispute(world: World, li_actor) -> Dispute:
    return accept(world.hospital_a, by=li_actor)


@pytest.fixture
def mediator(world: World, dispute: Dispute, li_actor) -> Person:
    he = employ("he", "何调", "mediator", world.hospital_a.unit)
    let_in(dispute, by=li_actor, capacity="external", unit=world.hospital_a.unit, role="mediator")
    return he


def links(page: str, menu: str) -> list[str]:
    part = re.search(rf'<nav class="{menu}".*?</nav>', page, re.S)
    assert part is not None
    return re.findall(r'<a href="([^"]+)"', part.group())


@pytest.mark.parametrize("address", ["/me/", "/cases/"])
def test_the_years_of_a_page_apart_from_any_place_lead_to_the_homes_of_those_years(
    client_as: Browser, li: Person, address: str
) -> None:
    browser = client_as(li)
    text(browser, "/at/A/2025/")
    page = text(browser, address)
    assert 'href="/at/A/2024/"' in page
    assert re.findall(r'href="(/at/A/2024/[^"]+)"', page) == []


def test_cases_are_in_the_menu_of_whoever_reads_a_register_of_cases(client_as: Browser, li: Person) -> None:
    browser = english(client_as(li))
    assert "/cases/" in links(text(browser, "/at/A/2025/"), "a-nav")
    page = text(browser, "/cases/")
    assert 'href="/at/A/2025/registers/dispute/"' in page
    assert "No case today" in page


def test_cases_are_not_in_the_menu_of_a_recorder_who_is_no_party(client_as: Browser, world: World) -> None:
    nurse = employ("nurse", "护士", "recorder", world.emergency_a)
    page = text(english(client_as(nurse)), "/at/A/2025/")
    assert "/cases/" not in links(page, "a-nav")
    assert "Not built yet: Programmes and duties · Disclosure and papers" in page


def test_somebody_from_outside_has_the_way_back_to_the_cases_and_a_bar_on_the_phone(
    client_as: Browser, mediator: Person, dispute: Dispute
) -> None:
    browser = english(client_as(mediator))
    page = text(browser, f"/cases/{dispute.uid}/")
    assert re.search(r'<ol class="a-crumbs"><li><a href="/cases/">Cases</a></li></ol>', page)
    assert links(page, "a-thumb") == ["/cases/", "/me/"]
    assert f'href="/cases/{dispute.uid}/"' in text(browser, f"/cases/{dispute.uid}/open/")


def test_whoever_reads_the_register_comes_back_from_the_parties_to_the_record(
    client_as: Browser, li: Person, dispute: Dispute
) -> None:
    page = text(client_as(li), f"/cases/{dispute.uid}/parties/")
    crumbs = re.search(r'<ol class="a-crumbs">.*?</ol>', page, re.S)
    assert crumbs is not None
    assert re.findall(r'href="([^"]+)"', crumbs.group())[-2:] == [
        "/at/A/2025/registers/dispute/",
        f"/at/A/2025/registers/dispute/{dispute.uid}/",
    ]


def test_the_ledger_page_marks_one_entry_of_the_administrators_menu(client_as: Browser, guan: Person) -> None:
    page = text(english(client_as(guan)), "/at/P1/2025/ledger/")
    rail = re.search(r'<nav class="a-nav".*?</nav>', page, re.S)
    assert rail is not None
    assert re.findall(r'aria-current="page".*?<span>([^<]+)</span>', rail.group()) == ["Ledger status"]


def test_the_account_says_at_which_unit_each_post_is_held(client_as: Browser, li: Person) -> None:
    assert "东城区第一人民医院</dt>" in text(client_as(li), "/me/")


def test_pages_apart_from_any_place_say_that_people_and_records_are_made_up(
    client_as: Browser, mediator: Person, dispute: Dispute
) -> None:
    addresses = ("/cases/", f"/cases/{dispute.uid}/")
    browser = english(client_as(mediator))
    assert ["on this page are made up" in text(browser, one) for one in addresses] == [False, False]

    Person.objects.filter(pk=mediator.pk).update(is_synthetic=True)
    assert ["on this page are made up" in text(browser, one) for one in addresses] == [True, True]


def test_the_timeline_of_a_case_says_who_was_let_in_and_as_what(
    client_as: Browser, li: Person, mediator: Person, dispute: Dispute, chen: Person
) -> None:
    page = text(english(client_as(li)), f"/cases/{dispute.uid}/")
    assert "<dt>Agency or person from outside</dt><dd>东城区第一人民医院 · People" in page
    assert "<dd>东城区第一人民医院 · People" in text(english(client_as(mediator)), f"/cases/{dispute.uid}/")
    hidden = text(english(client_as(chen)), f"/cases/{dispute.uid}/")
    assert "Name a party" in hidden
    assert "Agency or person from outside" not in hidden
    assert "people&#x27;s mediation" not in hidden
