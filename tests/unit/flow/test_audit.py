"""The running audit: it walks in chunks, remembers its place, stores what it meets without values, and repairs nothing."""

import datetime as dt
import logging
import re

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from anlan.flow import audit
from anlan.flow.audit import audit_chunk, audit_rounds, rows_per_round, walk_of_audit
from anlan.flow.drift import stages
from anlan.flow.drifts import Chunk, Drift, Fault
from anlan.flow.hindsight import look_at_all, look_back
from anlan.flow.models import AuditFinding, AuditWalk, LookBack
from anlan.ledger.models import Entry, TreeHead
from anlan.ledger.rounds import sign_newest_head
from anlan.ledger.sequencer import Sequencer
from anlan.org.models import Person
from anlan.org.scope import Actor, as_system
from anlan_cn.models import Hazard, KeyPlace
from tests.records import list_place, report_hazard
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NOW = dt.datetime(2025, 3, 11, 8, 0, tzinfo=dt.UTC)


def walk_once(start: dt.datetime = NOW) -> dt.datetime:
    """Walk to the end once and return when the last chunk was."""
    for number in range(600):
        at = start + dt.timedelta(seconds=number)
        audit_chunk(now=at, rows=5)
        walk = walk_of_audit()
        if walk is not None and walk.ended_at == at:
            return at
    raise AssertionError("The walk does not end.")


def rename(place: KeyPlace, name: str) -> None:
    with as_system("somebody with the database's password"):
        KeyPlace.objects.filter(pk=place.pk).update(name=name)


def test_a_walk_comes_to_its_end_and_begins_again(world: World, li_actor: Actor) -> None:
    for number in range(12):
        list_place(world.hospital_a, by=li_actor, name=f"药房{number}")
    end = walk_once()
    walk = AuditWalk.objects.get()
    # 12 rows, twice with their times, 12 entries, their 12 hashes, 13 rows of the organisation; the tree is empty. And how they are
    # stored: 12 entries, 13 rows of the organisation, 3 profiles; on PostgreSQL those with days: 12 entries, a person, a post
    seen = 89 if connection.vendor == "sqlite" else 75
    assert (walk.ended_at, walk.ended_seen, walk.stage, walk.seen, walk.done) == (end, seen, stages()[0], 0, [])
    assert (walk.ended_seconds, walk.ended_rounds) == (walk.ended_rounds - 1, walk.ended_rounds)
    assert not AuditFinding.objects.exists()


