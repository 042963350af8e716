"""Row-level security on PostgreSQL: the last line, below the ORM. Every register, evidence and the ledger's entries have a policy.

The policies say the rule of `anlan.org.policy` in SQL, over what the connection tells (`anlan.org.marks`), and read no table. They
are put in place after every migration, so that a new register has one from its first row. Each part stands in a sub-select of its
own: PostgreSQL evaluates it once for a statement, not once for a row. A role with SUPERUSER or BYPASSRLS is not held by them;
`anlan check` says so.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, transaction

from anlan.flow.models import Evidence
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.ledger.models import Entry
from anlan.org import marks
from anlan.org.marks import SETTING
from anlan.org.roles import Sensitivity, rank

POLICY = "anlan_scope"
_TOLD = f"current_setting('{SETTING}', true)"
SYSTEM = f"(SELECT {_TOLD} = '{marks.SYSTEM}')"
# What policies called before marks lived in the transaction. A policy that is not rewritten yet still holds them.
_FORMER = ("anlan_reached(integer, text)", "anlan_cases(text)", "anlan_told(text)")
# A policy's comment holds the mark of what was declared, and the digest of what this version of PostgreSQL made of it.
_DIGEST = "md5(pg_get_expr(polqual, polrelid) || pg_get_expr(polwithcheck, polrelid))"
_VERSION = "current_setting('server_version_num')::int / 10000"
_NOTE = f"""
DO $$ BEGIN EXECUTE (
    SELECT format('COMMENT ON POLICY {POLICY} ON %I IS %L', '{{table}}', concat_ws(':', '{{mark}}', {_VERSION}, {_DIGEST}))
    FROM pg_policy WHERE polname = '{POLICY}' AND polrelid = '"{{table}}"'::regclass
); END $$
"""  # noqa: S608  names of our own
_STANDING = f"""
SELECT relname, split_part(obj_description(pg_policy.oid, 'pg_policy'), ':', 1) FROM pg_class
JOIN pg_policy ON polrelid = pg_class.oid
WHERE pg_class.oid = to_regclass(quote_ident(relname)) AND relrowsecurity AND relforcerowsecurity
AND polname = '{POLICY}' AND polcmd = '*' AND polpermissive AND polroles = '{{0}}'
AND (split_part(obj_description(pg_policy.oid, 'pg_policy'), ':', 3) = {_DIGEST}
     OR split_part(obj_description(pg_policy.oid, 'pg_policy'), ':', 2) <> ({_VERSION})::text)
AND NOT EXISTS (SELECT FROM pg_policy AS more WHERE more.polrelid = pg_class.oid AND more.oid <> pg_policy.oid)
"""  # noqa: S608  names of our own
_DROP = """
DO $$ BEGIN DROP FUNCTION IF EXISTS {function}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$
"""


def secure(sender: AppConfig, using: str, **_: Any) -> None:
    """Put the policies of an app's tables in place; nothing on another database than PostgreSQL. Runs after every migration."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:  # no moment without a policy
        for statement in statements(sender.label):
            cursor.execute(statement)
    if hasattr(connection, "is_migrating"):
        connection.is_migrating = False


def migrating(using: str, **_: Any) -> None:
    """Let the migrations that follow reach every row: what they change belongs to no person."""
    connection = connections[using]
    if hasattr(connection, "is_migrating"):
        connection.is_migrating = True


def statements(app_label: str) -> Iterator[str]:
    """Yield the statements for the tables of one app."""
    for table, label, condition in _conditions():
        if label == app_label:
            yield from _policy(table, condition)
    for function in _FORMER:
        yield _DROP.format(function=function)


def not_as_declared(using: str = "default") -> tuple[str, ...]:
    """Return the tables whose policy is not the one of this release, or was changed, or joined by another; none but on PostgreSQL."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        standing = dict(cursor.fetchall())
    return tuple(table for table, _label, condition in _conditions() if standing.get(table) != _mark(condition))


def secure_again(using: str = "default") -> None:
    """Put the policies of this release in place where no migration did."""
    for label in sorted({label for _table, label, _condition in _conditions()}):
        secure(apps.get_app_config(label), using)


def _conditions() -> Iterator[tuple[str, str, str]]:
    """Yield table, app and condition of every policy; it holds for reading and for writing."""
    yield Evidence._meta.db_table, Evidence._meta.app_label, _of_registers("record_uid")
    yield Entry._meta.db_table, Entry._meta.app_label, f"{_of_registers('record_uid')} OR {_officers()}"
    for spec in all_registers():
        yield spec.model._meta.db_table, spec.model._meta.app_label, _of_register(spec)


def _policy(table: str, condition: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield f'DROP POLICY IF EXISTS {POLICY} ON "{table}"'
    yield f'CREATE POLICY {POLICY} ON "{table}" USING ({condition}) WITH CHECK ({condition})'
    yield _NOTE.format(table=table, mark=_mark(condition))


def _mark(condition: str) -> str:
    return sha256(condition.encode()).hexdigest()[:16]


def _of_register(spec: RegisterSpec) -> str:
    """Return what may be read and written of a register's table."""
    level = rank(spec.sensitivity)
    ordinary = f' AND NOT "{spec.about_leaders}"' if spec.about_leaders else ""
    own = f"recorded_by_id = (SELECT {_field(marks.Field.PERSON)}::bigint)"
    parts = (
        SYSTEM,
        f"({_any('institution_id', level, 'i')}{ordinary})",
        _any("institution_id", level, "s"),
        f"({_any('department_id', level, 'd')}{ordinary})",
        f"({own} AND {_any('institution_id', level, 'o')})",
        _cases("uid"),
    )
    return " OR ".join(parts)


def _of_registers(column: str) -> str:
    """Return the condition for rows beside the records: those of the institution, by the sensitivity of their register.

    A register that nobody declared counts as sensitive.
    """
    levels: dict[int, list[str]] = {}
    for spec in all_registers():
        levels.setdefault(rank(spec.sensitivity), []).append(spec.code)
    known = _list([spec.code for spec in all_registers()])
    inside = [f"(register = ANY ({_list(codes)}) AND ({_places(level)}))" for level, codes in levels.items()]
    unknown = f"(NOT register = ANY ({known}) AND ({_places(rank(Sensitivity.SENSITIVE))}))"
    return " OR ".join([SYSTEM, *inside, unknown, _cases(column)])


def _list(codes: list[str]) -> str:
    return f"'{{{','.join(sorted(codes))}}}'::text[]"


def _places(level: int) -> str:
    return " OR ".join(_any("institution_id", level, how) for how in ("i", "s", "o"))


def _any(column: str, level: int, how: str) -> str:
    return f"{column} <@ (SELECT {_field(marks.reach_field(how, level))}::int8multirange)"


def _cases(column: str) -> str:
    return f"{column} = ANY ((SELECT {_field(marks.Field.CASES)}::uuid[])::uuid[])"


def _field(place: int) -> str:
    """Return one field of what was told, null where it is empty. Functions of PostgreSQL alone: a dump has no search path."""
    return f"nullif(split_part({_TOLD}, ';', {int(place)}), '')"


def _officers() -> str:
    return f"(register LIKE 'org.%' AND (SELECT {_field(marks.Field.KIND)} = 'officer'))"
