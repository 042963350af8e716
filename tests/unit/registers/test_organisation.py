"""Groups, seats, plans, means, duties and facilities: each flow from end to end, and what each refuses."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from anlan.flow.errors import BadEvidence, Conflict, InvalidData, Refused
from anlan.flow.perform import perform
from anlan_cn.registers.organisation.facility import Facility
from anlan_cn.registers.organisation.function_duty import FunctionDuty
from anlan_cn.registers.organisation.leading_group import LeadingGroup
from anlan_cn.registers.organisation.leading_group_post import LeadingGroupPost
from anlan_cn.registers.organisation.programme_plan import ProgrammePlan
from anlan_cn.registers.organisation.support_item import SupportItem

NEW_YEAR = dt.date(2025, 1, 1)
MARCH = dt.date(2025, 3, 3)
NEXT_YEAR = dt.date(2026, 1, 1)


@pytest.fixture
def group(institution, office):
    record = LeadingGroup(institution=institution)
    perform(record, "draft", by=office, occurred_on=MARCH, kind="leading_group", title="Safe-hospital group")
    return record


def test_leading_group_counts_once_its_document_is_issued(group, office, director, paper):
    assert (group.number, group.state, group.is_counted) == ("LG-2025-0001", "drafted", False)

    with pytest.raises(BadEvidence, match=r'The step "Issue the document" needs 1 file\(s\) of evidence'):
        perform(group, "issue", by=director, document_no="No. 7", head_post="President")
    group.refresh_from_db()
    perform(
        group, "issue", by=director, evidence=paper, document_no="No. 7", head_post="President", is_head_in_chair=True
    )
    perform(group, "adjust", by=office, evidence=paper, document_no="No. 9", head_post="Secretary")
    perform(group, "end", by=office, ended_on=NEXT_YEAR)

    group.refresh_from_db()
    assert (group.state, group.is_counted, group.document_no) == ("issued", True, "No. 9")
    assert group.ended_on == NEXT_YEAR


def test_leading_group_chaired_by_nobody_is_refused(group, office):
    with pytest.raises(InvalidData, match="Name the post that chairs the group") as refusal:
        perform(group, "correct", by=office, reason="the chair changed", is_head_in_chair=True)

    assert list(refusal.value.fields) == ["head_post"]


def test_department_recorder_does_not_set_up_groups(institution, recorder):
    record = LeadingGroup(institution=institution)

    with pytest.raises(Refused, match="may not take the step"):
        perform(record, "draft", by=recorder, occurred_on=MARCH, kind="working_team", title="Team")


def seat(group, office, **data):
    record = LeadingGroupPost(institution=group.institution)
    fields = {
        "occurred_on": MARCH,
        "group": group,
        "holder_name": "A. Holder",
        "post_title": "President",
        "seat": "head",
    }
    perform(record, "appoint", by=office, **(fields | data))
    return record


def test_seat_counts_when_appointed_and_a_new_seat_needs_a_new_letter(group, office, paper):
    record = seat(group, office, is_institution_head=True, is_first_responsible=True)
    assert (record.state, record.is_counted) == ("appointed", True)

    perform(record, "sign_letter", by=office, evidence=paper)
    assert record.state == "signed"
    perform(record, "reseat", by=office, reason="a new president came", seat="deputy", is_institution_head=False)
    perform(record, "end", by=office, ended_on=NEXT_YEAR)

    record.refresh_from_db()
    assert (record.state, record.seat, record.is_institution_head, record.ended_on) == (
        "appointed",
        "deputy",
        False,
        NEXT_YEAR,
    )


def test_first_responsible_person_in_a_contact_seat_is_refused(group, office):
    with pytest.raises(
        InvalidData, match="The first responsible person is head or deputy head of the group"
    ) as refusal:
        seat(group, office, seat="contact", is_first_responsible=True)

    assert list(refusal.value.fields) == ["seat"]


def test_nobody_sits_in_a_group_before_it_is_set_up(group, office):
    with pytest.raises(InvalidData, match="The group was set up on 2025-03-03; nobody sits in it before"):
        seat(group, office, occurred_on=NEW_YEAR)


def test_two_heads_share_the_chair_but_one_person_sits_once(group, office):
    seat(group, office)
    seat(group, office, holder_name="Another Holder", post_title="Secretary")

    with pytest.raises(Conflict, match="one like it exists"):
        seat(group, office)
    assert LeadingGroupPost.objects.filter(seat="head").count() == 2


def plan(institution, office, **data):
    record = ProgrammePlan(institution=institution)
    fields = {
        "occurred_on": NEW_YEAR,
        "kind": "year_plan",
        "title": "Plan of 2025",
        "goals": "No case",
        "ended_on": NEXT_YEAR,
    }
    perform(record, "draft", by=office, **(fields | data))
    return record


def test_plan_is_drafted_sent_back_approved_and_issued(institution, office, director, paper):
    record = plan(institution, office)
    perform(record, "approve", by=director)
    perform(record, "send_back", by=director, reason="no dates")
    perform(record, "redraft", by=office, goals="No case, no fire")
    perform(record, "approve", by=director)
    assert not record.is_counted

    perform(record, "issue", by=office, evidence=paper, document_no="No. 3")

    record.refresh_from_db()
    assert (record.state, record.is_counted, record.goals) == ("issued", True, "No case, no fire")


def test_office_does_not_approve_its_own_plan(institution, office):
    record = plan(institution, office)

    with pytest.raises(Refused, match="can:approve"):
        perform(record, "approve", by=office)


def test_year_plan_of_two_years_is_refused(institution, office):
    with pytest.raises(InvalidData, match="A year plan lasts a year at most") as refusal:
        plan(institution, office, ended_on=dt.date(2027, 1, 1))

    assert list(refusal.value.fields) == ["ended_on"]


def test_plan_without_a_term_is_refused(institution, office):
    with pytest.raises(InvalidData, match="Some values are missing") as refusal:
        plan(institution, office, ended_on=None)

    assert list(refusal.value.fields) == ["ended_on"]


def test_database_refuses_a_plan_without_a_term(institution, office):
    record = plan(institution, office)

    with pytest.raises(IntegrityError, match="programmeplan_has_term"), transaction.atomic():
        ProgrammePlan.objects.filter(pk=record.pk).update(ended_on=None)


def test_support_item_is_recorded_by_a_department_and_confirmed_by_the_office(institution, recorder, office, paper):
    record = SupportItem(institution=institution)
    perform(
        record, "record", by=recorder, occurred_on=MARCH, kind="money", description="Cameras", amount_yuan="1200.50"
    )
    assert record.is_counted

    perform(record, "confirm", by=office, evidence=paper)

    record.refresh_from_db()
    assert (record.state, str(record.amount_yuan)) == ("confirmed", "1200.50")


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ({"kind": "money", "quantity": 2}, "amount_yuan", "Money has an amount"),
        ({"kind": "people", "amount_yuan": "9"}, "quantity", "People and goods have a number"),
        ({"kind": "goods", "quantity": 1, "amount_yuan": "0"}, "amount_yuan", "more than zero, or empty"),
    ],
)
def test_support_item_without_its_measure_is_refused(institution, office, data, column, message):
    record = SupportItem(institution=institution)

    with pytest.raises(InvalidData, match=message) as refusal:
        perform(record, "record", by=office, occurred_on=MARCH, description="Support", **data)

    assert list(refusal.value.fields) == [column]


@pytest.fixture
def duty(institution, office):
    record = FunctionDuty(institution=institution)
    perform(record, "assign", by=office, occurred_on=NEW_YEAR, line="nursing", duty="Ward rounds for safety")
    return record


def test_function_duty_is_signed_with_a_paper_and_unsigned_by_a_new_wording(duty, office, paper):
    assert (duty.is_counted, duty.is_signed) == (True, False)

    perform(duty, "sign", by=office, evidence=paper)
    duty.refresh_from_db()
    assert (duty.state, duty.is_signed) == ("signed", True)

    perform(duty, "amend", by=office, reason="wider", duty="Rounds on every ward")
    duty.refresh_from_db()
    assert (duty.state, duty.is_signed) == ("assigned", False)


def test_function_duty_cannot_be_ticked_as_signed_without_the_step(duty, office):
    with pytest.raises(InvalidData, match='The step "Correct" does not set: is_signed'):
        perform(duty, "correct", by=office, reason="it was signed", is_signed=True)


def test_function_duty_that_ends_before_it_begins_is_refused(duty, office):
    with pytest.raises(InvalidData, match="The end lies before the beginning"):
        perform(duty, "end", by=office, ended_on=dt.date(2024, 12, 31))


def facility(institution, office, **data):
    record = Facility(institution=institution)
    fields = {"occurred_on": NEW_YEAR, "kind": "police_room", "name": "Police room", "location": "Hall 1"}
    perform(record, "open", by=office, **(fields | data))
    return record


def test_facility_is_opened_inspected_and_ended(institution, office, director, paper):
    record = facility(institution, office)
    assert record.is_counted

    perform(record, "inspect", by=director, evidence=paper, has_equipment=True, has_duty_roster=True)
    perform(record, "end", by=office, ended_on=NEXT_YEAR)

    record.refresh_from_db()
    assert (record.state, record.has_equipment, record.is_counted) == ("inspected", True, True)


def test_facility_is_listed_once_until_it_closes(institution, office):
    first = facility(institution, office)

    with pytest.raises(Conflict, match="one like it exists"):
        facility(institution, office)
    perform(first, "end", by=office, ended_on=MARCH)
    again = facility(institution, office, occurred_on=MARCH)
    assert again.state == "opened"
