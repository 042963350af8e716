"""The last line: with the ORM bypassed, raw SQL by an ordinary database role sees what the policy lets the actor see."""

import dataclasses
import datetime as dt
import time

import pytest
from django.db import NotSupportedError, ProgrammingError, connection, transaction
from django.db.utils import DatabaseError

from anlan.flow import rowsecurity
from anlan.flow.parties import NamedParty
from anlan.flow.perform import perform
from anlan.flow.spec import all_registers
from anlan.org.marks import reach_field
from anlan.org.models import Institution, Party, Unit
from anlan.org.scope import acting, as_system
from anlan_cn.models import Dispute
from config.soundness import _database_role
from tests.conftest import actor_of
from tests.looking import as_it_is
from tests.records import list_place, report_hazard
from tests.world import employ

pytestmark = [pytest.mark.database]


@pytest.fixture
def held(world, li_actor, zhao_actor, qian_actor):
    """Records in A and B. All tests run as a role that is held: neither superuser nor BYPASSRLS, and the owner of the tables."""
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    list_place(world.hospital_a, by=li_actor, name="A的药房")
    list_place(world.hospital_b, by=zhao_actor, name="B的药房")
    report_hazard(world.hospital_a, by=qian_actor, department=world.emergency_a)
    for actor, institution in ((li_actor, world.hospital_a), (zhao_actor, world.hospital_b)):
        accept(institution, by=actor)
    return world


@pytest.fixture(autouse=True)
def nobody_looks():
    """Here a test that acts as nobody is nobody."""
    with as_it_is():
        yield


def accept(institution, *, by, **data) -> Dispute:
    values = {"occurred_on": dt.date(2025, 3, 3), "severity": "general", "complainant": "张三丰"} | data
    with acting(by):
        record = Dispute(institution=institution)
        perform(record, "accept", by=by, at=dt.datetime(2025, 3, 4, 4, 0, tzinfo=dt.UTC), values=values)
    return record


