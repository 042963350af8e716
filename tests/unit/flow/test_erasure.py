"""Lawful erasure: who may ask and approve, what holds a record, what goes and what stays."""

import datetime as dt

import pytest
from django.utils import timezone

from anlan.flow.drift import all_drift
from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.erasure import Held, approve, may_approve, refuse, request_erasure
from anlan.flow.errors import Conflict, InvalidData, Refused, WrongState
from anlan.flow.evidence import path_of, store
from anlan.flow.holds import Hold, _sources, declare_hold
from anlan.flow.models import Approval, Erasure, Evidence
from anlan.flow.perform import perform
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.models import Entry
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.verify import Outcome, verify_record
from anlan.org.baseline import ensure_baseline
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting, as_system
from anlan_cn.models import Hazard
from tests.papers import picture
from tests.records import list_place, report_hazard

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LONG_AGO = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
GROUND = "pipl-47-purpose"
CANARY = "张三身份证三二零一"
PNG = picture()


def close(hazard: Hazard, *, by) -> Hazard:
    """Bring a hazard to its end."""
    day = dt.date(2020, 3, 12)
    with acting(by):
        perform(hazard, "assign", by=by, at=LONG_AGO, owner_post="总务科")
        files = [store("照片.png", [PNG])]
        perform(hazard, "rectify", by=by, at=LONG_AGO, evidence=files, measures=CANARY, rectified_on=day)
        perform(hazard, "verify", by=by, at=LONG_AGO, verified_on=day)
    return hazard


@pytest.fixture
def hazard(world, li_actor):
    found = report_hazard(
        world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9), description=CANARY
    )
    return close(found, by=li_actor)


@pytest.fixture
def asked(hazard, li_actor) -> Erasure:
    return request_erasure(hazard, by=li_actor, ground=GROUND, reason="误录他人信息")


def erase(erasure, *people) -> Erasure:
    for person in people:
        erasure = approve(erasure, by=person)
    return erasure


def test_two_approvals_destroy_row_content_and_salt_and_leave_a_tombstone(
    asked, hazard, wang_actor, chen_actor, li_actor
):
    done = erase(asked, wang_actor, chen_actor)

    entries = list(Entry.objects.filter(record_uid=hazard.uid).order_by("version"))
    with as_system("test"):
        assert not Hazard.objects.filter(uid=hazard.uid).exists()
    assert [entry.step for entry in entries] == ["report", "assign", "rectify", "verify", "erase"]
    assert [(entry.content, entry.salt) for entry in entries[:4]] == [(None, None)] * 4
    assert CANARY not in entries[4].content
    assert (done.state, done.number, done.entries, done.files) == ("erased", hazard.number, 4, 1)
    assert entries[4].uid == done.entry_uid
    assert [approval.by_id for approval in done.approvals.order_by("pk")] == [
        wang_actor.person_id,
        chen_actor.person_id,
    ]


def test_one_approval_destroys_nothing(asked, hazard, wang_actor):
    erase(asked, wang_actor)

    assert Entry.objects.filter(record_uid=hazard.uid, content=None).count() == 0
    assert Erasure.objects.get().state == "requested"


def test_every_proof_holds_after_an_erasure(asked, hazard, wang_actor, chen_actor):
    sequencer = Sequencer()
    sequencer.run()
    before = [(proof.position, proof.leaf) for proof in verify_record(hazard.uid).entries]

    erase(asked, wang_actor, chen_actor)
    sequencer.run()

    after = verify_record(hazard.uid)
    assert [(proof.position, proof.leaf) for proof in after.entries][:4] == before
    assert {step.outcome for proof in after.entries for step in proof.steps} == {Outcome.HOLDS}
    assert list(broken_entries()) == []
    assert list(broken_tree()) == []


def test_content_that_was_taken_away_without_an_erasure_is_named(hazard):
    entry = Entry.objects.filter(record_uid=hazard.uid).order_by("version").first()
    Entry.objects.filter(pk=entry.pk).update(content=None, salt=None)

    assert list(broken_entries()) == [(entry.pk, "its content is gone, and no erasure of the record is in the log")]
    proof = verify_record(hazard.uid).entries[0]
    assert [step.said for step in proof.steps if step.outcome is Outcome.FAILS] == [
        "its content is gone, and no erasure of the record is in the log"
    ]


def test_an_entry_that_lost_its_salt_only_is_named(asked, hazard, wang_actor, chen_actor):
    erase(asked, wang_actor, chen_actor)
    pk = Entry.objects.get(record_uid=hazard.uid, step="verify").pk
    Entry.objects.filter(pk=pk).update(salt=b"0" * 16)

    assert list(broken_entries()) == [(pk, "only one of content and salt is gone; an erasure destroys both")]


