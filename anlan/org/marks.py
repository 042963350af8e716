"""What the database is told of who is acting: settings of the session, in the words of the row-level policies."""

from functools import lru_cache
from typing import NamedTuple

from anlan.org.roles import Reach, rank
from anlan.org.scope import Actor, Grant


class Mark(NamedTuple):
    """The settings by name, without the prefix `anlan.`. All text.

    system   1 for work of the system, which sees every row
    officer  1 for an officer, who reads what happened to units, people and posts
    person   the id of the person
    reach    rank/how/id for each post: `s` a path of the tree, `i` an institution, `d` a department, `o` its institution
    posts    unit/role for each post, and unit/ for any role there: how parties are named
    """

    system: str = ""
    officer: str = ""
    person: str = ""
    reach: str = ""
    posts: str = ""


NOBODY = Mark()
SYSTEM = Mark(system="1")


@lru_cache(maxsize=1_024)
def mark_of(actor: Actor) -> Mark:
    """Return what the database is told of an actor."""
    if actor.is_system:
        return SYSTEM
    is_officer = any(grant.role.is_exclusive for grant in actor.grants)
    posts = dict.fromkeys(f"{grant.unit_id}/{role}" for grant in actor.grants for role in ("", grant.role.code))
    return Mark(
        officer="1" if is_officer else "",
        person=str(actor.person_id or ""),
        reach=",".join(dict.fromkeys(part for grant in actor.grants for part in _reach(grant))),
        posts="" if is_officer else ",".join(posts),
    )


def _reach(grant: Grant) -> tuple[str, ...]:
    level = rank(grant.role.sensitivity)
    if grant.role.reach is Reach.SUBTREE:
        return (f"{level}/s/{grant.path}",)
    if grant.institution_id is None or grant.role.reach not in (Reach.INSTITUTION, Reach.DEPARTMENT):
        return ()
    own = f"{level}/o/{grant.institution_id}"
    if grant.role.reach is Reach.DEPARTMENT:
        return (f"{level}/d/{grant.unit_id}", own)
    return (f"{level}/i/{grant.institution_id}", own)
