"""The to-do list: what waits for a step that this person may take, the nearest deadline first."""

import datetime as dt

import pytest

from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.flow.todo import open_for
from anlan.org.scope import acting
from anlan_cn.models import FireFacility, LeadingGroup
from tests.records import NOON, list_place, report_hazard

pytestmark = pytest.mark.database
TODAY = dt.date(2025, 4, 1)


@pytest.fixture
def registers():
    return tuple(find_register(code) for code in ("hazard", "key_place", "leading_group", "fire_facility"))


def draft_group(institution, *, by):
    with acting(by):
        group = LeadingGroup(institution=institution)
        perform(group, "draft", by=by, at=NOON, occurred_on=dt.date(2025, 1, 6), kind="leading_group", title="领导小组")
    return group


def list_extinguisher(institution, *, by, **values):
    with acting(by):
        facility = FireFacility(institution=institution)
        values |= {"occurred_on": dt.date(2025, 1, 6), "kind": "extinguisher", "location": "一层", "quantity": 2}
        perform(facility, "register", by=by, at=NOON, is_working=True, **values)
    return facility


def told(actor, registers, **options):
    return [
        (item.record.number, [name for name, _ in item.steps])
        for item in open_for(actor, today=TODAY, registers=registers, **options)
    ]


def test_the_nearest_deadline_comes_first_and_what_has_none_last(world, li_actor, registers):
    draft_group(world.hospital_a, by=li_actor)
    report_hazard(world.hospital_a, by=li_actor, occurred_on=dt.date(2025, 3, 9))
    report_hazard(world.hospital_a, by=li_actor, occurred_on=dt.date(2025, 2, 1), description="插座松动")

    expected = [("HZ-2025-0002", ["assign"]), ("HZ-2025-0001", ["assign"]), ("LG-2025-0001", ["issue"])]
    assert told(li_actor, registers) == expected
    assert told(li_actor, registers, limit=1) == expected[:1]


def test_a_deadline_on_the_day_is_in_time_and_the_day_after_overdue(world, li_actor, registers):
    hazard = report_hazard(world.hospital_a, by=li_actor)
    (item,) = open_for(li_actor, today=hazard.due_on, registers=registers)
    (late,) = open_for(li_actor, today=hazard.due_on + dt.timedelta(days=1), registers=registers)

    assert (item.days_left, item.is_overdue, late.days_left, late.is_overdue) == (0, False, -1, True)


def test_each_person_is_shown_the_steps_of_their_own_role(
    world, li_actor, wang_actor, qian_actor, zhao_actor, chen_actor, registers
):
    hazard = report_hazard(world.hospital_a, by=qian_actor)
    with acting(li_actor):
        perform(hazard, "assign", by=li_actor, owner_post="护士长")
    assert told(qian_actor, registers) == [("HZ-2025-0001", ["rectify"])]
    assert told(wang_actor, registers) == []

    with acting(qian_actor):
        perform(hazard, "rectify", by=qian_actor, measures="已清理", rectified_on=dt.date(2025, 3, 12))
    assert told(qian_actor, registers) == []
    assert told(wang_actor, registers) == [("HZ-2025-0001", ["verify", "send_back"])]
    assert told(zhao_actor, registers) == told(chen_actor, registers) == []


def test_a_record_that_counts_and_has_no_deadline_is_nothing_to_do(world, li_actor, registers):
    list_place(world.hospital_a, by=li_actor)
    assert told(li_actor, registers) == []


@pytest.mark.parametrize(("next_check", "expected"), [("2025-05-01", ["FF-2025-0001"]), ("2025-05-02", [])])
def test_what_is_due_after_thirty_days_is_not_yet_to_do(world, li_actor, registers, next_check, expected):
    list_extinguisher(world.hospital_a, by=li_actor, next_check_on=next_check)
    assert [number for number, _ in told(li_actor, registers)] == expected


def test_a_facility_no_longer_in_force_waits_for_nothing(world, li_actor, registers):
    facility = list_extinguisher(world.hospital_a, by=li_actor, next_check_on="2025-04-10")
    assert len(told(li_actor, registers)) == 1
    with acting(li_actor):
        perform(facility, "end", by=li_actor, ended_on=dt.date(2025, 3, 31))

    assert told(li_actor, registers) == []