def count(table: str, where: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")
        return cursor.fetchone()[0]


def institutions_in(table: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT institution_id FROM {table} ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def test_every_register_evidence_and_entries_have_a_forced_policy(db):
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    wanted = {spec.model._meta.db_table for spec in all_registers()} | {"flow_evidence", "ledger_entry"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = 'anlan_scope'")
        assert {row[0] for row in cursor.fetchall()} == wanted
    assert wanted <= forced


@pytest.mark.parametrize("table", ["anlan_cn_key_place", "anlan_cn_dispute", "ledger_entry"])
def test_raw_sql_as_somebody_of_a_sees_nothing_of_b(held, li_actor, zhao_actor, table):
    for actor, own in ((li_actor, held.hospital_a), (zhao_actor, held.hospital_b)):
        with acting(actor):
            assert institutions_in(table) == [own.pk]
    with as_system("test"):
        assert institutions_in(table) == [held.hospital_a.pk, held.hospital_b.pk]


@pytest.mark.parametrize("table", ["anlan_cn_key_place", "anlan_cn_dispute", "ledger_entry", "flow_evidence"])
def test_with_nobody_acting_no_row_is_seen(held, table):
    assert count(table) == 0


def test_a_department_sees_its_rows_and_a_low_clearance_no_sensitive_register(held, qian_actor, zhou_actor, shen_actor):
    with acting(qian_actor):
        assert (count("anlan_cn_hazard"), count("anlan_cn_key_place"), count("anlan_cn_dispute")) == (1, 0, 0)
    with acting(zhou_actor):
        assert count("anlan_cn_hazard") == 0
    with acting(shen_actor):
        assert (count("anlan_cn_key_place"), count("anlan_cn_dispute")) == (2, 0)
        assert count("ledger_entry", "register = 'dispute'") == 0


def test_an_officer_sees_no_row_of_a_register(held, guan_actor):
    with acting(guan_actor):
        assert sum(count(spec.model._meta.db_table) for spec in all_registers()) == 0


def test_a_party_sees_its_case_and_no_other(held, world, zhou):
    with as_system("test"):
        uid = Dispute.objects.get(institution=world.hospital_a).uid
    Party.objects.create(
        record_uid=uid,
        register="dispute",
        institution_id=world.hospital_a.pk,
        person=zhou,
        capacity="handler",
        starts_on=dt.date(2025, 1, 1),
    )
    with acting(actor_of(zhou)):
        assert count("anlan_cn_dispute") == 1
        assert count("anlan_cn_key_place") == 0


def test_nobody_writes_into_another_institution(held, li_actor):
    with acting(li_actor):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE anlan_cn_key_place SET name = 'x' WHERE institution_id = %s", [held.hospital_b.pk])
            assert cursor.rowcount == 0
            cursor.execute("DELETE FROM anlan_cn_key_place WHERE institution_id = %s", [held.hospital_b.pk])
            assert cursor.rowcount == 0
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "UPDATE anlan_cn_key_place SET institution_id = %s WHERE institution_id = %s",
                [held.hospital_b.pk, held.hospital_a.pk],
            )


def test_work_goes_on_for_a_held_role(held, world, li_actor, chen_actor):
    """Open, hand over, and read back through `perform`: the policies stand in nobody's way who is allowed."""
    record = accept(world.hospital_a, by=li_actor, concerns_leaders=True)
    with acting(chen_actor):
        assert Dispute.objects.filter(uid=record.uid).exists()


def test_a_rolled_back_change_of_actor_is_told_again(held, li_actor, zhao_actor):
    """A setting that was told within a transaction goes with it; the connection must not believe otherwise."""
    with as_system("test"):
        assert count("anlan_cn_key_place") == 2
        with pytest.raises(DatabaseError), transaction.atomic(), acting(li_actor), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    with acting(li_actor):
        assert institutions_in("anlan_cn_key_place") == [held.hospital_a.pk]
    with acting(zhao_actor):
        assert institutions_in("anlan_cn_key_place") == [held.hospital_b.pk]
    assert count("anlan_cn_key_place") == 0


def test_what_was_told_after_a_savepoint_goes_with_it_however_it_is_rolled_back(held, li_actor):
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        with as_system("test"):
            assert count("anlan_cn_key_place") == 2
        with acting(li_actor):
            cursor.execute("ROLLBACK TO SAVEPOINT before")
            assert institutions_in("anlan_cn_key_place") == [held.hospital_a.pk]


def told():
    return connection.connection.teller.told


def test_within_a_transaction_the_actor_is_told_once_and_not_with_each_statement(held, li_actor):
    with acting(li_actor), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM anlan_cn_key_place")
        first = told()
    with acting(li_actor):
        for _round in range(5):
            count("anlan_cn_key_place")
            assert told() is first


def test_one_cursor_asks_for_whoever_acts_when_it_asks(held, li_actor, zhao_actor):
    with connection.cursor() as cursor:
        for actor, own in ((li_actor, held.hospital_a), (zhao_actor, held.hospital_b), (li_actor, held.hospital_a)):
            with acting(actor):
                cursor.execute("SELECT DISTINCT institution_id FROM anlan_cn_key_place")
                assert cursor.fetchall() == [(own.pk,)]


def test_policies_read_no_table_and_call_no_function_of_a_schema(db):
    """pg_dump empties the search path, and what a policy reads is read once more for each statement."""
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT refclassid::regclass::text, refobjid <> polrelid FROM pg_depend "
            "JOIN pg_policy ON classid = 'pg_policy'::regclass AND objid = pg_policy.oid"
        )
        assert cursor.fetchall() == [("pg_class", False)]
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'anlan%'")
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_left_in_the_session(held, li_actor, zhao_actor):
    """The session may be somebody else's with the next statement: it holds no mark, and a mark left in it judges nobody."""
    with acting(li_actor):
        assert institutions_in("anlan_cn_key_place") == [held.hospital_a.pk]
    raw = connection.connection.pgconn
    assert raw.exec_(b"SELECT current_setting('anlan.actor', true)").get_value(0, 0) == b""
    raw.exec_(b"SET anlan.actor = 'system'")
    try:
        with acting(zhao_actor):
            assert institutions_in("anlan_cn_key_place") == [held.hospital_b.pk]
            with transaction.atomic():
                assert institutions_in("anlan_cn_key_place") == [held.hospital_b.pk]
        assert count("anlan_cn_key_place") == 0
    finally:
        raw.exec_(b"RESET anlan.actor")


@pytest.mark.django_db(transaction=True)
def test_many_statements_at_once_after_a_transaction_are_told_again(held, li_actor, zhao_actor):
    """The driver begins their transaction past the connection, which must not believe what it told in the one before."""
    change = "UPDATE anlan_cn_key_place SET name = name WHERE institution_id = %s"
    raw_marks = []
    for actor, own in ((li_actor, held.hospital_a), (zhao_actor, held.hospital_b)):
        with acting(actor):
            with transaction.atomic():
                assert institutions_in("anlan_cn_key_place") == [own.pk]
            with connection.cursor() as cursor:
                cursor.executemany(change, [(held.hospital_a.pk,), (held.hospital_b.pk,)])
                raw_marks.append(cursor.rowcount)
    assert raw_marks == [1, 1]
    with as_system("test"), transaction.atomic():
        assert count("anlan_cn_key_place") == 2
    with connection.cursor() as cursor:  # nobody again: no row, whatever the transaction before was told
        cursor.executemany(change, [(held.hospital_a.pk,)])
        assert cursor.rowcount == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE anlan_cn_key_place DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE anlan_cn_key_place NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY anlan_scope ON anlan_cn_key_place",
        "ALTER POLICY anlan_scope ON anlan_cn_key_place USING (true)",
        "ALTER POLICY anlan_scope ON anlan_cn_key_place WITH CHECK (true)",
        "ALTER POLICY anlan_scope ON anlan_cn_key_place TO CURRENT_USER",
        "CREATE POLICY more ON anlan_cn_key_place FOR SELECT USING (true)",
        "COMMENT ON POLICY anlan_scope ON anlan_cn_key_place IS 'of a release before'",
    ],
)
def test_a_policy_that_is_not_the_releases_is_named_and_put_back_by_a_start(db, change):
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    assert rowsecurity.not_as_declared() == ()
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert rowsecurity.not_as_declared() == ("anlan_cn_key_place",)
    [finding] = _database_role()
    assert finding["place"] == "table anlan_cn_key_place"
    rowsecurity.secure_again()
    others = [] if "more" not in change else ["anlan_cn_key_place"]  # what somebody added stays for a person to look at
    assert list(rowsecurity.not_as_declared()) == others


