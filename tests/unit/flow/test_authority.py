"""Who may take which step: a post gives rights where it is and nowhere else."""

import datetime as dt

import pytest

from anlan.flow.authority import offered_steps
from anlan.flow.errors import InvalidData, Refused
from anlan.flow.perform import perform
from anlan.org.models import Post
from anlan.org.scope import acting
from anlan_cn.models import KeyPlace
from tests.conftest import actor_of
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database


def test_the_steps_offered_follow_state_and_role(world, li_actor, qian_actor, shen_actor):
    hazard = report_hazard(world.hospital_a, by=qian_actor)

    assert [name for name, _ in offered_steps(hazard, to=li_actor)] == ["assign", "attach", "correct", "annul"]
    assert [name for name, _ in offered_steps(hazard, to=qian_actor)] == ["attach"]
    assert offered_steps(hazard, to=shen_actor) == ()


def test_an_office_post_in_b_adds_nothing_to_a_recorder_post_in_a(world, qian, zhou_actor):
    """Qian records for a department of A and also runs the office of B."""
    Post.objects.create(person=qian, unit=world.hospital_b.unit, role="office", starts_on=dt.date(2020, 1, 1))
    both = actor_of(qian)
    foreign = list_place(world.hospital_a, by=zhou_actor, name="内科病区")

    with acting(both), pytest.raises(Refused, match='钱芳 may not take the step "Inspect the defences"'):
        perform(foreign, "inspect_defences", by=both, inspected_on=dt.date(2025, 3, 1))
    with acting(both), pytest.raises(Refused, match='may not take the step "Correct"'):
        perform(list_place(world.hospital_a, by=both), "correct", by=both, reason="x", name="y")


def test_a_recorder_opens_records_for_the_own_department_only(world, qian_actor):
    own = list_place(world.hospital_a, by=qian_actor)

    assert own.department == world.emergency_a
    with pytest.raises(Refused, match="may not take the step"):
        list_place(world.hospital_a, by=qian_actor, department=world.medicine_a)
    with acting(qian_actor), pytest.raises(Refused, match="may not take the step"):
        perform(KeyPlace(institution=world.hospital_b), "list_place", by=qian_actor)


def test_a_record_names_no_department_of_another_hospital(world, li_actor):
    with pytest.raises(InvalidData, match="Some values are not right") as caught:
        list_place(world.hospital_a, by=li_actor, department=world.emergency_b)

    assert caught.value.fields == {"department": ["This record does not exist in the institution."]}


@pytest.mark.parametrize("value", ["x", -1, 10**30, [], "6d1e9ff1-0000-0000-0000-000000000000"])
def test_a_reference_to_nothing_is_bad_data_and_no_crash(world, li_actor, value):
    with pytest.raises(InvalidData) as caught:
        report_hazard(world.hospital_a, by=li_actor, place=value)
    assert caught.value.fields == {"place": ["This record does not exist in the institution."]}
