"""Education, attendance, technical training and awareness: each flow from end to end, and what each refuses."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from anlan.flow.errors import Conflict, InvalidData
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.spec import find_register
from anlan.ledger.entry import Origin
from anlan.org.roles import Sensitivity
from anlan_cn.registers.training.awareness_survey import AwarenessSurvey
from anlan_cn.registers.training.education_attendance import EducationAttendance
from anlan_cn.registers.training.education_group import EducationGroup
from anlan_cn.registers.training.education_session import EducationSession
from anlan_cn.registers.training.technical_training import TechnicalTraining

DAY = dt.date(2025, 4, 10)
CLASS = {"title": "Fire doors", "lecturer_post": "Fire officer", "hours": "1.5"}


def test_education_group_counts_once_issued_and_is_reviewed(institution, office, director, paper):
    record = EducationGroup(institution=institution)
    perform(record, "draft", by=office, occurred_on=DAY, title="Education group")
    assert not record.is_counted

    perform(
        record,
        "issue",
        by=director,
        evidence=paper,
        document_no="No. 5",
        head_post="Vice-president",
        has_work_rules=True,
    )
    perform(record, "review", by=office, evidence=paper, has_yearly_plan=True, has_contact_person=True)

    record.refresh_from_db()
    assert (record.state, record.is_counted) == ("issued", True)
    assert (record.has_work_rules, record.has_yearly_plan, record.has_contact_person) == (True, True, True)


def test_issued_education_group_keeps_its_document_number(institution, office, paper):
    record = EducationGroup(institution=institution)
    perform(record, "draft", by=office, occurred_on=DAY, title="Education group")
    perform(record, "issue", by=office, evidence=paper, document_no="No. 5", head_post="Vice-president")

    with pytest.raises(InvalidData, match="An issued document carries a number"):
        perform(record, "correct", by=office, reason="wrong number", document_no="")


def session(institution, office, **data):
    record = EducationSession(institution=institution)
    fields = {"occurred_on": DAY, "topic": "fire", "expected_count": 40, "attended_count": 38, **CLASS}
    perform(record, "record", by=office, **(fields | data))
    return record


def test_education_session_counts_when_held_and_is_archived_with_its_sheet(institution, recorder, paper):
    record = session(institution, recorder)
    assert (record.number, record.is_counted, str(record.hours)) == ("ES-2025-0001", True, "1.5")

    perform(record, "archive", by=recorder, evidence=paper, has_sign_in_sheet=True, has_materials=True)

    record.refresh_from_db()
    assert (record.state, record.has_materials) == ("archived", True)


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ({"attended_count": 41}, "attended_count", "41 people came of 40 expected"),
        ({"attended_count": 0, "has_sign_in_sheet": True}, "attended_count", "somebody came: give the number"),
        ({"hours": "0"}, "hours", "A class lasts more than zero hours"),
    ],
)
def test_education_session_that_contradicts_itself_is_refused(institution, office, data, column, message):
    with pytest.raises(InvalidData, match=message) as refusal:
        session(institution, office, **data)

    assert list(refusal.value.fields) == [column]


def test_education_session_is_not_archived_without_its_sheet(institution, office, paper):
    record = session(institution, office)

    with pytest.raises(InvalidData, match="A session is archived with its sign-in sheet"):
        perform(record, "archive", by=office, evidence=paper, has_materials=True)


def test_database_refuses_more_people_than_expected(institution, office):
    record = session(institution, office)

    with pytest.raises(IntegrityError, match="attended_within_expected"), transaction.atomic():
        EducationSession.objects.filter(pk=record.pk).update(attended_count=41)


def attendance(held, office, **data):
    record = EducationAttendance(institution=held.institution)
    perform(record, "attend", by=office, **({"occurred_on": DAY, "session": held, "staff_no": "0042"} | data))
    return record


def test_attendance_counts_and_takes_the_result_of_the_test(institution, office):
    record = attendance(session(institution, office), office, staff_name="A. Nurse")
    assert (record.is_counted, record.passed) == (True, None)

    perform(record, "examine", by=office, passed=False)

    record.refresh_from_db()
    assert (record.state, record.passed) == ("examined", False)


def test_nobody_attends_a_session_before_it_is_held(institution, office):
    with pytest.raises(InvalidData, match="The session was held on 2025-04-10; nobody attended it before"):
        attendance(session(institution, office), office, occurred_on=dt.date(2025, 4, 9))


def test_one_person_attends_a_session_once_unless_the_first_row_is_annulled(institution, office):
    held = session(institution, office)
    first = attendance(held, office)

    with pytest.raises(Conflict, match="one like it exists"):
        attendance(held, office)
    perform(first, "annul", by=office, reason="typed twice")
    assert attendance(held, office).is_counted


def test_five_hundred_attendances_open_with_a_constant_number_of_queries(
    institution, office, django_assert_max_num_queries
):
    held = session(institution, office)
    histories = [
        History(
            record=EducationAttendance(institution=institution),
            moves=(
                Move(
                    step="attend",
                    by=office,
                    at=timezone.now(),
                    data={"occurred_on": DAY, "session": held, "staff_no": str(n)},
                ),
            ),
        )
        for n in range(500)
    ]

    with django_assert_max_num_queries(20):
        perform_many(histories, origin=Origin(kind="import"))

    assert EducationAttendance.objects.filter(session=held).count() == 500


def test_name_of_the_staff_member_is_sensitive():
    assert find_register("education_attendance").field_sensitivity["staff_name"] is Sensitivity.SENSITIVE


def training(institution, by, **data):
    record = TechnicalTraining(institution=institution)
    perform(
        record, "record", by=by, **({"occurred_on": DAY, "kind": "mental_health", "attended_count": 20, **CLASS} | data)
    )
    return record


def test_technical_training_is_complete_with_all_three_papers(institution, recorder, paper):
    record = training(institution, recorder, has_sign_in_sheet=True)
    assert (record.is_counted, record.is_ledger_complete) == (True, False)

    perform(record, "complete", by=recorder, has_materials=True, has_test=True)
    assert record.is_ledger_complete
    perform(record, "archive", by=recorder, evidence=paper)

    record.refresh_from_db()
    assert (record.state, record.is_ledger_complete) == ("archived", True)


def test_technical_training_with_an_incomplete_ledger_is_not_archived(institution, office, paper):
    record = training(institution, office, has_sign_in_sheet=True)

    with pytest.raises(InvalidData, match="archived with sign-in sheet, materials and test") as refusal:
        perform(record, "archive", by=office, evidence=paper, has_materials=True)

    assert list(refusal.value.fields) == ["has_test"]


def test_technical_training_with_a_sheet_and_nobody_is_refused(institution, office):
    with pytest.raises(InvalidData, match="somebody came: give the number"):
        training(institution, office, has_sign_in_sheet=True, attended_count=0)


def test_complete_ledger_is_derived_and_never_typed(institution, office):
    with pytest.raises(InvalidData, match="does not set: is_ledger_complete"):
        training(institution, office, is_ledger_complete=True)


def test_awareness_survey_counts_when_conducted_and_is_confirmed(institution, recorder, director, paper):
    record = AwarenessSurvey(institution=institution)
    perform(record, "record", by=recorder, occurred_on=DAY, method="paper", respondents=100, aware=92)
    assert record.is_counted

    perform(record, "confirm", by=director, evidence=paper)

    record.refresh_from_db()
    assert record.state == "confirmed"


@pytest.mark.parametrize(
    ("respondents", "aware", "message"),
    [
        (100, 101, "101 people are said to be aware, but only 100 answered"),
        (0, 0, "A survey that nobody answered says nothing"),
    ],
)
def test_awareness_survey_that_contradicts_itself_is_refused(institution, office, respondents, aware, message):
    record = AwarenessSurvey(institution=institution)

    with pytest.raises(InvalidData, match=message):
        perform(record, "record", by=office, occurred_on=DAY, method="online", respondents=respondents, aware=aware)
