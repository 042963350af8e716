"""The timeline: every step with who, when, what changed from what to what, and with which files."""

import datetime as dt

import pytest

from anlan.flow.evidence import store
from anlan.flow.perform import perform
from anlan.flow.timeline import timeline
from anlan.ledger.models import Entry
from anlan.org.scope import acting
from anlan_cn.models import Dispute
from tests.papers import pdf
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database
NEXT_DAY = dt.datetime(2025, 3, 11, 1, 30, tzinfo=dt.UTC)


def told(happening):
    return {change.name: (change.before_text, change.after_text) for change in happening.changes}


def test_a_timeline_tells_each_step_with_its_changes(world, li, li_actor, qian, qian_actor):
    hazard = report_hazard(world.hospital_a, by=qian_actor)
    with acting(li_actor):
        perform(hazard, "assign", by=li_actor, at=NEXT_DAY, owner_post="急诊科护士长", level="major")
        first, second = timeline(hazard)

    assert (first.step, str(first.step_label), first.who, first.version) == ("report", "Report a hazard", qian, 1)
    assert told(first)["description"] == ("—", "消防通道堆放杂物")
    assert told(first)["department"] == ("—", "急诊科")
    assert (second.who, second.at, second.origin, second.reason) == (li, NEXT_DAY, "screen", "")
    assert told(second) == {
        "level": ("General", "Major"),
        "owner_post": ("—", "急诊科护士长"),
        "state": ("Found", "Assigned"),
    }


def test_a_correction_shows_its_reason_and_the_old_value(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    with acting(li_actor):
        perform(place, "correct", by=li_actor, at=NEXT_DAY, reason="写错了名称", name="西药房")
        happening = timeline(place)[-1]

    assert (happening.reason, told(happening)) == ("写错了名称", {"name": ("药房", "西药房")})


@pytest.mark.parametrize(
    ("at", "is_after_year"), [(NEXT_DAY, False), (dt.datetime(2026, 1, 2, 4, 0, tzinfo=dt.UTC), True)]
)
def test_a_correction_after_the_assessed_year_is_marked(world, li_actor, at, is_after_year):
    hazard = report_hazard(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(hazard, "correct", by=li_actor, at=at, reason="写错", description="另一描述")
        opened, corrected = timeline(hazard)

    assert (opened.is_correction, corrected.is_correction, corrected.is_after_year) == (False, True, is_after_year)


def test_a_step_that_fills_in_what_was_empty_is_no_correction(world, li_actor):
    hazard = report_hazard(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(hazard, "assign", by=li_actor, at=dt.datetime(2026, 1, 2, 4, 0, tzinfo=dt.UTC), owner_post="总务科")
        assert [one.is_correction for one in timeline(hazard)] == [False, False]


def test_the_first_answer_to_a_question_is_no_correction_and_a_second_is(world, li_actor):
    accepted = {"occurred_on": dt.date(2025, 3, 3), "severity": "general", "amount_yuan": "38000.00"}
    with acting(li_actor):
        dispute = Dispute(institution=world.hospital_a)
        perform(dispute, "accept", by=li_actor, at=NEXT_DAY, values=accepted)
        perform(dispute, "mediate", by=li_actor, at=NEXT_DAY, mediation="people", mediation_record_no="2025-118")
        perform(dispute, "mediate", by=li_actor, at=NEXT_DAY, mediation="judicial")
        perform(dispute, "correct", by=li_actor, at=NEXT_DAY, reason="写错", amount_yuan="1058000.50")
        happened = timeline(dispute)

    assert [one.is_correction for one in happened] == [False, False, True, True]
    assert told(happened[1])["mediation"] == ("No mediation", "People's mediation")
    assert told(happened[3])["amount_yuan"] == ("38,000", "1,058,000.5")


def test_files_stand_with_the_step_that_brought_them(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)
    file = store("检查表.pdf", [pdf("checklist")])
    with acting(li_actor):
        perform(
            place,
            "inspect_defences",
            by=li_actor,
            at=NEXT_DAY,
            evidence=[file],
            inspected_on=dt.date(2025, 3, 11),
            has_alarm=True,
        )
        first, second = timeline(place)

    assert first.evidence == ()
    assert [(one.name, one.content_type) for one in second.evidence] == [("检查表.pdf", "application/pdf")]
    assert told(second)["has_alarm"] == ("No", "Yes")


def test_an_erased_entry_stays_as_a_step_without_content(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)
    Entry.objects.filter(record_uid=place.uid).update(content=None, salt=None)
    with acting(li_actor):
        (happening,) = timeline(place)

    assert (happening.is_erased, happening.changes, happening.step) == (True, (), "list_place")


def test_a_place_out_of_reach_has_no_name_in_the_timeline(world, li_actor, qian_actor):
    place = list_place(world.hospital_a, by=li_actor)
    hazard = report_hazard(world.hospital_a, by=li_actor, place=place, department=world.emergency_a)
    with acting(qian_actor):
        (change,) = [one for one in timeline(hazard)[0].changes if one.name == "place"]

    assert (change.after, change.after_text) == ("••••", "••••")
