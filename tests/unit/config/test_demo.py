"""The demo city: the same every time, about as large as it says, written by the rules, and weak where it says it is weak."""

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from anlan.assessment.load import load_rubric
from anlan.assessment.score import score_institutions
from anlan.facts.live import live_engine
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.models import Entry
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting, as_system
from config.demo import load
from config.demo.city import HOSPITALS
from config.demo.story import CHAPTERS

CHOSEN = ("E04", "E10", "E06")


def story() -> list[tuple[str, str, str]]:
    return [
        (hospital.code, item.register, repr(sorted(item.values.items(), key=lambda pair: pair[0])))
        for hospital in HOSPITALS
        for chapter in CHAPTERS
        for item in chapter(hospital)
    ]


def test_the_story_is_the_same_every_time_and_about_60000_records_long():
    told = story()
    assert told == story()
    assert 55_000 <= len(told) <= 65_000


def test_the_city_has_24_institutions_of_every_class_and_kind():
    assert len(HOSPITALS) == 24
    assert Counter(hospital.level for hospital in HOSPITALS) == {0: 4, 1: 8, 2: 10, 3: 2}
    assert {hospital.kind for hospital in HOSPITALS} == set(Institution.Kind.values)
    assert [hospital.code for hospital in HOSPITALS if hospital.large_specialist_reason] == ["W03"]


def test_no_record_of_the_story_is_written_down_before_it_happened():
    writer = object.__new__(load._Writer)
    early = [
        (hospital.code, item.register, step)
        for hospital in HOSPITALS
        for chapter in CHAPTERS
        for item in chapter(hospital)
        for step in ("", *item.steps)
        if writer._moment(hospital, item, step).date() < item.values["occurred_on"]
    ]
    assert early == []


@pytest.fixture
def small_city(db, monkeypatch):
    monkeypatch.setattr(load, "HOSPITALS", tuple(h for h in HOSPITALS if h.code in CHOSEN))
    monkeypatch.setattr(load, "PEOPLE", tuple(row for row in load.PEOPLE if not row[2].startswith("W")))
    return load.load_demo(lambda text: None)


def test_the_records_show_the_weaknesses_that_the_city_names(small_city):
    rubric = load_rubric("qidong-2018")
    with as_system("test of the demo"):
        institutions = {institution.pk: institution.code for institution in Institution.objects.all()}
        table = score_institutions(rubric, year=2025, as_of=dt.date(2026, 1, 31), engine=live_engine())
        sheets = {institutions[sheet.institution_id]: sheet for sheet in table.sheets()}
        assert sheets["E04"].rule("A6-k2").deducted == 300  # the monthly checks stopped in May
        assert sheets["E10"].category("A5").points == 0  # no quality plan: the category is zero
        late = find_register("key_place_check").model.objects.filter(
            institution__code="E06", occurred_on__year=2025, recorded_at__lt=dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
        )
        assert late.count() == 0  # the whole year was written down in the last days of December
        assert sheets["E06"].rule("A6-k2").deducted == 0


def test_every_record_of_the_demo_has_entries_whose_hashes_hold_and_is_marked_synthetic(small_city):
    with as_system("test of the demo"):
        assert list(broken_entries()) == []
        records = find_register("hazard").model.objects.values_list("uid", flat=True)
        assert set(records) == set(
            Entry.objects.filter(register="hazard", version=1).values_list("record_uid", flat=True)
        )
    assert not Institution.objects.filter(is_synthetic=False).exists()
    assert not Person.objects.filter(is_synthetic=False).exists()


def test_the_accounts_have_one_time_passwords_that_must_be_changed(small_city):
    for username, password, _ in small_city:
        person = Person.objects.get(username=username)
        assert person.check_password(password)
        assert person.must_change_password


def test_the_mediator_sees_the_one_case_to_which_the_desk_is_a_party(small_city):
    tian = actor_for(Person.objects.get(username="tian"), today=timezone.localdate())
    with acting(tian):
        assert find_register("dispute").model.objects.count() == 1
        assert find_register("hazard").model.objects.count() == 0


def test_the_demo_refuses_a_tree_that_is_not_empty(small_city):
    with pytest.raises(RuntimeError, match="not empty"):
        load.load_demo(lambda text: None)
