"""Values in another spelling than ours: they read the same, and a query finds or counts them otherwise. Somebody wrote them by SQL."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from anlan.flow.audit import audit_chunk, walk_of_audit
from anlan.flow.drift import all_drift
from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.drift_since import drift_since
from anlan.flow.drift_words import drift_words
from anlan.flow.drifts import Fault
from anlan.flow.evidence import store
from anlan.flow.models import AuditFinding
from anlan.flow.perform import perform
from anlan.flow.proof import prove_record
from anlan.ledger.sequencer import Sequencer
from anlan.org.baseline import ensure_baseline
from anlan.org.models import Post
from anlan.org.posts import actor_for
from anlan.org.scope import acting, as_system
from anlan_cn.models import KeyPlace
from config.soundness import all_findings
from tests.papers import pdf
from tests.records import list_place, report_hazard
from tests.unit.flow.test_parties import accept, let_in

pytestmark = [pytest.mark.database, pytest.mark.django_db]
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no value in another spelling")


@pytest.fixture
def filed(world, li_actor, wang, chen):
    """A place with a file, a hazard, a case with a party; an ended post of Wang's; told to the ledger once."""
    ended = Post.objects.get(person=wang)
    Post.objects.filter(pk=ended.pk).update(ends_on=dt.date(2025, 6, 1))
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    place = list_place(world.hospital_a, by=li_actor)
    report_hazard(world.hospital_a, by=li_actor)
    with acting(li_actor):
        perform(place, "attach", by=li_actor, evidence=[store("a.pdf", [pdf("a")])])
    let_in(
        accept(world.hospital_a, by=li_actor, summary="一段足够长的经过，说明事情怎样发生"),
        by=li_actor,
        capacity="handler",
        person=wang,
    )
    return world


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount >= 1


def found(look=all_drift):
    with as_system("test"):
        return sorted({(drift.fault.value, drift.register, drift.column) for drift in look()})


OTHERWISE = {
    "a post that ended goes on": ("UPDATE org_post SET ends_on = '２０２５-06-01' WHERE ends_on IS NOT NULL", ("org.post", "ends_on")),
    "a post without an end has ended": ("UPDATE org_post SET ends_on = '2020-x' WHERE ends_on IS NULL", ("org.post", "ends_on")),
    "an account is switched on": ("UPDATE org_person SET is_active = 2 WHERE username = 'chen'", ("org.person", "is_active")),
    "a unit is closed and counts as open": ("UPDATE org_unit SET is_active = 'no' WHERE code = 'A-ER'", ("org.unit", "is_active")),
    "a record leaves its year": ("UPDATE anlan_cn_key_place SET occurred_on = '20250106'", ("key_place", "occurred_on")),
    "a week for a day": ("UPDATE anlan_cn_key_place SET occurred_on = '2025-W02-1'", ("key_place", "occurred_on")),
    "a day that is none where none was": ("UPDATE anlan_cn_hazard SET rectified_on = 'yes'", ("hazard", "rectified_on")),
    "a flag of two": ("UPDATE anlan_cn_key_place SET is_crowded = 2", ("key_place", "is_crowded")),
    "a moment in another form": ("UPDATE anlan_cn_key_place SET recorded_at = replace(recorded_at, ' ', 'T')", ("key_place", "recorded_at")),
    "a party's first day": ("UPDATE org_party SET starts_on = replace(starts_on, '-', '')", ("org.party", "starts_on")),
    "the moment of a file": ("UPDATE flow_evidence SET at = replace(at, ' ', 'T')", ("flow.evidence", "at")),
    "the moment of an entry": ("UPDATE ledger_entry SET recorded_at = replace(recorded_at, ' ', 'T') WHERE id = 1", ("ledger.entry", "recorded_at")),
}  # fmt: skip


def test_what_anlan_writes_is_spelt_as_it_should_be(filed):
    with as_system("test"):
        Sequencer().run()
    assert found() == []


@sqlite_only
@pytest.mark.parametrize("name", OTHERWISE)
def test_a_value_that_reads_the_same_and_is_stored_otherwise_is_named(filed, name):
    statement, (register, column) = OTHERWISE[name]
    if "id = 1" in statement:
        statement = "UPDATE ledger_entry SET recorded_at = replace(recorded_at, ' ', 'T')"
    sql(statement)
    named = found()
    assert ("flow.A008", register, column) in named, named
    if register not in ("key_place", "hazard"):
        assert ("flow.A008", register, column) in found(
            lambda: drift_since(10**6)
        )  # what is no register is looked at whole


