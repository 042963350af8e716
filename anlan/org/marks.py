"""What the database is told of who is acting: one setting of the transaction, in the words of the row-level policies.

The text has the fields of `Field`, separated by semicolons; the system's is the one word `system`. Reach is told as ids, in
PostgreSQL's multiranges, so that no policy reads a table: `{[5,9],[12,12]}`. Between two ends lies no institution out of reach.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any

from django.db import connections

from anlan.org.roles import SENSITIVITY_ORDER, Reach, rank
from anlan.org.scope import Actor, Grant

SETTING = "anlan.actor"
FORMER_SETTING = "anlan.system"  # what policies asked before one setting said it all; told while they are rewritten
NOBODY, SYSTEM = "", "system"
LEVELS = len(SENSITIVITY_ORDER)
HOWS = ("i", "s", "d", "o")  # an institution, all below a unit, a department, own rows in an institution
EVERYTHING = "(,)"

Rows = Sequence[Sequence[Any]]
Query = Callable[[str, dict[str, Any]], Rows]  # asks the database as nobody: tables of the organisation have no policy

_SAFE = re.compile(r"[a-z0-9;{}\[\](),-]*")
# The institutions below a path as runs of ids: a run ends where an institution lies between that is not below the path.
_RUNS = """
WITH ends AS (SELECT min(id) AS first, max(id) AS last FROM org_unit WHERE kind = 'institution' AND path LIKE %(below)s),
     seen AS (SELECT id, path LIKE %(below)s AS is_below FROM org_unit, ends
              WHERE kind = 'institution' AND id BETWEEN ends.first AND ends.last),
     runs AS (SELECT id, is_below, row_number() OVER (ORDER BY id)
                     - row_number() OVER (PARTITION BY is_below ORDER BY id) AS run FROM seen)
SELECT min(id), max(id) FROM runs WHERE is_below GROUP BY run ORDER BY 1
"""
_TREE = "SELECT min(path) LIKE %(below)s AND max(path) LIKE %(below)s FROM org_unit"
_CASES = """
SELECT DISTINCT record_uid FROM org_party
WHERE starts_on <= %(today)s AND (ends_on IS NULL OR ends_on > %(today)s)
  AND (person_id = %(person)s OR unit_id::text || '/' || role = ANY (%(posts)s))
"""


class Field(IntEnum):
    """The places of the fields, from 1 as `split_part` counts them. Reach has a place for each way and level of sensitivity."""

    KIND = 1  # `officer`: reads what happened to units, people and posts; `person` for everybody else
    PERSON = 2
    REACH = 3
    CASES = 3 + len(HOWS) * LEVELS


def reach_field(how: str, level: int) -> int:
    """Return the place of what is reached in a way by posts that read at least so sensitive a register."""
    return Field.REACH + HOWS.index(how) * LEVELS + level


def mark_of(actor: Actor, query: Query) -> str:
    """Return what the database is told of an actor. Reads the tree for posts that reach all below a unit, parties for who is one."""
    if actor.is_system:
        return SYSTEM
    is_officer = any(grant.role.is_exclusive for grant in actor.grants)
    below = {path: _runs(path, query) for path in _paths(actor.grants)}
    reaches = [_reached(actor.grants, how, level, below) for how in HOWS for level in range(LEVELS)]
    cases = [] if is_officer else _cases(actor, query)
    kind = "officer" if is_officer else "person"
    mark = ";".join([kind, str(actor.person_id or ""), *map(_set, reaches), _set(cases)])
    if not _SAFE.fullmatch(mark):
        raise ValueError(f"The mark of person {actor.person_id} holds a character that no mark has.")
    return mark


def forget_marks() -> None:
    """Look every actor up again: who is a party to which case, or what lies below which unit, has changed in this request."""
    for connection in connections.all(initialized_only=True):
        if hasattr(connection, "forget_marks"):
            connection.forget_marks()


def _paths(grants: Iterable[Grant]) -> set[str]:
    return {grant.path for grant in grants if grant.role.reach is Reach.SUBTREE}


def _runs(path: str, query: Query) -> list[str]:
    """Return the institutions below a path as ranges; one open range where the whole tree lies below it."""
    below = {"below": f"{path}%"}
    if query(_TREE, below)[0][0]:
        return [EVERYTHING]
    return [f"[{first},{last}]" for first, last in query(_RUNS, below)]


def _reached(grants: Iterable[Grant], how: str, level: int, below: dict[str, list[str]]) -> Iterable[str]:
    for grant in grants:
        if rank(grant.role.sensitivity) < level:
            continue
        if grant.role.reach is Reach.SUBTREE and how == "s":
            yield from below[grant.path]
        elif (own := _own(grant, how)) is not None:
            yield f"[{own},{own}]"


def _own(grant: Grant, how: str) -> int | None:
    """Return the id that a post at an institution or a department reaches in a way; null where it does not."""
    if grant.institution_id is None:
        return None
    if grant.role.reach is Reach.DEPARTMENT:
        return {"o": grant.institution_id, "d": grant.unit_id}.get(how)
    if grant.role.reach is Reach.INSTITUTION:
        return {"o": grant.institution_id, "i": grant.institution_id}.get(how)
    return None


def _cases(actor: Actor, query: Query) -> list[str]:
    """Return the receipts of the cases to which the actor is a party, in the words of `anlan.org.parties.stakes`."""
    if not actor.case_registers or actor.today is None or actor.person_id is None:
        return []
    posts = [f"{grant.unit_id}/{role}" for grant in actor.grants for role in ("", grant.role.code)]
    told = {"today": actor.today, "person": actor.person_id, "posts": posts}
    return [str(row[0]) for row in query(_CASES, told)]


def _set(members: Iterable[str]) -> str:
    found = ",".join(dict.fromkeys(members))
    return f"{{{found}}}" if found else ""