@pytest.mark.django_db(transaction=True)
def test_evidence_goes_unless_another_record_refers_to_it(world, li_actor, wang_actor, chen_actor, hazard):
    alone = path_of(Evidence.objects.get(record_uid=hazard.uid).sha256)
    shared = store("共用.png", [picture(size=(9, 9))])
    with acting(li_actor):
        perform(hazard, "attach", by=li_actor, evidence=[shared])
        other = list_place(world.hospital_a, by=li_actor)
        perform(other, "attach", by=li_actor, evidence=[shared])

    erase(request_erasure(hazard, by=li_actor, ground=GROUND, reason="误录"), wang_actor, chen_actor)
    while run_next(now=timezone.now()):
        pass

    assert not alone.exists()
    assert path_of(shared.sha256).exists()
    assert Evidence.objects.filter(record_uid=hazard.uid).count() == 0


def test_nobody_approves_their_own_request(world, hazard, wang_actor, chen_actor):
    own = request_erasure(hazard, by=wang_actor, ground=GROUND, reason="误录")

    with pytest.raises(Refused, match="two people with the right, neither of whom asked for it"):
        approve(own, by=wang_actor)
    assert not may_approve(wang_actor, own)


def test_nobody_approves_twice(asked, wang_actor):
    approve(asked, by=wang_actor)

    with pytest.raises(Refused, match="王建国 may not decide on the erasure"):
        approve(asked, by=wang_actor)
    assert Erasure.objects.get().state == "requested"


@pytest.mark.parametrize("persona", ["qian_actor", "zhao_actor", "feng_actor", "guan_actor", "bai_actor", "tang_actor"])
def test_people_without_the_right_here_neither_ask_nor_approve(request, persona, asked, hazard):
    actor = request.getfixturevalue(persona)

    with pytest.raises(Refused, match="may not decide"):
        approve(asked, by=actor)
    with pytest.raises(Refused, match="may not ask"):
        request_erasure(hazard, by=actor, ground=GROUND, reason="误录")


def test_a_reason_and_a_known_ground_are_needed(hazard, li_actor):
    with pytest.raises(InvalidData, match='There is no legal ground "because"'):
        request_erasure(hazard, by=li_actor, ground="because", reason="误录")
    with pytest.raises(InvalidData, match="do not repeat what the record says"):
        request_erasure(hazard, by=li_actor, ground=GROUND, reason=" ")


def test_a_second_request_waits_for_the_first(asked, hazard, li_actor):
    with pytest.raises(Conflict, match="was asked for already"):
        request_erasure(hazard, by=li_actor, ground=GROUND, reason="误录")


def test_a_refused_request_leaves_the_record_and_may_be_asked_again(asked, hazard, li_actor, wang_actor):
    refuse(asked, by=wang_actor)

    assert Erasure.objects.get().state == "refused"
    assert request_erasure(hazard, by=li_actor, ground=GROUND, reason="再次申请").state == "requested"


# ── what holds a record ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_under_way_is_held(world, li_actor):
    open_one = report_hazard(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9))

    with pytest.raises(Held, match=r"It is still open \(Found\)"):
        request_erasure(open_one, by=li_actor, ground=GROUND, reason="误录")


def test_a_record_that_others_refer_to_is_held(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 1, 6))
    report_hazard(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9), place=place)

    with pytest.raises(Held, match=r"Other records refer to it: Hazard HZ-2020-0001\. Erase or correct them first"):
        request_erasure(place, by=li_actor, ground=GROUND, reason="误录")


def test_a_retention_period_holds_and_says_which(world, li_actor):
    """Clause AL-retention: one year after the year of the event."""
    this_year = timezone.localdate().year
    at = dt.datetime(this_year - 1, 3, 10, 4, 0, tzinfo=dt.UTC)
    place = list_place(world.hospital_a, by=li_actor, at=at, occurred_on=at.date())

    with pytest.raises(
        Held,
        match=rf"until {this_year}-12-31. Years to keep any record after its year: 1 \(clause AL-retention\)",
    ):
        request_erasure(place, by=li_actor, ground=GROUND, reason="误录")


def test_a_hold_that_came_after_the_request_stops_the_erasure_whole(asked, hazard, wang_actor, chen_actor):
    approve(asked, by=wang_actor)
    sealed = declare_hold(lambda record, today: [Hold(words="A sealed score reads it.")])
    try:
        with pytest.raises(Held, match="A sealed score reads it"):
            approve(asked, by=chen_actor)
    finally:
        _sources.remove(sealed)

    with as_system("test"):
        assert Hazard.objects.filter(uid=hazard.uid).exists()
    assert Entry.objects.filter(record_uid=hazard.uid, content=None).count() == 0
    assert Erasure.objects.get().approvals.count() == 1


def test_a_failure_in_the_middle_leaves_nothing_half_done(asked, hazard, wang_actor, chen_actor, monkeypatch):
    def fail(*_args, **_kwargs):
        raise OSError("no space left")

    approve(asked, by=wang_actor)
    monkeypatch.setattr("anlan.flow.erasure.append", fail)
    with pytest.raises(OSError, match="no space left"):
        approve(asked, by=chen_actor)

    assert Entry.objects.filter(record_uid=hazard.uid, content=None).count() == 0
    assert Evidence.objects.filter(record_uid=hazard.uid).count() == 1
    assert Erasure.objects.get().state == "requested"