def test_a_finding_names_the_place_and_holds_no_value(
    world: World, li_actor: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    rename(place, "改过的名字")
    with caplog.at_level(logging.WARNING, logger="anlan.audit"):
        walk_once()
    finding = AuditFinding.objects.get()
    assert (finding.fault, finding.register, finding.number, finding.column) == (
        "flow.A001", "key_place", "KP-2025-0001", "name",
    )  # fmt: skip
    assert not any("改过的名字" in str(value) for value in vars(finding).values())
    assert f"Drift flow.A001: key_place KP-2025-0001 ({place.uid}), name." in caplog.text
    assert "改过的名字" not in caplog.text
    with as_system("test"):
        assert KeyPlace.objects.get(pk=place.pk).name == "改过的名字"


def test_a_finding_is_met_once_and_kept_when_it_is_gone(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    rename(place, "改过的名字")
    end = walk_once(walk_once() + dt.timedelta(seconds=1))
    assert AuditFinding.objects.get().gone_at is None
    rename(place, "药房")
    end = walk_once(end + dt.timedelta(seconds=1))
    assert AuditFinding.objects.get().gone_at == end
    rename(place, "改过的名字")
    walk_once(end + dt.timedelta(seconds=1))
    assert AuditFinding.objects.get().gone_at is None


def test_two_workers_store_a_chunk_once(world: World, li_actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    list_place(world.hospital_a, by=li_actor)
    audit_chunk(now=NOW)
    stale = AuditWalk.objects.get()
    audit_chunk(now=NOW)
    moved = AuditWalk.objects.get()
    monkeypatch.setattr(AuditWalk.objects, "get_or_create", lambda **_: (stale, False))
    assert audit_chunk(now=NOW) == 0
    assert AuditWalk.objects.get().turn == moved.turn


def test_a_stage_that_a_new_version_brings_enters_the_turn_under_way(world: World, li_actor: Actor) -> None:
    list_place(world.hospital_a, by=li_actor)
    audit_chunk(now=NOW)
    AuditWalk.objects.update(stage="times", done=[name for name in stages() if name not in ("times", "entries")])
    audit_chunk(now=NOW)  # the times; the entries come after, although they stand before them
    assert AuditWalk.objects.get().stage == "entries"


def test_a_kill_in_the_middle_of_a_chunk_costs_that_chunk_alone(
    world: World, li_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename(list_place(world.hospital_a, by=li_actor), "改过的名字")

    def killed(*_args: object, **_more: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(audit, "store_finding", killed)
        AuditWalk.objects.create(name="rows", stage="key_place", started_at=NOW)
        with pytest.raises(KeyboardInterrupt):
            audit_chunk(now=NOW)
    assert AuditWalk.objects.values_list("stage", "turn", "done").get() == ("key_place", 0, [])
    audit_chunk(now=NOW)
    assert AuditFinding.objects.get().column == "name"
    assert AuditWalk.objects.values_list("turn", "done").get() == (1, ["key_place"])


def test_a_room_above_adds_a_stage(world: World) -> None:
    drift = Drift(fault=Fault.SEAL, register="score", record_uid=None, institution_id=None, number="A 2025")

    def look(*, after: object = None, limit: int = 0) -> Chunk:
        return Chunk(drifts=(drift,), last=None, seen=1)

    AuditWalk.objects.create(name="rows", stage="seals", started_at=NOW)
    audit_chunk(now=NOW, beside={"seals": look})
    assert AuditFinding.objects.values_list("fault", "number").get() == ("flow.A090", "A 2025")


def test_the_walk_meets_what_was_changed_in_entries_tree_and_checkpoints(world: World, li_actor: Actor) -> None:
    for number in range(6):
        list_place(world.hospital_a, by=li_actor, name=f"药房{number}")
    Sequencer().run()
    sign_newest_head()
    with as_system("test"):
        LookBack.objects.create(size=6)
    [head] = TreeHead.objects.all()
    TreeHead.objects.update(checkpoint=head.checkpoint.replace("\n6\n", "\n7\n"))
    first = Entry.objects.order_by("pk").first()
    Entry.objects.filter(pk=first.pk).update(leaf=b"\x01" * 32)
    walk_once()
    found = sorted(AuditFinding.objects.values_list("fault", "register", "number", "column"))
    assert found == [
        ("flow.A088", "key_place", "", f"entry {first.pk}"),
        ("flow.A088", "ledger", "position 0", ""),
        ("flow.A089", "ledger", "tree head 6", ""),
    ]


def test_a_round_grows_with_the_amount_and_stays_bounded() -> None:
    assert rows_per_round(AuditWalk(ended_seen=200_000)) == 500
    assert rows_per_round(AuditWalk(ended_seen=20_000_000)) == 1157  # a turn in a day
    assert rows_per_round(AuditWalk(ended_seen=10**9)) == 4000


def test_a_finding_that_a_later_look_heals_is_closed_with_when_and_why(
    world: World, li: Person, li_actor: Actor, client_as: object
) -> None:
    report_hazard(world.hospital_a, by=li_actor)
    Sequencer().run()
    look_back(now=timezone.now() + dt.timedelta(minutes=2))
    with as_system("somebody with SQL"):
        Hazard.objects.update(is_batch_entry=True)
    walk_once()
    assert AuditFinding.objects.get(gone_at=None).column == "is_batch_entry"
    with as_system("the worker"):
        look_at_all()
    LookBack.objects.update(at=timezone.now())
    later = timezone.now()
    audit_chunk(now=later)
    finding = AuditFinding.objects.get()
    assert (finding.gone_at, finding.gone_by) == (later, "look")
    page = _page(client_as, li, "A")
    assert "再次比对后一致" in page
    assert "HZ-2025-0001" in page


def test_a_round_does_its_work_only_every_few_seconds(world: World) -> None:
    [work] = audit_rounds(every_seconds=3600)
    work()
    work()
    assert AuditWalk.objects.get().turn == 1


def test_the_page_shows_both_sides_to_the_office(world: World, li: Person, li_actor: Actor, client_as: object) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    rename(place, "改过的名字")
    walk_once()
    page = _page(client_as, li, "A")
    assert "改过的名字" in page
    assert "药房" in page
    assert f"/at/A/2025/registers/key_place/{place.uid}/" in page


def test_the_page_says_choices_and_departments_in_words(
    world: World, li: Person, li_actor: Actor, client_as: object
) -> None:
    place = list_place(world.hospital_a, by=li_actor, kind="pharmacy")
    with connection.cursor() as cursor:
        values = ["cashier", world.medicine_a.pk, place.pk]
        cursor.execute("UPDATE anlan_cn_key_place SET kind = %s, department_id = %s WHERE id = %s", values)
    walk_once()
    cells = re.findall(r'data-label="(?:台账行的内容|留痕的内容)"><div>([^<]*)</div>', _page(client_as, li, "A"))
    assert sorted(cells) == sorted(["收费处", "药房", "内科", "—"])


def test_the_page_shows_an_auditor_the_findings_below(
    world: World, shen: Person, li_actor: Actor, client_as: object
) -> None:
    rename(list_place(world.hospital_a, by=li_actor), "改过的名字")
    walk_once()
    assert "KP-2025-0001" in _page(client_as, shen, "P11")


def _page(client_as: object, person: Person, code: str) -> str:
    client: Client = client_as(person)  # type: ignore[operator]
    answer = client.get(f"/at/{code}/2025/audit/")
    assert answer.status_code == 200
    return answer.content.decode()