@pytest.mark.django_db(transaction=True)
def test_a_long_result_outside_a_transaction_is_read_by_whoever_acts(held, li_actor):
    from anlan_cn.models import KeyPlace

    with acting(li_actor):
        rows = KeyPlace.objects.order_by("pk").iterator(chunk_size=1)
        assert [row.institution_id for row in rows] == [held.hospital_a.pk]
        with connection.cursor() as cursor, pytest.raises(NotSupportedError, match="COPY needs a transaction"):
            cursor.copy("COPY anlan_cn_key_place TO STDOUT")
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    for _round in range(300):  # the server's process ends a moment after its connection
        if not count("pg_stat_activity", others):
            break
        time.sleep(0.1)
    assert count("pg_stat_activity", others) == 0


@pytest.mark.usefixtures("held")
def test_a_reviewer_reaches_what_lies_below_and_a_new_institution_with_the_next_request(world, chen):
    """The ids below a unit are told as runs; an institution of another district that lies between two of them is left out."""
    unit = Unit.objects.add_child(
        world.district_1, {"code": "LATE", "name": "东城区口腔医院", "kind": Unit.Kind.INSTITUTION}
    )
    late = Institution.objects.create(unit=unit, code="LATE", class_level=1, kind="specialist", beds=10, staff=20)
    actor = actor_of(chen)
    with acting(actor):
        assert institutions_in("anlan_cn_key_place") == [world.hospital_a.pk, world.hospital_b.pk]
        reached = told().split(";")[reach_field("s", 0) - 1]
    assert reached == f"{{[{world.hospital_a.pk},{world.hospital_b.pk}],[{late.pk},{late.pk}]}}"
    assert world.hospital_b.pk < world.hospital_c.pk < late.pk


@pytest.mark.usefixtures("held")
def test_the_head_of_the_whole_tree_reaches_everything_without_a_list(world):
    with acting(actor_of(employ("gao", "高峰", "reviewer", world.province))):
        assert institutions_in("anlan_cn_key_place") == [world.hospital_a.pk, world.hospital_b.pk]
        assert told().split(";")[reach_field("s", 0) - 1] == "{(,)}"


def test_who_becomes_a_party_in_a_request_reads_the_case_in_it(held, world, li_actor, zhou):
    """The step that lets somebody in looks every actor up again."""
    with as_system("test"):
        record = Dispute.objects.get(institution=world.hospital_a)
    actor = dataclasses.replace(actor_of(zhou), case_registers=frozenset({"dispute"}))
    with acting(actor):
        assert count("anlan_cn_dispute") == 0
    with acting(li_actor):
        handler = NamedParty(capacity="handler", person=zhou)
        perform(record, "involve", by=li_actor, parties=[handler], reason="handles it")
    with acting(actor):
        assert count("anlan_cn_dispute") == 1
