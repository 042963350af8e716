"""Rows and evidence that were changed by SQL are found and named; what `perform` wrote is never called drift."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from anlan.assessment.models import Judgement
from anlan.flow.drift import all_drift, drift_of_rows
from anlan.flow.drift_words import drift_words
from anlan.flow.drifts import Drift, Fault
from anlan.flow.evidence import path_of, store
from anlan.flow.models import Evidence
from anlan.flow.perform import perform
from anlan.flow.spec import spec_of
from anlan.ledger.append import append
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.erase import destroy_content
from anlan.ledger.models import Entry
from anlan.org.scope import Actor, acting, as_system
from anlan.vault.ring import ring
from anlan_cn.models import Dispute, Hazard, KeyPlace
from tests.papers import pdf
from tests.records import list_place, report_hazard
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]

PDF = pdf("a checklist")


@pytest.fixture(autouse=True)
def system(world: World) -> Iterator[None]:
    with as_system("test"):
        yield


def found() -> list[tuple[str, str, str]]:
    return [(drift.fault.value, drift.register, drift.column) for drift in all_drift()]


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1


def the_only_one() -> Drift:
    [drift] = all_drift()
    return drift


def test_what_perform_wrote_agrees_with_its_entries(world: World, li_actor: Actor, chen_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor, is_crowded=True)
    with acting(li_actor):
        perform(place, "correct", by=li_actor, reason="改名", name="住院药房")
        perform(place, "attach", by=li_actor, evidence=[store("a.pdf", [PDF])])
    judgement = Judgement(institution=world.hospital_a)
    data = {"rubric": "qidong-2018", "rule": "A1-k4", "year": 2025, "verdict": "set", "reason": "看过台账"}
    with acting(chen_actor):
        perform(judgement, "judge", by=chen_actor, occurred_on=dt.date(2025, 3, 1), values=data)
        perform(judgement, "withdraw", by=chen_actor, reason="另行判定")
    assert found() == []


def test_the_reasons_of_a_judgement_and_of_its_withdrawal_are_kept_apart(world: World, chen_actor: Actor) -> None:
    judgement = Judgement(institution=world.hospital_a)
    data = {"rubric": "qidong-2018", "rule": "A1-k4", "year": 2025, "verdict": "set", "reason": "看过台账"}
    with acting(chen_actor):
        perform(judgement, "judge", by=chen_actor, occurred_on=dt.date(2025, 3, 1), values=data)
        perform(judgement, "withdraw", by=chen_actor, reason="另行判定")
    second = Entry.objects.get(record_uid=judgement.uid, version=2)
    assert '"step_reason":"另行判定"' in (second.content or "")


def test_a_changed_column_is_named_with_both_sides(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    sql("UPDATE anlan_cn_key_place SET name = %s WHERE id = %s", "收费处", place.pk)
    drift = the_only_one()
    assert (drift.register, drift.number, drift.column) == ("key_place", "KP-2025-0001", "name")
    assert (drift.row_says, drift.entries_say) == ("收费处", "药房")
    assert drift_words(drift) == '[flow.A001] name: the row says "收费处", the entries say "药房"'


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("occurred_on", "2025-01-07"),
        ("state", "ended"),
        ("is_counted", False),
        ("version", 2),
        ("number", "KP-2025-0009"),
        ("recorded_at", "2025-03-10 04:00:01"),
        ("recorded_by_id", None),
        ("department_id", 1),
        ("extra", '{"a": 1}'),
        ("is_crowded", True),
    ],
)
def test_every_kind_of_column_is_compared(world: World, li_actor: Actor, column: str, value: Any) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    value = world.emergency_a.pk if column == "department_id" else value
    sql(f"UPDATE anlan_cn_key_place SET {column} = %s WHERE id = %s", value, place.pk)
    named = found()
    assert named[:1] == [("flow.A001", "key_place", column)]
    follows = [("flow.A011", "key_place", name) for name in ("recorded_on", "late_days", "is_late", "is_night_entry")]
    assert set(named[1:]) <= set(
        follows if column in ("occurred_on", "recorded_at") else ()
    )  # times that followed from it


def test_a_record_moved_to_another_institution_is_named(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    sql("UPDATE anlan_cn_key_place SET institution_id = %s WHERE id = %s", world.hospital_b.pk, place.pk)
    assert found() == [("flow.A001", "key_place", "institution_id")]


def test_a_row_slipped_in_and_a_row_taken_away_are_named(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    hazard = report_hazard(world.hospital_a, by=li_actor)
    KeyPlace(
        institution=world.hospital_a, number="KP-2025-0002", state="listed", occurred_on=dt.date(2025, 1, 6),
        recorded_at=place.recorded_at, kind="pharmacy", name="假", location="假", version=1,
    ).save()  # fmt: skip
    Hazard.objects.filter(pk=hazard.pk).delete()
    assert found() == [("flow.A003", "hazard", ""), ("flow.A002", "key_place", "")] or found() == [
        ("flow.A002", "key_place", ""),
        ("flow.A003", "hazard", ""),
    ]


def test_an_entry_that_is_gone_is_named_by_its_version(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(place, "correct", by=li_actor, reason="改名", name="住院药房")
        perform(place, "correct", by=li_actor, reason="改名", name="门诊药房")
    Entry.objects.filter(record_uid=place.uid, version=2).delete()
    drift = the_only_one()
    assert (drift.fault, drift.entries_say) == (Fault.ENTRY_GONE, 2)


def test_a_row_that_was_erased_with_its_contents_is_no_drift(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    destroy_content(place.uid)
    erased = Fact(
        uid=uuid.uuid4(), institution_code="A", register="key_place", record_uid=place.uid, version=2, step="erase",
        actor_id=None, occurred_on=dt.date(2026, 1, 5), recorded_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        origin=Origin(kind="screen"), content={},
    )  # fmt: skip
    append(world.hospital_a.pk, erased)
    KeyPlace.objects.filter(pk=place.pk).delete()
    assert found() == []


def test_a_content_that_somebody_nulled_is_named_with_its_row_and_without(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    sql("UPDATE ledger_entry SET content = NULL, salt = NULL WHERE record_uid = %s", uid_of(place))
    drift = the_only_one()
    assert (drift.fault, drift.number, drift.entries_say) == (Fault.ENTRY_GONE, "KP-2025-0001", 1)
    assert drift_words(drift) == (
        "[flow.A004] the entry of version 1 is gone, or its content is without a lawful erasure"
    )
    KeyPlace.objects.filter(pk=place.pk).delete()
    assert found() == [("flow.A003", "key_place", "")]


def uid_of(place: KeyPlace) -> Any:
    return place.uid if connection.features.has_native_uuid_field else place.uid.hex


def test_the_hash_of_the_upload_is_compared_too(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(place, "attach", by=li_actor, evidence=[store("a.pdf", [PDF])])
    sql("UPDATE flow_evidence SET original_sha256 = %s", "0" * 64)
    assert found() == [("flow.A005", "key_place", "evidence of version 2")]


def test_evidence_is_compared_with_the_entry_that_brought_it(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(place, "attach", by=li_actor, evidence=[store("a.pdf", [PDF])])
    row = Evidence.objects.get()
    Evidence.objects.update(name="b.pdf")
    drift = the_only_one()
    assert (drift.fault, drift.column) == (Fault.EVIDENCE, "evidence of version 2")
    assert (drift.row_says[0][1], drift.entries_say[0][1]) == ("b.pdf", "a.pdf")
    Evidence.objects.update(name="a.pdf", step="report")
    assert found() == [("flow.A005", "key_place", f"evidence {row.pk} step")]
    row.delete()
    assert found() == [("flow.A005", "key_place", "evidence of version 2")]


def test_a_changed_and_a_missing_file_are_named_by_their_hash(world: World, li_actor: Actor) -> None:
    place = list_place(world.hospital_a, by=li_actor)
    file = store("a.pdf", [pdf("that is changed later")])
    with acting(li_actor):
        perform(place, "attach", by=li_actor, evidence=[file])
    other = store("b.pdf", [pdf("other")])
    whole = path_of(file.sha256).read_bytes()
    for spoilt in (pdf("other"), whole[:-1], path_of(other.sha256).read_bytes(), b""):
        path_of(file.sha256).write_bytes(spoilt)
        assert found() == [("flow.A007", "key_place", f"file {file.sha256[:16]}")]
    path_of(file.sha256).write_bytes(whole)
    assert found() == []
    path_of(file.sha256).write_bytes(whole.replace(ring().current().id.encode(), b"aes-00000000"))
    assert found() == [("flow.A010", "key_place", f"file {file.sha256[:16]}")]
    path_of(file.sha256).write_bytes(pdf("other"))
    assert found() == [("flow.A007", "key_place", f"file {file.sha256[:16]}")]
    path_of(file.sha256).unlink()
    assert found() == [("flow.A006", "key_place", f"file {file.sha256[:16]}")]


def test_the_values_of_a_delicate_column_are_not_printed(world: World, li_actor: Actor) -> None:
    drift = Drift(
        fault=Fault.COLUMN, register="dispute", record_uid=None, institution_id=1, number="DS-2025-0001",
        column="summary", row_says="秘密甲", entries_say="秘密乙",
    )  # fmt: skip
    assert "秘密" not in drift_words(drift)
    assert spec_of(Dispute).field_sensitivity["summary"] == "sealed"


def test_a_chunk_costs_four_queries_however_many_rows(
    world: World, li_actor: Actor, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        list_place(world.hospital_a, by=li_actor, name=f"药房{number}")
    with django_assert_max_num_queries(4):
        chunk = drift_of_rows(spec_of(KeyPlace), limit=10)
    assert (chunk.seen, chunk.drifts, chunk.last is not None) == (10, (), True)
    assert drift_of_rows(spec_of(KeyPlace), after=chunk.last, limit=10).seen == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no value of another type")
def test_a_value_that_cannot_be_read_is_named_and_hides_nothing_else(world: World, li_actor: Actor) -> None:
    first, second = list_place(world.hospital_a, by=li_actor), list_place(world.hospital_a, by=li_actor, name="乙")
    sql("UPDATE anlan_cn_key_place SET uid = %s WHERE id = %s", "no uid at all", first.pk)
    sql("UPDATE anlan_cn_key_place SET name = %s WHERE id = %s", "丙", second.pk)
    faults = [drift.fault for drift in all_drift()]
    assert faults == [Fault.UNREADABLE, Fault.COLUMN, Fault.NO_ROW]