def test_a_number_is_never_given_again(asked, world, li_actor, wang_actor, chen_actor):
    erase(asked, wang_actor, chen_actor)

    again = report_hazard(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9))
    assert again.number == "HZ-2020-0002"


def test_an_erased_record_no_longer_counts(asked, hazard, wang_actor, chen_actor):
    from anlan.facts.records import records_where
    from anlan.measures.predicate import ALWAYS

    with as_system("test"):
        before = records_where("hazard", ALWAYS, institution_id=hazard.institution_id).count()
    erase(asked, wang_actor, chen_actor)
    with as_system("test"):
        assert (before, records_where("hazard", ALWAYS, institution_id=hazard.institution_id).count()) == (1, 0)


def test_a_job_that_somebody_wrote_by_sql_destroys_nothing_outside_the_evidence(db, tmp_path, settings, caplog):
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")
    (tmp_path / "evidence").mkdir()
    key = tmp_path / "key"
    key.write_text("the ring")
    for name in ("../key", str(key)):
        Job.objects.create(kind="flow.destroy_files", arguments={"files": [name], "before": 1e12}, run_after=LONG_AGO)
        assert run_next(now=timezone.now())
        assert key.read_text() == "the ring"
    assert caplog.text.count("outside the evidence folder; it stays") == 2


# ── requests against their entries ──────────────────────────────────────────────────────────────────────────────────


def found() -> set[tuple[str, str]]:
    with as_system("test"):
        return {(drift.register, drift.column or drift.fault.name) for drift in all_drift()}


def test_what_people_ask_approve_and_refuse_leaves_no_difference(world, hazard, li_actor, wang_actor, chen_actor):
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    refuse(request_erasure(hazard, by=li_actor, ground=GROUND, reason="误录"), by=wang_actor)
    erase(request_erasure(hazard, by=li_actor, ground=GROUND, reason="再录"), wang_actor, chen_actor)
    assert found() == set()


def test_an_approval_that_nobody_gave_is_named_and_erases_nothing(asked, hazard, wang, chen_actor, wang_actor):
    """One person with the database's password and one with the right were enough to destroy a record, and nothing showed."""
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    Approval.objects.create(erasure=asked, by=wang, at=timezone.now())
    with pytest.raises(WrongState, match="is not what the ledger was told") as refused:
        approve(asked, by=chen_actor)
    assert refused.value.code == "flow.E056"
    assert found() == {("org.erasure", f"approval.{wang.pk}")}
    with as_system("test"):
        assert Hazard.objects.filter(uid=hazard.uid).exists()
    refuse(asked, by=wang_actor)
    assert found() == {("org.erasure", f"approval.{wang.pk}")}  # a lawful step does not tell what was slipped in


def test_an_approval_under_another_name_or_taken_away_is_named(asked, wang_actor, li):
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    approve(asked, by=wang_actor)
    assert found() == set()
    Approval.objects.update(by=li)
    assert found() == {("org.erasure", f"approval.{wang_actor.person_id}"), ("org.erasure", f"approval.{li.pk}")}
    Approval.objects.all().delete()
    assert found() == {("org.erasure", f"approval.{wang_actor.person_id}")}


@pytest.mark.parametrize(
    "change",
    [
        {"ground": "other"}, {"reason": "别的"}, {"number": "HZ-9"}, {"is_about_leaders": True}, {"recorded_by_id": None},
        {"department_id": 1}, {"entries": 9}, {"files": 9}, {"decided_at": LONG_AGO}, {"register": "dispute"},
    ],
)  # fmt: skip
def test_a_changed_tombstone_is_named(asked, change, wang_actor, chen_actor):
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    erase(asked, wang_actor, chen_actor)
    Erasure.objects.filter(pk=asked.pk).update(**change)
    assert found() == {("org.erasure", next(iter(change)))}


def test_a_tombstone_that_is_gone_is_named(asked, wang_actor, chen_actor):
    erase(asked, wang_actor, chen_actor)
    Approval.objects.all().delete()
    Erasure.objects.all().delete()
    assert found() == {("org.erasure", "NO_ROW")}


def test_a_request_slipped_in_is_named_and_approved_by_nobody(world, hazard, li, chen_actor):
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    values = {"institution": world.hospital_a, "register": "hazard", "record_uid": hazard.uid, "number": hazard.number}
    mole = Erasure.objects.create(**values, ground=GROUND, reason="x", requested_by=li, requested_at=timezone.now())
    assert found() == {("org.erasure", "NO_ENTRIES")}
    with pytest.raises(WrongState, match="Nothing is erased"):
        approve(mole, by=chen_actor)
