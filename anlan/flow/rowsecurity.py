"""Row-level security on PostgreSQL: the last line, below the ORM. Every register, evidence and the ledger's entries have a policy.

The policies say the rule of `anlan.org.policy` in SQL, over what the connection tells (`anlan.org.marks`). They are put in place after
every migration, so that a new register has one from its first row. Each part stands in a sub-select of its own: PostgreSQL
evaluates it once for a statement, not once for a row. A role with SUPERUSER or BYPASSRLS is not held by them; `anlan check` says so.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.db import connections

from anlan.flow.models import Evidence
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.ledger.models import Entry
from anlan.org.roles import Sensitivity, rank

POLICY = "anlan_scope"
SYSTEM = "(SELECT coalesce(current_setting('anlan.system', true), '') = '1')"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION anlan_told(name text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT string_to_array(nullif(current_setting('anlan.' || name, true), ''), ',')
$$;
CREATE OR REPLACE FUNCTION anlan_reached(lowest integer, how text) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE part text; found bigint[] := '{}';
BEGIN
    FOREACH part IN ARRAY coalesce(anlan_told('reach'), '{}') LOOP
        CONTINUE WHEN split_part(part, '/', 1)::integer < lowest OR split_part(part, '/', 2) <> how;
        IF how = 's' THEN
            found := found || ARRAY(SELECT unit.id FROM org_unit unit
                                    WHERE unit.kind = 'institution' AND unit.path LIKE split_part(part, '/', 3) || '%');
        ELSE
            found := found || split_part(part, '/', 3)::bigint;
        END IF;
    END LOOP;
    RETURN found;
END $$;
CREATE OR REPLACE FUNCTION anlan_cases(of_register text) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(party.record_uid), '{}') FROM org_party party
    WHERE (of_register = '' OR party.register = of_register)
      AND party.starts_on <= (now() AT TIME ZONE 'Asia/Shanghai')::date
      AND (party.ends_on IS NULL OR party.ends_on > (now() AT TIME ZONE 'Asia/Shanghai')::date)
      AND coalesce(current_setting('anlan.officer', true), '') <> '1'
      AND (party.person_id::text = nullif(current_setting('anlan.person', true), '')
           OR party.unit_id || '/' || party.role = ANY (anlan_told('posts')))
$$;
"""


def secure(sender: AppConfig, using: str, **_: Any) -> None:
    """Put the policies of an app's tables in place; nothing on another database than PostgreSQL. Runs after every migration."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
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
    """Yield the statements for the tables of one app: functions first, with the organisation."""
    if app_label == "org":
        yield FUNCTIONS
    if app_label == "flow":
        yield from _policy(Evidence._meta.db_table, _of_registers("record_uid"), _of_registers("record_uid"))
    if app_label == "ledger":
        condition = f"{_of_registers('record_uid')} OR {_officers()}"
        yield from _policy(Entry._meta.db_table, condition, condition)
    for spec in all_registers():
        if spec.model._meta.app_label == app_label:
            yield from _policy(spec.model._meta.db_table, *_of_register(spec))


def _policy(table: str, using: str, check: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield f'DROP POLICY IF EXISTS {POLICY} ON "{table}"'
    yield f'CREATE POLICY {POLICY} ON "{table}" USING ({using}) WITH CHECK ({check})'


def _of_register(spec: RegisterSpec) -> tuple[str, str]:
    """Return what may be read and what may be written of a register's table."""
    level = rank(spec.sensitivity)
    ordinary = f' AND NOT "{spec.about_leaders}"' if spec.about_leaders else ""
    own = "recorded_by_id::text = (SELECT current_setting('anlan.person', true))"
    parts = (
        SYSTEM,
        f"({_any('institution_id', level, 'i')}{ordinary})",
        _any("institution_id", level, "s"),
        f"({_any('department_id', level, 'd')}{ordinary})",
        f"({own} AND {_any('institution_id', level, 'o')})",
        f"uid = ANY ((SELECT anlan_cases('{spec.code}'))::uuid[])",
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
    return " OR ".join([SYSTEM, *inside, unknown, f"{column} = ANY ((SELECT anlan_cases(''))::uuid[])"])


def _list(codes: list[str]) -> str:
    return f"'{{{','.join(sorted(codes))}}}'::text[]"


def _places(level: int) -> str:
    return " OR ".join(_any("institution_id", level, how) for how in ("i", "s", "o"))


def _any(column: str, level: int, how: str) -> str:
    return f"{column} = ANY ((SELECT anlan_reached({level}, '{how}'))::bigint[])"


def _officers() -> str:
    return "(register LIKE 'org.%' AND (SELECT coalesce(current_setting('anlan.officer', true), '') = '1'))"
