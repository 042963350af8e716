"""The access log in words: labels of steps, names of people and units, and no word of a record that its officer may not read."""

import datetime as dt
import uuid

import pytest

from anlan.org import administration
from anlan.org.access import Access, note_export, note_permission, note_read, note_sign_in, note_unmask
from anlan.org.models import Person
from anlan.org.scope import acting, as_system
from anlan.web.access_lines import Line, lines_of
from tests.conftest import actor_of
from tests.records import list_place
from tests.world import employ

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2025, 3, 12, 4, 0, tzinfo=dt.UTC)
RECORD = uuid.UUID("6f1b1f1e-0000-4000-8000-000000000001")


@pytest.fixture
def officer(world):
    return actor_of(employ("jian", "简明", "audit_officer", world.city))


def lines(reader) -> list[Line]:
    with acting(reader):
        return lines_of(list(Access.objects.order_by("pk")))


def test_a_change_of_rights_names_the_person_the_post_and_the_unit(world, guan_actor, li, bai, officer):
    administration.issue_password(li, by=guan_actor)
    administration.give_post(
        bai, unit=world.emergency_a, role="department_head", starts_on=guan_actor.today, by=guan_actor
    )
    administration.change_unit(world.hospital_a.unit, name="A 医院", name_en="Hospital A", by=guan_actor)

    assert [(line.what, line.where) for line in lines(officer)] == [
        ("Account of 李敏 (li): One-time password issued", "Hospital A"),
        ("Post of 白雪 (bai): Post given", f"Hospital A · {world.emergency_a.name}"),
        ("Unit Hospital A: Changed", "Hospital A"),
    ]
    assert {(line.who, line.account, line.count) for line in lines(officer)} == {("管宁", "guan", None)}


def test_who_is_gone_is_named_as_the_row_says(world, li_actor, officer):
    with acting(li_actor):
        Access.objects.create(at=NOON, kind="permission", who="李敏", what="org.post withdraw nobody")
        Access.objects.create(at=NOON, kind="permission", who="李敏", what="org.person add_factor 999999")

    assert [line.what for line in lines(officer)] == [
        "Post of nobody: Post withdrawn",
        "Account of 999999: Second factor set up",
    ]


def test_a_sign_in_has_the_name_and_an_unknown_one_only_its_length(world, li, officer):
    note_sign_in(li, "sign_in", path=world.hospital_a.unit.path)
    note_sign_in(None, "failure", username="? (11)")

    assert [(line.who, line.account, line.what) for line in lines(officer)] == [
        ("李敏", "li", ""),
        ("Unknown user name of 11 signs", "", ""),
    ]


def test_the_officer_gets_the_beginning_of_an_id_where_a_reader_gets_the_number(world, li_actor, officer):
    place = list_place(world.hospital_a, by=li_actor)
    note_read(li_actor, "key_place", institution=world.hospital_a, record_uid=place.uid)

    assert [line.record for line in lines(officer)] == [str(place.uid)[:8]]
    assert [line.record for line in lines(li_actor)] == [place.number]


def test_a_file_is_named_by_its_id_and_never_by_its_own_name(world, li_actor, officer):
    for what in (f"file {RECORD}", "张三丰的病历.pdf"):
        note_read(li_actor, "dispute", institution=world.hospital_a, record_uid=RECORD, what=what)

    assert [line.what for line in lines(officer)] == ["File 6f1b1f1e", "A file of the record"]


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("import template", "Template of an import"),
        ("rows to mend", "Rows of an import to mend"),
        ("archive package, 2025, with evidence", "Archive package, 2025, with evidence files"),
        ("archive package, all years, without evidence", "Archive package, all years, without evidence files"),
        ("archive package taken", "Archive package taken"),
        ("package of a sealed score", "Package of a sealed score"),
        ("lake in /srv/lake", "Parquet lake in /srv/lake"),
        ("something else", "something else"),
    ],
)
def test_what_was_taken_out_has_its_name(world, li_actor, officer, noted, said):
    note_export(li_actor, noted, 7, register="hazard", institution=world.hospital_a)

    assert [(line.what, line.register, line.count) for line in lines(officer)] == [(said, "Hazard", 7)]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("ask", "asked for"),
        ("approve", "approved and carried out"),
        ("refuse", "refused"),
        ("withdraw", "withdrawn by who asked"),
        ("expire", "expired"),
        ("alone", "carried out by the server alone, since nobody could approve"),
        ("read", "the person has read it"),
    ],
)
def test_a_request_for_two_people_is_told_in_words(world, li, officer, step, said):
    note_permission(officer, f"org.request {step} li", path=world.city.path)

    assert [line.what for line in lines(officer)] == [f"Account request about 李敏 (li): {said}"]


def test_an_export_of_the_log_says_how_it_was_narrowed(world, officer):
    note_export(officer, "access log", 1, reason="kind=lock&who=lock&register=hazard&from=2025-03-01&to=")

    assert [(line.what, line.reason) for line in lines(officer)] == [
        ("Access log", "Kind: Account locked · Who: lock · Register: Hazard · From: 2025-03-01")
    ]


def test_opened_columns_have_their_labels_and_the_reason(world, li_actor, officer):
    note_unmask(li_actor, "dispute", RECORD, ("complainant",), institution=world.hospital_a, reason="回访患者")

    assert [(line.what, line.record, line.count, line.reason) for line in lines(officer)] == [
        ("Complainant or patient", "6f1b1f1e", 1, "回访患者")
    ]


def test_a_job_of_the_server_is_the_command_line(world, officer):
    with as_system("lake export") as system:
        note_export(system, "lake in /srv/lake", 7)

    assert [line.who for line in lines(officer)] == ["Command line"]


def test_a_page_asks_the_same_number_of_questions_however_long_it_is(world, li, officer, django_assert_num_queries):
    for number in range(9):
        note_sign_in(li, "sign_in", path=world.hospital_a.unit.path)
        Access.objects.create(at=NOON, kind="permission", who="李敏", what=f"org.person add_factor {number}")

    with acting(officer), django_assert_num_queries(3):
        assert len(lines_of(list(Access.objects.order_by("pk")))) == 18


def test_the_screen_speaks_words(world, client_as, guan_actor, li):
    administration.issue_password(li, by=guan_actor)
    browser = client_as(employ("jian", "简明", "audit_officer", world.city))
    browser.cookies["django_language"] = "en"

    page = browser.get("/access-log/").content.decode()
    assert "Account of 李敏 (li): One-time password issued" in page
    assert "org.person" not in page
    chinese = client_as(Person.objects.get(username="jian")).get("/access-log/").content.decode()
    assert "李敏（li）的账号：发放一次性密码" in chinese
