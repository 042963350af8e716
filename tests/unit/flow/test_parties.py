"""Parties to a case, conflict of interest, cases about leaders, and masked names that open with a reason."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from anlan.flow.authority import may_take, offered_steps
from anlan.flow.cases import clearance_in_record, files_are_open
from anlan.flow.errors import InvalidData
from anlan.flow.masking import cells, outline
from anlan.flow.parties import NamedParty, parties_of
from anlan.flow.perform import perform
from anlan.flow.reading import NotThere, find_record, list_records
from anlan.flow.spec import spec_of
from anlan.flow.timeline import timeline
from anlan.flow.unmasking import openable, unmask
from anlan.ledger.models import Entry
from anlan.org.access import Access
from anlan.org.errors import NotAllowed
from anlan.org.models import Party
from anlan.org.policy import may
from anlan.org.scope import acting
from anlan_cn.models import Dispute, Hazard
from tests.conftest import actor_of
from tests.records import report_hazard
from tests.world import employ

pytestmark = pytest.mark.database


def accept(institution, *, by, **data) -> Dispute:
    values = {"occurred_on": dt.date(2025, 3, 3), "severity": "general", "complainant": "张三丰"}
    values |= {"complainant_phone": "13912341234", "department": None} | data
    with acting(by):
        record = Dispute(institution=institution)
        perform(record, "accept", by=by, at=dt.datetime(2025, 3, 4, 4, 0, tzinfo=dt.UTC), values=values)
    return record


def let_in(record, *, by, reason="需其配合", **party) -> None:
    with acting(by):
        perform(find_record(record.uid), "involve", by=by, reason=reason, parties=[NamedParty(**party)])


def shown(record, actor) -> dict[str, object]:
    with acting(actor):
        found = find_record(record.uid)
        return {one.name: one.value for one in cells(found, clearance=clearance_in_record(found))}


@pytest.fixture
def dispute(world, li_actor):
    return accept(world.hospital_a, by=li_actor, department=world.emergency_a.code)


# ── parties ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_party_sees_its_case_and_no_other(world, li_actor, dispute):
    accept(world.hospital_a, by=li_actor, occurred_on=dt.date(2025, 3, 4))
    mediator = employ("he", "何调", "mediator", world.hospital_a.unit)
    with acting(actor_of(mediator)), pytest.raises(NotThere):
        find_record(dispute.uid)

    let_in(dispute, by=li_actor, capacity="external", unit=world.hospital_a.unit, role="mediator")
    with acting(actor_of(mediator)):
        assert [one.uid for one in Dispute.objects.all()] == [dispute.uid]
        assert offered_steps(find_record(dispute.uid), to=actor_of(mediator)) == ()


def test_the_ledger_says_who_let_whom_in(world, li, li_actor, dispute, zhou):
    let_in(dispute, by=li_actor, capacity="handler", person=zhou, reason="由周强承办")

    entry = Entry.objects.get(record_uid=dispute.uid, step="involve")
    assert (entry.actor_id, json.loads(entry.content)) == (
        li.pk,
        {"parties": [{"capacity": "handler", "person": zhou.pk}], "reason": "由周强承办"},
    )


def test_a_part_ends_by_a_step(world, li_actor, dispute, zhou):
    let_in(dispute, by=li_actor, capacity="handler", person=zhou)
    with acting(li_actor):
        record = find_record(dispute.uid)
        perform(record, "release", by=li_actor, reason="已办结", parties=[NamedParty(capacity="handler", person=zhou)])
        assert parties_of(record) == []
    with acting(actor_of(zhou)), pytest.raises(NotThere):
        find_record(dispute.uid)


def told(record, actor) -> list[tuple[str, list[str], str]]:
    """The naming entries of the timeline: step, who, why."""
    with acting(actor):
        happened = timeline(find_record(record.uid))
    named = [one for one in happened if one.step in ("involve", "release")]
    return [
        (one.step, [str(party.person or f"{party.unit.code} {party.role}") for party in one.parties], one.reason)
        for one in named
    ]


def test_the_timeline_says_who_was_let_in_and_when_it_ended(world, li_actor, dispute, zhou):
    let_in(dispute, by=li_actor, capacity="handler", person=zhou, reason="由周强承办")
    let_in(dispute, by=li_actor, capacity="external", unit=world.hospital_a.unit, role="mediator", reason="请调解")
    with acting(li_actor):
        perform(
            find_record(dispute.uid),
            "release",
            by=li_actor,
            reason="已办结",
            parties=[NamedParty(capacity="handler", person=zhou)],
        )

    assert told(dispute, li_actor) == [
        ("involve", ["周强"], "由周强承办"),
        ("involve", ["A mediator"], "请调解"),
        ("release", ["周强"], "已办结"),
    ]


def test_a_party_reads_of_its_own_part_alone(world, li_actor, dispute, zhou):
    let_in(dispute, by=li_actor, capacity="handler", person=zhou, reason="由周强承办")
    let_in(dispute, by=li_actor, capacity="external", unit=world.hospital_a.unit, role="mediator", reason="请调解")
    mediator = actor_of(employ("he", "何调", "mediator", world.hospital_a.unit))

    assert told(dispute, mediator) == [("involve", [], ""), ("involve", ["A mediator"], "请调解")]
    assert told(dispute, actor_of(zhou)) == [("involve", ["周强"], "由周强承办"), ("involve", [], "")]


def test_the_accused_and_readers_who_name_nobody_learn_of_no_party(world, li_actor, dispute, zhou, chen_actor):
    let_in(dispute, by=li_actor, capacity="accused_person", person=zhou, reason="患者指认周某")

    assert told(dispute, actor_of(zhou)) == [("involve", [], "")]
    assert told(dispute, chen_actor) == [("involve", [], "")]
    assert told(dispute, li_actor) == [("involve", ["周强"], "患者指认周某")]


def test_a_step_of_the_register_that_lets_in_keeps_its_reason(world, li_actor, wang_actor, chen_actor, dispute):
    desk = NamedParty(capacity="external", unit=world.hospital_a.unit, role="mediator")
    with acting(li_actor):
        perform(find_record(dispute.uid), "mediate", by=li_actor, mediation="people", parties=[desk])

    with acting(li_actor):
        assert [one.role for one in timeline(find_record(dispute.uid))[-1].parties] == ["mediator"]
    with acting(chen_actor):
        last = timeline(find_record(dispute.uid))[-1]
    assert (last.step, last.parties) == ("mediate", ())
    assert "mediation" in {change.name for change in last.changes}


def test_a_handler_takes_ordinary_steps_whatever_their_post(world, li_actor, dispute, zhou):
    let_in(dispute, by=li_actor, capacity="handler", person=zhou)
    actor = actor_of(zhou)
    with acting(actor):
        perform(find_record(dispute.uid), "mediate", by=actor, mediation="internal")
        assert "correct" not in dict(offered_steps(find_record(dispute.uid), to=actor))


def test_a_step_lets_in_whom_it_declares_and_nobody_else(world, li_actor, dispute, zhou):
    desk = NamedParty(capacity="external", unit=world.hospital_a.unit, role="mediator")
    handler = NamedParty(capacity="handler", person=zhou)
    with acting(li_actor):
        with pytest.raises(InvalidData, match="names no party in this capacity"):
            perform(find_record(dispute.uid), "mediate", by=li_actor, mediation="people", parties=[handler])
        perform(find_record(dispute.uid), "mediate", by=li_actor, mediation="people", parties=[desk])
    assert Party.objects.get().role == "mediator"


@pytest.mark.parametrize(
    ("party", "words"),
    [
        (lambda w: [], "Name the party"),
        (lambda w: [NamedParty(capacity="handler")], "either a person or a unit"),
        (lambda w: [NamedParty(capacity="accused_department", unit=w.emergency_b)], "no part in the institution"),
        (lambda w: [NamedParty(capacity="external", unit=w.hospital_a.unit)], "Say which agency"),
        (lambda w: [NamedParty(capacity="external", unit=w.hospital_a.unit, role="nurse")], "Say which agency"),
    ],
)
def test_a_party_that_makes_no_sense_is_refused(world, li_actor, dispute, party, words):
    with acting(li_actor), pytest.raises(InvalidData, match=words):
        perform(find_record(dispute.uid), "involve", by=li_actor, reason="x", parties=party(world))


def test_somebody_from_elsewhere_is_no_party(world, li_actor, dispute, zhao):
    with pytest.raises(InvalidData, match="neither here nor above"):
        let_in(dispute, by=li_actor, capacity="handler", person=zhao)


def test_an_officer_who_was_named_sees_nothing(world, dispute, guan):
    Party.objects.create(
        record_uid=dispute.uid,
        register="dispute",
        institution_id=world.hospital_a.pk,
        person=guan,
        capacity="handler",
        starts_on=dt.date(2025, 1, 1),
    )
    with acting(actor_of(guan)), pytest.raises(NotThere):
        find_record(dispute.uid)


# ── the accused ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_department_concerned_reads_the_content_without_identity(world, li_actor, qian, dispute):
    """The accused department sees content without identity."""
    let_in(dispute, by=li_actor, capacity="accused_department", unit=world.emergency_a)
    actor = actor_of(qian)  # a recorder, who reads no sensitive register elsewhere

    values = shown(dispute, actor)
    assert (values["severity"], values["complainant"], values["complainant_phone"]) == ("general", "••••", "••••")
    with acting(actor):
        record = find_record(dispute.uid)
        assert openable(record, to=actor) == ()
        assert not files_are_open(record)
        texts = [change.after_text for one in timeline(record) for change in one.changes]
        assert not [text for text in texts if "张" in text or "139" in text]


def test_whoever_is_concerned_does_not_handle_the_case(world, li, li_actor, wang_actor, dispute):
    Party.objects.create(
        record_uid=dispute.uid,
        register="dispute",
        institution_id=world.hospital_a.pk,
        person=li,
        capacity="accused_person",
        starts_on=dt.date(2025, 1, 1),
    )
    actor = actor_of(li)
    with acting(actor):
        record = find_record(dispute.uid)
        assert openable(record, to=actor) == ()
        assert [name for name in spec_of(record).steps if may_take(record, spec_of(record).steps[name], by=actor)] == [
            "accept",
            "attach",
        ]  # those that any recorder takes; nothing that handles, manages, corrects or names parties


# ── conflict of interest ────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_judges_the_institution_that_they_head(world, chen, chen_actor):
    assert may(chen_actor, ("can:judge",), institution=world.hospital_a)
    world.hospital_a.first_responsible = chen
    assert not may(chen_actor, ("can:judge",), institution=world.hospital_a)
    assert may(chen_actor, ("can:judge",), institution=world.hospital_b)


def test_a_reviewer_who_directs_a_hospital_does_not_judge_it(world):
    from anlan.org.models import Post
    from tests.world import POSTS_SINCE

    both = employ("qi", "齐二", "reviewer", world.district_1)
    Post.objects.create(person=both, unit=world.hospital_a.unit, role="director", starts_on=POSTS_SINCE)
    actor = actor_of(both)
    assert not may(actor, ("can:judge",), institution=world.hospital_a)
    assert may(actor, ("can:judge",), institution=world.hospital_b)
    assert may(actor, ("can:score",), institution=world.hospital_a)


def test_a_department_head_does_not_verify_the_own_department(world, li_actor):
    from anlan.org.models import Post
    from tests.world import POSTS_SINCE

    head = employ("tou", "陶头", "department_head", world.emergency_a)
    Post.objects.create(person=head, unit=world.hospital_a.unit, role="quality_centre", starts_on=POSTS_SINCE)
    actor = actor_of(head)
    own = report_hazard(world.hospital_a, by=li_actor, department=world.emergency_a)
    other = report_hazard(world.hospital_a, by=li_actor, department=world.medicine_a, description="另一处")
    verify = spec_of(Hazard).steps["verify"]
    with acting(actor):
        assert not may_take(find_record(own.uid), verify, by=actor)
        assert may_take(find_record(other.uid), verify, by=actor)


# ── cases about leaders ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_about_leaders_leaves_the_institution_and_goes_to_the_commission(world, li_actor, wang_actor, dispute):
    supervisor = actor_of(employ("jian", "简督", "supervisor", world.district_1))
    with acting(supervisor):
        assert offered_steps(find_record(dispute.uid), to=supervisor) == ()
    with acting(wang_actor):
        assert find_record(dispute.uid).uid == dispute.uid
    other = actor_of(employ("ban", "班办", "office", world.hospital_a.unit))
    with acting(other):
        perform(find_record(dispute.uid), "correct", by=other, reason="涉及院长", concerns_leaders=True)
    for actor in (other, wang_actor):
        with acting(actor):
            assert list_records(spec_of(Dispute), world.hospital_a).rows == ()
            with pytest.raises(NotThere):
                find_record(dispute.uid)
    with acting(li_actor):  # who wrote it still sees it, and takes no step
        assert offered_steps(find_record(dispute.uid), to=li_actor) == ()
    with acting(supervisor):
        record = find_record(dispute.uid)
        assert "mediate" in dict(offered_steps(record, to=supervisor))
        perform(record, "mediate", by=supervisor, mediation="administrative")


# ── masked names ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "value", "outlined"),
    [
        ("name", "张三丰", "张**"),
        ("name", "欧阳", "欧**"),
        ("phone", "13912341234", "139****1234"),
        ("phone", "8123", "••••"),
        ("number", "330102199001011234", "3****4"),
        ("name", "", "—"),
    ],
)
def test_an_outline_tells_no_more_than_it_should(kind, value, outlined):
    assert outline(kind, value) == outlined


def test_names_are_masked_for_everybody_who_reads_the_rest(world, li_actor, wang_actor, chen_actor, dispute):
    for actor in (li_actor, wang_actor, chen_actor):
        values = shown(dispute, actor)
        assert (values["complainant"], values["complainant_phone"]) == ("张**", "139****1234")


def test_a_name_opens_with_a_reason_that_is_kept(world, li_actor, dispute):
    with acting(li_actor):
        record = find_record(dispute.uid)
        assert unmask(record, ["complainant"], by=li_actor, reason="电话回访患者") == {"complainant": "张三丰"}

    row = Access.objects.get(kind="unmask")
    assert (row.who, row.register, row.record_uid, row.what) == ("李敏", "dispute", dispute.uid, "complainant")
    assert (row.reason, row.institution_id) == ("电话回访患者", world.hospital_a.pk)


def test_without_a_reason_nothing_opens(world, li_actor, dispute):
    with acting(li_actor), pytest.raises(InvalidData, match="Say why"):
        unmask(find_record(dispute.uid), ["complainant"], by=li_actor, reason="   看 ")
    assert not Access.objects.filter(kind="unmask").exists()


@pytest.mark.parametrize("columns", [["summary"], ["severity"], ["complainant", "number"]])
def test_only_what_is_masked_opens(world, li_actor, dispute, columns):
    with acting(li_actor), pytest.raises(NotAllowed):
        unmask(find_record(dispute.uid), columns, by=li_actor, reason="电话回访患者")


def test_who_reads_but_may_not_open_gets_nothing(world, wang_actor, dispute):
    with acting(wang_actor):
        record = find_record(dispute.uid)
        assert openable(record, to=wang_actor) == ()
        with pytest.raises(NotAllowed):
            unmask(record, ["complainant"], by=wang_actor, reason="电话回访患者")


def test_a_form_does_not_show_a_masked_name_and_an_empty_box_keeps_it(world, li, client_as, dispute):
    browser = client_as(li)
    year = timezone.localdate().year
    page = browser.get(f"/at/A/{year}/registers/dispute/{dispute.uid}/correct/").content.decode()
    assert 'name="complainant"' in page
    assert "张三丰" not in page
    data = {"occurred_on": "2025-03-03", "severity": "major", "mediation": "none", "reason": "更正", "version": "1"}
    browser.post(f"/at/A/{year}/registers/dispute/{dispute.uid}/correct/", data | {"key": "k1", "complainant": ""})
    record = Dispute.objects.model.objects
    with acting(actor_of(li)):
        stored = record.get(uid=dispute.uid)
    assert (stored.severity, stored.complainant) == ("major", "张三丰")


def test_pages_and_api_open_names_and_note_it(world, li, wang, client_as, dispute):
    browser = client_as(li)
    page = browser.get(f"/cases/{dispute.uid}/").content.decode()
    assert "张**" in page
    assert "张三丰" not in page
    asked = {"fields": ["complainant"], "reason": "电话回访患者"}
    assert "张三丰" in browser.post(f"/cases/{dispute.uid}/open/", asked).content.decode()
    answer = browser.post(f"/api/v1/records/{dispute.uid}/unmask", json.dumps(asked), content_type="application/json")
    assert answer.json() == {"complainant": "张三丰"}
    assert Access.objects.filter(kind="unmask").count() == 2
    assert Access.objects.filter(kind="read", record_uid=dispute.uid).count() == 1

    refused = client_as(wang)
    assert refused.get(f"/cases/{dispute.uid}/open/").status_code == 404
    answer = refused.post(f"/api/v1/records/{dispute.uid}/unmask", json.dumps(asked), content_type="application/json")
    assert answer.status_code == 404
    assert refused.get(f"/cases/{dispute.uid}/parties/").status_code == 404


def test_parties_are_named_and_released_on_screen(world, li, zhou, client_as, dispute):
    browser = client_as(li)
    form = {"capacity": "handler", "username": "zhou", "reason": "由周强承办"}
    assert browser.post(f"/cases/{dispute.uid}/parties/", form).status_code == 302
    party = Party.objects.get()
    assert client_as(zhou).get(f"/cases/{dispute.uid}/").status_code == 200
    assert str(dispute.number) in client_as(zhou).get("/cases/").content.decode()
    long = "已办结，" * 60
    refused = browser.post(f"/cases/{dispute.uid}/parties/{party.pk}/end/", {"end-reason": long})
    page = refused.content.decode()
    assert (refused.status_code, f'value="{long}"' in page) == (422, True)
    assert "最多 200 个字，现有 240 个，请缩短。" in page
    end = browser.post(f"/cases/{dispute.uid}/parties/{party.pk}/end/", {"end-reason": "已办结"})
    assert end.status_code == 302
    assert client_as(zhou).get(f"/cases/{dispute.uid}/").status_code == 404


def test_the_protector_reads_of_it_on_their_home(world, li_actor, client_as, dispute):
    with acting(li_actor):
        unmask(find_record(dispute.uid), ["complainant"], by=li_actor, reason="电话回访患者")
    protector = employ("hu", "胡安", "privacy_protector", world.hospital_a.unit)
    page = client_as(protector).get(f"/at/A/{timezone.localdate().year}/").content.decode()
    assert "电话回访患者" in page
    assert "张三丰" not in page
