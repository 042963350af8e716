"""Quality plans, activities, record audits and committees: each flow from end to end, and what each refuses."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from anlan.flow.errors import InvalidData
from anlan.flow.perform import perform
from anlan_cn.registers.quality.committee_meeting import CommitteeMeeting
from anlan_cn.registers.quality.quality_activity import QualityActivity
from anlan_cn.registers.quality.quality_plan import QualityPlan
from anlan_cn.registers.quality.record_audit import RecordAudit

NEW_YEAR = dt.date(2025, 1, 1)
NEXT_YEAR = dt.date(2026, 1, 1)
DAY = dt.date(2025, 6, 18)


def quality_plan(institution, office, **data):
    record = QualityPlan(institution=institution)
    fields = {"occurred_on": NEW_YEAR, "title": "Quality 2025", "covers_hospital": True, "ended_on": NEXT_YEAR}
    perform(record, "draft", by=office, **(fields | data))
    return record


def test_quality_plan_counts_once_approved_and_issued(institution, office, director, paper):
    record = quality_plan(institution, office)
    perform(record, "approve", by=director)
    perform(record, "send_back", by=office, reason="the departments are missing")
    perform(record, "redraft", by=office, covers_departments=True)
    perform(record, "approve", by=director)
    assert not record.is_counted

    perform(record, "issue", by=office, evidence=paper, document_no="No. 12")

    record.refresh_from_db()
    assert (record.state, record.is_counted, record.covers_departments) == ("issued", True, True)


def test_quality_plan_that_covers_nobody_is_refused(institution, office):
    with pytest.raises(InvalidData, match="covers the hospital, its departments or both") as refusal:
        quality_plan(institution, office, covers_hospital=False)

    assert list(refusal.value.fields) == ["covers_hospital"]


def test_quality_plan_that_ends_on_its_first_day_is_refused(institution, office):
    with pytest.raises(InvalidData, match="A plan has a term"):
        quality_plan(institution, office, ended_on=NEW_YEAR)


def activity(institution, by, **data):
    record = QualityActivity(institution=institution)
    fields = {"occurred_on": DAY, "level": "department", "line": "nursing", "title": "June round"}
    perform(record, "record", by=by, **(fields | data))
    return record


def test_quality_activity_is_held_rectified_and_verified(institution, recorder, office, paper):
    record = activity(institution, recorder, has_self_check=True, self_check="Two missing labels")
    assert (record.is_counted, record.has_rectification) == (True, False)

    perform(record, "rectify", by=recorder, rectification="Labels printed")
    perform(record, "verify", by=office, evidence=paper)

    record.refresh_from_db()
    assert (record.state, record.has_self_check, record.has_rectification) == ("verified", True, True)


def test_hospital_activity_needs_no_line(institution, office):
    assert activity(institution, office, level="hospital", line="").is_counted


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ({"line": ""}, "line", "A function department acts on one of the four lines"),
        ({"has_self_check": True}, "self_check", "write down what it found"),
        ({"has_rectification": True, "rectification": " "}, "rectification", "write them down"),
    ],
)
def test_quality_activity_that_contradicts_itself_is_refused(institution, office, data, column, message):
    with pytest.raises(InvalidData, match=message) as refusal:
        activity(institution, office, **data)

    assert list(refusal.value.fields) == [column]


GRADES = {"sample": "archived", "sampled": 100, "grade_a": 96, "grade_b": 3, "grade_c": 1}


def audit(institution, by, **data):
    record = RecordAudit(institution=institution)
    perform(record, "record", by=by, **({"occurred_on": DAY} | GRADES | data))
    return record


def test_record_audit_counts_and_is_fed_back(institution, recorder, office, paper):
    record = audit(institution, recorder)
    assert record.is_counted

    perform(record, "feed_back", by=office, evidence=paper)

    record.refresh_from_db()
    assert (record.state, record.grade_a) == ("fed_back", 96)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"grade_b": 4}, "Grades A, B and C add up to 101, but 100 records were sampled"),
        ({"sampled": 0, "grade_a": 0, "grade_b": 0, "grade_c": 0}, "An audit looks at one record at least"),
    ],
)
def test_record_audit_whose_grades_do_not_add_up_is_refused(institution, office, data, message):
    with pytest.raises(InvalidData, match=message) as refusal:
        audit(institution, office, **data)

    assert list(refusal.value.fields) == ["sampled"]


def test_database_refuses_grades_that_do_not_add_up(institution, office):
    record = audit(institution, office)

    with pytest.raises(IntegrityError, match="grades_add_up"), transaction.atomic():
        RecordAudit.objects.filter(pk=record.pk).update(grade_a=99)


def meeting(institution, by, **data):
    record = CommitteeMeeting(institution=institution)
    fields = {"occurred_on": DAY, "kind": "medical_safety", "title": "Second quarter", "attendees": 9}
    perform(record, "record", by=by, **(fields | data))
    return record


def test_committee_meeting_counts_when_held_and_its_minutes_are_filed(institution, office, paper):
    record = meeting(institution, office)
    assert (record.is_counted, record.has_minutes) == (True, False)

    perform(record, "file_minutes", by=office, evidence=paper, resolutions="New labels")

    record.refresh_from_db()
    assert (record.state, record.has_minutes) == ("minuted", True)


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ({"attendees": 1}, "attendees", "One person alone is no meeting"),
        ({"has_minutes": True}, "resolutions", "The minutes say what was resolved"),
    ],
)
def test_committee_meeting_that_contradicts_itself_is_refused(institution, office, data, column, message):
    with pytest.raises(InvalidData, match=message) as refusal:
        meeting(institution, office, **data)

    assert list(refusal.value.fields) == [column]
