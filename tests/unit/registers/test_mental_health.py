"""Screening and notice: finds open a notice that is due, and sending it is noted on the screening."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from anlan.flow.errors import BadEvidence, Conflict, InvalidData, Refused
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.kernel import parameter
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan_cn.registers.mental_health.patient_screening import PatientScreening
from anlan_cn.registers.mental_health.police_notice import PoliceNotice

DAY = dt.date(2025, 5, 6)
DUE = dt.date(2025, 5, 16)
SENT = dt.date(2025, 5, 9)

pytestmark = pytest.mark.usefixtures("_ten_days_to_notify")


def screening(institution, office, **data):
    record = PatientScreening(institution=institution)
    perform(record, "record", by=office, **({"occurred_on": DAY, "method": "ward", "screened": 60, "found": 2} | data))
    return record


def test_screening_without_finds_owes_no_notice(institution, office):
    record = screening(institution, office, found=0)

    assert (record.state, record.is_counted, record.notice_due_on) == ("screened", True, None)
    assert not PoliceNotice.objects.exists()


def test_screening_with_finds_opens_a_notice_that_is_due(institution, office):
    record = screening(institution, office)

    notice = PoliceNotice.objects.get(screening=record)
    assert record.notice_due_on == DUE
    assert (notice.number, notice.state, notice.is_counted) == ("PN-2025-0001", "due", False)
    assert (notice.patients, notice.recipient, notice.due_on) == (2, "both", DUE)


def test_sent_notice_is_noted_on_the_screening_and_acknowledged(institution, office, paper):
    record = screening(institution, office)
    notice = PoliceNotice.objects.get(screening=record)

    perform(notice, "send", by=office, evidence=paper, sent_on=SENT)
    assert (notice.state, notice.is_counted) == ("sent", True)
    record.refresh_from_db()
    assert (record.state, record.notified_on) == ("notified", SENT)

    perform(notice, "acknowledge", by=office, evidence=paper, received_by="Duty officer")
    notice.refresh_from_db()
    assert (notice.state, notice.received_by) == ("acknowledged", "Duty officer")
    steps = list(Entry.objects.order_by("pk").values_list("register", "step"))
    assert steps == [
        ("patient_screening", "record"),
        ("police_notice", "open"),
        ("police_notice", "send"),
        ("patient_screening", "note_notice"),
        ("police_notice", "acknowledge"),
    ]


def test_notice_is_not_sent_without_its_paper(institution, office):
    record = screening(institution, office)
    notice = PoliceNotice.objects.get(screening=record)

    with pytest.raises(BadEvidence, match=r'The step "Send the notice" needs 1 file\(s\) of evidence'):
        perform(notice, "send", by=office, sent_on=SENT)
    record.refresh_from_db()
    assert record.notified_on is None


def test_second_notice_leaves_the_first_day_on_the_screening(institution, office, paper):
    record = screening(institution, office)
    perform(PoliceNotice.objects.get(screening=record), "send", by=office, evidence=paper, sent_on=SENT)
    second = PoliceNotice(institution=institution)
    perform(second, "open", by=office, occurred_on=DAY, screening=record, recipient="public_security", patients=1)

    perform(second, "send", by=office, evidence=paper, sent_on=DUE)

    record.refresh_from_db()
    assert record.notified_on == SENT


def test_screening_notified_in_the_same_import_opens_no_notice(institution, office):
    at = timezone.now()
    record = {"occurred_on": DAY, "method": "clinic", "screened": 10, "found": 1}
    moves = (
        Move(step="record", by=office, at=at, data=record),
        Move(step="note_notice", by=office, at=at, data={"notified_on": SENT}),
    )

    perform_many([History(record=PatientScreening(institution=institution), moves=moves)], origin=Origin(kind="import"))

    assert PatientScreening.objects.get().state == "notified"
    assert not PoliceNotice.objects.exists()


def test_corrected_day_moves_the_due_day(institution, office):
    record = screening(institution, office)

    perform(record, "correct", by=office, reason="wrong day", occurred_on=dt.date(2025, 5, 1))

    assert record.notice_due_on == dt.date(2025, 5, 11)


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ({"found": 61}, "found", "61 people found of 60 screened"),
        ({"screened": 0, "found": 0}, "screened", "A screening looks at somebody"),
    ],
)
def test_screening_that_contradicts_itself_is_refused(institution, office, data, column, message):
    with pytest.raises(InvalidData, match=message) as refusal:
        screening(institution, office, **data)

    assert list(refusal.value.fields) == [column]


@pytest.mark.parametrize(
    ("found", "notified_on", "message"),
    [
        (0, SENT, "Nobody was found, so there is nothing to notify"),
        (2, dt.date(2025, 5, 5), "The notice cannot be older than the screening"),
    ],
)
def test_notice_that_cannot_be_is_not_noted(institution, office, found, notified_on, message):
    record = screening(institution, office, found=found)

    with pytest.raises(InvalidData, match=message):
        perform(record, "note_notice", by=office, notified_on=notified_on)


def test_screening_before_any_figure_for_the_deadline_says_so(institution, office, monkeypatch):
    monkeypatch.setitem(parameter._rows, "patient_notice.days", [])

    with pytest.raises(InvalidData, match=r'No figure "patient_notice.days" was in force on 2025-05-06'):
        screening(institution, office)


def test_department_recorder_does_not_see_screenings(institution, recorder):
    with pytest.raises(Refused, match="may not take the step"):
        screening(institution, recorder)


def test_notice_of_more_patients_than_found_is_refused(institution, office):
    record = screening(institution, office)
    notice = PoliceNotice(institution=institution)

    with pytest.raises(InvalidData, match="The screening found 2") as refusal:
        perform(notice, "open", by=office, occurred_on=DAY, screening=record, recipient="public_security", patients=3)

    assert list(refusal.value.fields) == ["patients"]


def test_notice_sent_before_the_screening_is_refused(institution, office, paper):
    notice = PoliceNotice.objects.get(screening=screening(institution, office))

    with pytest.raises(InvalidData, match="The notice cannot be older than the screening"):
        perform(notice, "send", by=office, evidence=paper, sent_on=dt.date(2025, 5, 5))


def test_one_recipient_gets_one_notice_of_a_screening(institution, office):
    record = screening(institution, office)

    with pytest.raises(Conflict, match="one like it exists"):
        perform(PoliceNotice(institution=institution), "open", by=office, occurred_on=DAY, screening=record, patients=1)


def test_database_refuses_a_find_without_a_due_day(institution, office):
    record = screening(institution, office)

    with pytest.raises(IntegrityError, match="due_when_found"), transaction.atomic():
        PatientScreening.objects.filter(pk=record.pk).update(notice_due_on=None)
