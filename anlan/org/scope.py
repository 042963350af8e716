"""Who is acting, and what they may see. Every scoped query asks here; with nobody acting it raises, never returns."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from anlan.org.errors import Unscoped
from anlan.org.roles import Reach, Role, Sensitivity, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One post in force: a role at a unit. `path` is the unit's place in the tree; a child's path starts with it.

    `institution_id` is the institution that the unit is or lies in; null above institutions.
    """

    role: Role
    unit_id: int
    path: str
    institution_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person with the posts in force today, or the system with a stated reason (`is_system`).

    `case_registers` are the registers in which the person is a party to a case: only there is anybody asked to which.
    """

    person_id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    is_system: bool = False
    reason: str = ""
    today: dt.date | None = None
    case_registers: frozenset[str] = frozenset()

    def can(self, *names: str) -> bool:
        """Tell whether any post answers to one of the names (role codes or `can:…`)."""
        return self.is_system or any(grant.role.answers_to(names) for grant in self.grants)

    @property
    def needs_second_factor(self) -> bool:
        """Whether one of the posts in force asks for a second factor."""
        return any(grant.role.needs_second_factor for grant in self.grants)

    def grants_for(self, *, institution_path: str, institution_id: int) -> tuple[Grant, ...]:
        """Return the posts that reach records of the institution, department posts included."""
        return tuple(grant for grant in self.grants if _reaches(grant, institution_path, institution_id))

    def clearance(self, *, institution_path: str, institution_id: int) -> int:
        """Return the highest rank of sensitivity that the actor reads in the institution; -1 for none."""
        if self.is_system:
            return rank(Sensitivity.SEALED)
        reaching = self.grants_for(institution_path=institution_path, institution_id=institution_id)
        return max((rank(grant.role.sensitivity) for grant in reaching), default=-1)


def _reaches(grant: Grant, institution_path: str, institution_id: int) -> bool:
    """A desk (`case`) and an officer's post (`nothing`) reach no institution."""
    if grant.role.reach is Reach.SUBTREE:
        return institution_path.startswith(grant.path)
    if grant.role.reach in (Reach.INSTITUTION, Reach.DEPARTMENT):
        return grant.institution_id == institution_id
    return False


_acting: ContextVar[Actor | None] = ContextVar("anlan_acting", default=None)


def acting_now() -> Actor | None:
    """Return who is acting; null when nobody is. For the database connection: everything else asks `current_actor`."""
    return _acting.get()


def current_actor() -> Actor:
    """Return who is acting. Raises: Unscoped when nobody is."""
    actor = _acting.get()
    if actor is None:
        raise Unscoped(
            "org.E010",
            "Records were asked for with nobody acting. Wrap the code in `acting(actor)`, or in `as_system(reason)` for a job.",
        )
    return actor


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Let `actor` act within the block; queries built inside see what the actor may see."""
    token = _acting.set(actor)
    try:
        yield actor
    finally:
        _acting.reset(token)


@contextmanager
def as_system(reason: str) -> Iterator[Actor]:
    """Act as the system within the block; the reason says which job needs every record."""
    with acting(Actor(person_id=None, name="system", is_system=True, reason=reason)) as actor:
        yield actor
