"""Row-level security on PostgreSQL: the last line, below the ORM. Every register, evidence and the ledger's entries have a policy.

The policies say the rule of `anlan.org.policy` in SQL, over what the connection tells (`anlan.org.marks`), and read no table. They
are put in place after every migration, so that a new register has one from its first row. Each part stands in a sub-select of its
own: PostgreSQL evaluates it once for a statement, not once for a row. A role with SUPERUSER or BYPASSRLS is not held by them;
`anlan check` says so.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
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
    if app_label == "flow":
        yield from _policy(Evidence._meta.db_table, _of_registers("record_uid"), _of_registers("record_uid"))
    if app_label == "ledger":
        condition = f"{_of_registers('record_uid')} OR {_officers()}"
        yield from _policy(Entry._meta.db_table, condition, condition)
    for spec in all_registers():
        if spec.model._meta.app_label == app_label:
            yield from _policy(spec.model._meta.db_table, *_of_register(spec))
    for function in _FORMER:
        yield _DROP.format(function=function)


def _policy(table: str, using: str, check: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield f'DROP POLICY IF EXISTS {POLICY} ON "{table}"'
    yield f'CREATE POLICY {POLICY} ON "{table}" USING ({using}) WITH CHECK ({check})'


def _of_register(spec: RegisterSpec) -> tuple[str, str]:
    """Return what may be read and what may be written of a register's table."""
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
    whole = " OR ".join(parts)
    return whole, whole


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
