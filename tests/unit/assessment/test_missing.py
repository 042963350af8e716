"""What an institution lacks, nearest first: lost points, proposals, and what the end of the month will take."""

import datetime as dt

import pytest

from anlan.assessment.load import load_rubric
from anlan.assessment.missing import missing_for, register_of
from anlan.assessment.score import score_institutions
from anlan.facts.live import live_engine
from anlan.org.scope import as_system
from tests.records import list_place

pytestmark = pytest.mark.django_db
YEAR_END = dt.date(2025, 12, 31)


def sheet_on(institution, day: dt.date):
    with as_system("test"):
        table = score_institutions(
            load_rubric("qidong-2018"), year=2025, as_of=day, engine=live_engine(), institutions=[institution.pk]
        )
    return table.sheet(institution.pk)


def missing_on(institution, today: dt.date):
    return missing_for(
        sheet_on(institution, today),
        today=today,
        engine=live_engine(),
        sheet_on=lambda day: sheet_on(institution, day),
    )


def test_a_lost_rule_says_which_months_are_missing_and_until_when_it_can_be_won_back(world):
    items = {item.rule.code: item for item in missing_on(world.hospital_a, dt.date(2025, 4, 10))}
    item = items["A3-k2"]
    assert [str(entry.period) for entry in item.missing] == ["2025-01", "2025-02", "2025-03"]
    assert (item.urgency, item.points, item.due_on, item.register) == ("lost", 300, YEAR_END, "case_analysis")


def test_what_the_end_of_the_month_will_take_comes_first_with_its_day(world):
    """10 January: no month is complete yet, so nothing of it is lost; the first one ends on the 31st."""
    items = missing_on(world.hospital_a, dt.date(2025, 1, 10))
    first = items[0]
    assert (first.urgency, first.due_on) == ("upcoming", dt.date(2025, 1, 31))
    assert "A3-k2" in {item.rule.code for item in items if item.urgency == "upcoming"}
    assert [item.due_on for item in items] == sorted(item.due_on for item in items)


def test_a_category_set_to_zero_wins_back_only_what_the_cap_leaves(world):
    """A5 without a plan loses 25; its other deductions win nothing back by themselves and are left out."""
    items = [item for item in missing_on(world.hospital_a, dt.date(2025, 12, 1)) if item.category.code == "A5"]
    assert [item.rule.code for item in items if item.urgency == "lost"] == ["A5-k1"]
    assert items[0].points < 2500


def test_a_proposal_is_named_while_it_can_still_be_put_right(world, li_actor):
    list_place(world.hospital_a, by=li_actor)
    items = {item.rule.code: item for item in missing_on(world.hospital_a, dt.date(2025, 6, 15))}
    assert (items["A3-k3"].urgency, items["A3-k3"].points, items["A3-k3"].register) == ("proposed", 300, "key_place")


def test_after_the_year_nothing_has_a_deadline(world):
    items = missing_on(world.hospital_a, dt.date(2026, 2, 1))
    assert items
    assert {item.due_on for item in items} == {None}


def test_without_an_engine_no_month_is_named(world):
    items = missing_for(sheet_on(world.hospital_a, YEAR_END), today=YEAR_END)
    assert all(item.missing == () for item in items)


def test_the_register_of_a_rule_is_the_one_it_asks_first():
    rubric = load_rubric("qidong-2018")
    assert register_of(rubric.rule("A6-k2")[1]) == "key_place_check"
    assert register_of(rubric.rule("A2-k3")[1]) == "education_attendance"
    assert register_of(rubric.rule("A1-k4")[1]) == "support_item"
