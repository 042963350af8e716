"""The staff screens of every register, from the declaration: lists, forms, records, and what a person may not see."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import anlan.web
from anlan.flow.perform import perform
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.models import Person
from anlan.org.scope import as_system
from anlan.web.cells import state_tone
from anlan.web.templatetags.anlan import words_for
from anlan_cn.models import DefenceMember, Hazard
from tests.world import World

pytestmark = pytest.mark.django_db
AT_A = "/at/A/2025/"
Browser = Callable[..., Client]
TEMPLATES = sorted((Path(anlan.web.__file__).parent / "templates").rglob("*.html"))


@pytest.fixture
def office(client_as: Browser, li: Person) -> Client:
    return english(client_as(li))


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def text(client: Client, url: str, **headers: Any) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def hazard(world: World, day: str = "2025-03-12", **values: Any) -> Register:
    record = Hazard(institution=world.hospital_a)
    given = {"occurred_on": dt.date.fromisoformat(day), "area": "fire", "description": "Exit light out", **values}
    with as_system("a test") as system:
        perform(record, "report", by=system, values=given)
    return record


@pytest.mark.parametrize("spec", all_registers(), ids=lambda spec: spec.code)
def test_every_register_has_a_list_that_says_what_belongs_there(office: Client, spec: RegisterSpec) -> None:
    page = text(office, f"{AT_A}registers/{spec.code}/")
    assert "Nothing in 2025 yet" in page
    assert f"<h1>{spec.name}</h1>" in page


@pytest.mark.parametrize("spec", all_registers(), ids=lambda spec: spec.code)
def test_every_register_that_an_office_opens_has_a_form_that_refuses_an_empty_answer(
    office: Client, spec: RegisterSpec
) -> None:
    address = f"{AT_A}registers/{spec.code}/new/"
    if office.get(address).status_code == 404:
        assert "can:record" not in spec.steps[spec.first].by
        assert "can:manage" not in spec.steps[spec.first].by
        return
    answer = office.post(address, {"key": "k", "version": "0"})
    assert answer.status_code == 422
    assert "a-field-bad" in answer.content.decode()


def test_filters_live_in_the_address(office: Client, world: World) -> None:
    hazard(world, description="Exit light out")
    hazard(world, area="electrical", description="Bare wire")
    page = text(office, f"{AT_A}registers/hazard/?area=electrical")
    assert "Bare wire" in page
    assert "Exit light out" not in page
    assert "Exit light out" in text(office, f"{AT_A}registers/hazard/?q=light")
    assert "No record fits the filter" in text(office, f"{AT_A}registers/hazard/?q=ladder")


def test_a_filter_that_makes_no_sense_is_left_out(office: Client, world: World) -> None:
    hazard(world)
    assert "Exit light out" in text(office, f"{AT_A}registers/hazard/?state=melted&sort=-summary&after=x~y&from=soon")


def test_the_list_shows_the_year_in_view(office: Client, world: World) -> None:
    hazard(world, "2024-12-31", description="Old wire")
    assert "Old wire" not in text(office, f"{AT_A}registers/hazard/")
    assert "Old wire" in text(office, "/at/A/2024/registers/hazard/")


def test_a_month_is_chosen_by_name_and_not_by_number(office: Client, world: World) -> None:
    page = text(office, f"{AT_A}registers/key_place_check/")
    assert re.search(r'<option value="202503"[^>]*>2025-03</option>', page)


def test_an_htmx_request_gets_the_fragment_alone(office: Client, world: World) -> None:
    hazard(world)
    assert "<html" not in text(office, f"{AT_A}registers/hazard/", HX_Request="true")


def test_a_delicate_column_is_masked_for_a_person_without_clearance(
    client_as: Browser, world: World, shen: Person, li: Person
) -> None:
    record = DefenceMember(institution=world.hospital_a)
    values = {"occurred_on": dt.date(2025, 1, 6), "holder_name": "Zhang Qiang", "employment": "full_time"}
    with as_system("a test") as system:
        perform(record, "enrol", by=system, values=values)
    assert "Zhang Qiang" in text(english(client_as(li)), f"{AT_A}registers/defence_member/")
    for page in ("", f"{record.uid}/"):
        seen = text(english(client_as(shen)), f"{AT_A}registers/defence_member/{page}")
        assert "Zhang Qiang" not in seen
        assert "Masked" in seen


def test_a_hidden_record_does_not_exist(client_as: Browser, world: World, zhao: Person, zhou: Person) -> None:
    record = hazard(world, department=world.emergency_a.pk)
    assert client_as(zhao).get(f"{AT_A}registers/hazard/{record.uid}/").status_code == 404
    assert client_as(zhao).get(f"/at/B/2025/registers/hazard/{record.uid}/").status_code == 404
    assert client_as(zhou).get(f"{AT_A}registers/hazard/{record.uid}/").status_code == 404


def test_a_commission_sees_how_many_records_each_institution_holds(
    client_as: Browser, world: World, chen: Person
) -> None:
    hazard(world)
    page = text(english(client_as(chen)), "/at/P11/2025/registers/hazard/")
    assert re.search(r"东城区第一人民医院</a></td><td class=\"a-num\">1</td>", page)
    assert "西河区人民医院" not in page


def test_another_institution_is_chosen_without_leaving_the_page(client_as: Browser, chen: Person) -> None:
    page = text(english(client_as(chen)), f"{AT_A}registers/hazard/")
    assert '<a href="/at/B/2025/registers/hazard/">' in page
    assert '<a href="/at/B/2025/score/">' in text(english(client_as(chen)), f"{AT_A}score/")


def test_another_year_is_chosen_without_leaving_the_page(office: Client) -> None:
    assert '<a href="/at/A/2024/registers/hazard/?area=fire">' in text(office, f"{AT_A}registers/hazard/?area=fire")


def test_a_stale_form_is_refused_with_a_sentence(office: Client, world: World) -> None:
    record = hazard(world)
    answer = office.post(
        f"{AT_A}registers/hazard/{record.uid}/assign/",
        {"owner_post": "Logistics", "level": "general", "key": "k1", "version": "0"},
    )
    assert answer.status_code == 422
    assert "Somebody else changed this record in the meantime" in answer.content.decode()


def test_the_same_form_sent_twice_makes_one_record(office: Client, world: World) -> None:
    form = {"occurred_on": "2025-03-12", "area": "fire", "level": "general", "description": "Exit light out"}
    for _ in range(2):
        office.post(f"{AT_A}registers/hazard/new/", {**form, "key": "same", "version": "0"})
    with as_system("the test looks"):
        assert Hazard.objects.count() == 1


def test_a_text_that_is_too_long_comes_back_whole_with_a_sentence(office: Client, world: World) -> None:
    """A browser that knew the limit would cut what is pasted without a word."""
    words = "消防通道堆放杂物，" * 400
    form = {"occurred_on": "2025-03-12", "area": "fire", "level": "general", "description": words, "version": "0"}
    answer = english(office).post(f"{AT_A}registers/hazard/new/", form | {"key": "long"})
    page = answer.content.decode()
    assert (answer.status_code, "maxlength" in page, words in page) == (422, False, True)
    assert f"(it has {len(words)})" in page


def test_the_to_do_list_says_what_a_record_is_about(office: Client, world: World) -> None:
    hazard(world, description="Exit light out " + "x" * 60)
    page = text(office, AT_A)
    assert re.search(r"Hazard HZ-2025-0001 Exit light out x{24}…<", page)


def test_a_step_taken_asks_the_to_do_count_again(office: Client, world: World) -> None:
    record = hazard(world)
    form = {"owner_post": "Logistics", "level": "general", "key": "k1", "version": str(record.version)}
    answer = office.post(f"{AT_A}registers/hazard/{record.uid}/assign/", form, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "todo"


def test_a_form_of_a_step_leaves_its_complaints_to_the_server(office: Client, world: World) -> None:
    assert " novalidate " in text(office, f"{AT_A}registers/hazard/{hazard(world).uid}/assign/")


def test_the_own_page_keeps_the_menus_of_the_place_in_view(office: Client, world: World) -> None:
    text(office, f"{AT_A}registers/hazard/")
    assert f'href="{AT_A}registers/"' in text(office, "/me/")


def test_a_state_that_counts_and_has_no_deadline_is_no_warning() -> None:
    registers = {spec.code: spec for spec in all_registers()}
    assert state_tone(registers["key_place_check"], "checked") == "accent"
    assert state_tone(registers["hazard"], "found") == "warning"


def test_an_administrator_starts_at_the_administration(client_as: Browser, guan: Person) -> None:
    answer = english(client_as(guan)).get("/", follow=True)
    assert answer.redirect_chain[-1][0].endswith("/administration/")
    assert "no records" in answer.content.decode()


def test_a_session_that_ended_sends_the_whole_page_to_the_door(client: Client, world: World) -> None:
    answer = client.get(f"{AT_A}registers/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_needs_more_than_the_strict_policy_gives(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert re.search(r"\sstyle=|<style|javascript:|\son[a-z]+=|hx-on", source) is None
    assert re.search(r"<script(?![^>]*\ssrc=)", source) is None


@pytest.mark.parametrize(
    ("due", "words", "urgency"),
    [
        ("2025-03-10", "2 days late", "late"),
        ("2025-03-11", "1 day late", "late"),
        ("2025-03-12", "Due today", "soon"),
        ("2025-03-13", "1 day left", "soon"),
        ("2025-03-15", "3 days left", "soon"),
        ("2025-03-16", "4 days left", ""),
    ],
)
def test_a_deadline_is_words_plus_date(due: str, words: str, urgency: str) -> None:
    said = words_for(dt.date.fromisoformat(due), today=dt.date(2025, 3, 12))
    assert said == {"words": words, "urgency": urgency}