@sqlite_only
def test_a_post_that_ended_came_to_life_again_and_the_check_says_so(filed, wang):
    """The reach of the hole: rights by a text that reads as the day on which they ended."""
    with as_system("test"):
        assert actor_for(wang, today=timezone.localdate()).grants == ()
    sql("UPDATE org_post SET ends_on = '２０２５-06-01' WHERE ends_on IS NOT NULL")
    with as_system("test"):
        assert [grant.role.code for grant in actor_for(wang, today=timezone.localdate()).grants] == ["director"]
        [drift] = all_drift()
    assert drift_words(drift).startswith("[flow.A008] ends_on: it is stored in another spelling than ours")


@sqlite_only
def test_a_record_stored_otherwise_is_not_proven(filed):
    with as_system("test"):
        Sequencer().run()
        place = KeyPlace.objects.get()
        sql("UPDATE anlan_cn_key_place SET occurred_on = '20250106'")
        row = next(step for step in prove_record(place.uid).steps if step.name == "row")
    assert (str(row.outcome), row.said) == ("fails", "occurred_on is stored in another spelling than ours")


@sqlite_only
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE org_party SET starts_on = '2025-13-45'",
        "UPDATE flow_evidence SET at = '2025-13-45 00:00:00'",
        "UPDATE flow_evidence SET record_uid = 'x'",
        "UPDATE ledger_entry SET uid = 'x' WHERE id = (SELECT min(id) FROM ledger_entry)",
        "UPDATE ledger_entry SET recorded_at = 'x' WHERE id = (SELECT min(id) FROM ledger_entry)",
        "UPDATE ledger_entry SET content = '{\"parties\":[1]}', salt = x'' WHERE register = 'dispute'",
        "UPDATE ledger_entry SET content = '{\"evidence\":5}', salt = x'' WHERE register = 'key_place'",
        "UPDATE ledger_entry SET header = '[]' WHERE register = 'dispute'",
        "UPDATE org_person SET name = CAST(x'ff' AS TEXT) WHERE username = 'chen'",
        "UPDATE anlan_cn_hazard SET description = CAST(x'ff' AS TEXT)",
        "UPDATE anlan_cn_dispute SET summary = 'plain text where ciphertext should be'",
        "UPDATE anlan_cn_dispute SET summary = 'e1:aes-00000000:AAAA:AAAA'",
        "UPDATE anlan_cn_dispute SET complainant = 'e1:no key:AAAA:AAAA'",
        "UPDATE ledger_entry SET content = 'e1:aes-00000000:AAAA:AAAA' WHERE register = 'dispute'",
        "UPDATE ledger_entry SET content = 'e1:aes-00000000:AAAA:AAAA' WHERE register = 'org.person'",
        "UPDATE org_factor SET data = 'x'",
        "UPDATE org_digestkey SET key = 'x'",
        "UPDATE flow_batch SET at = 'x'",
        "UPDATE org_post SET starts_on = '2025-13-45' WHERE ends_on IS NULL",
    ],
)
def test_what_cannot_be_read_is_a_finding_and_hides_no_other(filed, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    sql("UPDATE org_institution SET staff = 609 WHERE code = 'A'")
    sql("UPDATE anlan_cn_key_place SET name = '别的'")
    places = [f"{one['place']}: {one['fault']}" for one in all_findings()]
    assert any(line.startswith("org.unit A") and "staff" in line for line in places), places
    assert any("name: the row" in line for line in places), places
    if not {"flow_batch", "org_factor"} & {*statement.split()}:  # there is no such row
        assert any("org.unit A" not in line and "name: the row" not in line for line in places), places
    start = timezone.now()
    for number in range(300):
        audit_chunk(now=start + dt.timedelta(seconds=number))
        if (walk := walk_of_audit()) is not None and walk.ended_at is not None:
            break
    assert {"staff", "name"} <= set(AuditFinding.objects.values_list("column", flat=True))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no day behind all days")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE org_post SET ends_on = 'infinity' WHERE role = 'reviewer'",
        "UPDATE anlan_cn_hazard SET occurred_on = 'infinity'",
        "UPDATE org_party SET ends_on = 'infinity'",
        "UPDATE flow_evidence SET at = 'infinity'",
    ],
)
def test_a_day_beyond_all_days_is_a_finding_and_hides_no_other(filed, statement):
    sql(statement)
    sql("UPDATE org_institution SET staff = 609 WHERE code = 'A'")
    with as_system("test"):
        named = {(drift.fault, drift.column) for drift in all_drift()}
    assert (Fault.COLUMN, "staff") in named
    assert any(fault is Fault.UNREADABLE for fault, _column in named), named
