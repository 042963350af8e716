"""Parties to a case: named by a step, kept in `anlan.org.parties`, written to the ledger with the step that names them.

`perform(record, "involve", parties=[…], reason=…)` lets somebody in, `"release"` ends their part. A register's own step may name
parties too, in the capacities that it declares: entering mediation lets the mediator in.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.flow.authority import may_take
from anlan.flow.cases import case_of
from anlan.flow.declare import Step
from anlan.flow.errors import InvalidData
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.org.marks import forget_marks
from anlan.org.models import Person, Post, Unit
from anlan.org.parties import ACCUSED, Capacity, Party, in_force, is_stake
from anlan.org.roles import Reach, all_roles, find_role
from anlan.org.scope import Actor

RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParty:
    """A party that a step names: a person, or the holders of a role at a unit (of any role when it is empty)."""

    capacity: str
    person: Person | None = None
    unit: Unit | None = None
    role: str = ""

    def content(self) -> dict[str, Any]:
        """Return what the ledger says: ids and codes, no names."""
        who = {"person": self.person.pk} if self.person else {"unit": self.unit.code if self.unit else ""}
        return who | {"capacity": self.capacity} | ({"role": self.role} if self.role else {})


def check_parties(record: Register, step_name: str, step: Step, parties: Sequence[NamedParty]) -> None:
    """Refuse parties that the step cannot name. Raises: InvalidData, its message at `parties`."""
    complaint = _complaint(record, step_name, step, parties)
    if complaint:
        raise InvalidData("flow.E023", complaint, fields={"parties": [complaint]})


def _complaint(record: Register, step_name: str, step: Step, parties: Sequence[NamedParty]) -> str:
    if not parties:
        is_theirs = step_name in ("involve", RELEASE)
        return _("Name the party: a person, or a unit with a role.") if is_theirs else ""
    for party in parties:
        if party.capacity not in step.capacities:
            return _('The step "%(step)s" names no party in this capacity.') % {"step": step.label}
        if (party.person is None) is (party.unit is None):
            return _("A party is either a person or a unit.")
        known = _same(record, party).exists()
        if step_name == RELEASE and not known:
            return _("This is no party to the case today.")
        if step_name != RELEASE and known:
            return _("This is a party to the case already.")
        if step_name != RELEASE and (misfit := _misfit(record, party)):
            return misfit
    return ""


def _misfit(record: Register, party: NamedParty) -> str:
    """Return why the party cannot have the capacity; empty when it can. Nobody is let in from an institution elsewhere."""
    here = record.institution.unit
    if party.capacity == Capacity.EXTERNAL:
        if party.person is not None:
            return "" if _has_desk(party.person) else _("This person holds no desk of an agency from outside.")
        is_desk = bool(party.role) and _reach(party.role) is Reach.CASE
        return "" if is_desk else _("Say which agency: a role from outside, at the unit where its desk is.")
    if party.capacity == Capacity.ACCUSED_DEPARTMENT and party.unit is None:
        return _("A department is concerned, not a person; choose the department.")
    if party.unit is not None:
        is_here = party.unit.path.startswith(here.path) or here.path.startswith(party.unit.path)
        return "" if is_here else _("This unit has no part in the institution.")
    assert party.person is not None  # noqa: S101  (either a person or a unit; refused before)
    return "" if _works_here_or_above(party.person, here) else _("This person works neither here nor above.")


def _reach(role: str) -> Reach | None:
    return find_role(role).reach if role in {one.code for one in all_roles()} else None


def _has_desk(person: Person) -> bool:
    return any(_reach(role) is Reach.CASE for role in Post.objects.filter(person=person).values_list("role", flat=True))


def _works_here_or_above(person: Person, here: Unit) -> bool:
    paths = Post.objects.filter(person=person).values_list("unit__path", flat=True)
    return any(path.startswith(here.path) or here.path.startswith(path) for path in paths)


def _same(record: Register, party: NamedParty) -> Any:
    mine = Q(person=party.person, unit=party.unit, role=party.role, capacity=party.capacity)
    return Party.objects.filter(mine, in_force(timezone.localdate()), record_uid=record.uid)


def store_parties(record: Register, step_name: str, parties: Sequence[NamedParty], *, at: dt.datetime) -> None:
    """Write what `check_parties` let through. `perform` calls it in its transaction."""
    today = timezone.localtime(at).date()
    for party in parties:
        if step_name == RELEASE:
            _same(record, party).update(ends_on=today)
        else:
            Party.objects.create(
                record_uid=record.uid,
                register=spec_of(record).code,
                institution_id=record.institution_id,
                person=party.person,
                unit=party.unit,
                role=party.role,
                capacity=party.capacity,
                starts_on=today,
            )
    forget_marks()


def parties_of(record: Register) -> list[Party]:
    """Return the parties to a record today, in the order in which they were named. The record comes from a scoped query."""
    rows = Party.objects.filter(in_force(timezone.localdate()), record_uid=record.uid)
    return list(rows.select_related("person", "unit").order_by("pk"))


def named(party: Party) -> NamedParty:
    """Return a stored party as a step names it."""
    return NamedParty(capacity=party.capacity, person=party.person, unit=party.unit, role=party.role)


def parties_told(
    record: Register, contents: Sequence[Mapping[str, Any]], *, to: Actor
) -> tuple[tuple[NamedParty, ...], ...]:
    """Return, for each content of the record's entries, the parties that its step named, as far as the reader may know them.

    Whoever may name parties to the case reads of all of them. A party reads of its own part, the accused of none.
    Two queries, and none where no entry names a party.
    """
    named_in = [content.get("parties", ()) for content in contents]
    if not any(named_in):
        return tuple(() for _content in contents)
    sees_all = may_take(record, spec_of(record).steps["involve"], by=to)
    if not sees_all and case_of(record, actor=to).capacities & ACCUSED:
        return tuple(() for _content in contents)
    people, units = _people_and_units(party for parties in named_in for party in parties)
    read = [[_read(party, people, units) for party in parties] for parties in named_in]
    return tuple(tuple(party for party in parties if sees_all or _is_own(party, to)) for parties in read)


def _people_and_units(told: Iterable[Mapping[str, Any]]) -> tuple[dict[int, Person], dict[str, Unit]]:
    told = list(told)
    people = Person.objects.in_bulk({one["person"] for one in told if "person" in one})
    units = Unit.objects.filter(code__in={one["unit"] for one in told if "unit" in one})
    return people, {unit.code: unit for unit in units}


def _read(told: Mapping[str, Any], people: Mapping[int, Person], units: Mapping[str, Unit]) -> NamedParty:
    return NamedParty(
        capacity=told["capacity"],
        person=people.get(told.get("person", 0)),
        unit=units.get(told.get("unit", "")),
        role=told.get("role", ""),
    )


def _is_own(party: NamedParty, actor: Actor) -> bool:
    person, unit = (one.pk if one else None for one in (party.person, party.unit))
    return is_stake(actor, person_id=person, unit_id=unit, role=party.role)
