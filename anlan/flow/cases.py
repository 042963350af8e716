"""Records as the access policy sees them: which register, whose, about leaders or not, and what the asker is to them."""

from collections.abc import Sequence

from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.parties import ACCUSED, Capacity, capacities
from anlan.org.policy import Case, Item, clearance_on
from anlan.org.scope import Actor, current_actor

_KEPT = "_capacities"


def case_of(record: Register, *, actor: Actor) -> Case:
    """Return what the policy asks of a record. One query for an actor who is a party in the register, else none."""
    spec = spec_of(record)
    return Case(
        kind=spec.kind,
        institution_id=record.institution_id,
        institution_path=record.institution.unit.path,
        department_id=record.department_id,
        recorded_by_id=record.recorded_by_id,
        is_about_leaders=_is_about_leaders(spec, record),
        capacities=_capacities_in(spec, record, actor),
    )


def item_of(spec: RegisterSpec, name: str) -> Item:
    """Return what the policy asks of a column."""
    return Item(sensitivity=spec.field_sensitivity[name], is_identity=name in spec.identity)


def clearance_in_record(record: Register) -> int:
    """Return the rank of sensitivity that the acting person reads in this record; -1 where it is hidden from them."""
    actor = current_actor()
    return clearance_on(actor, case_of(record, actor=actor))


def attach_capacities(spec: RegisterSpec, rows: Sequence[Register], *, actor: Actor) -> None:
    """Fetch what the actor is to each of the rows in one query; none for one who is a party to no case of the register."""
    if spec.code in actor.case_registers:
        found = capacities(actor, spec.code, [row.uid for row in rows])
        for row in rows:
            row.__dict__[_KEPT] = (actor, found.get(row.uid, frozenset()))


def files_are_open(record: Register) -> bool:
    """Tell whether the acting person may open the record's files. A paper tells who somebody is, so the accused may not."""
    return not case_of(record, actor=current_actor()).capacities & ACCUSED


def _capacities_in(spec: RegisterSpec, record: Register, actor: Actor) -> frozenset[Capacity]:
    if spec.code not in actor.case_registers or record.pk is None:
        return frozenset()
    kept: tuple[Actor, frozenset[Capacity]] | None = record.__dict__.get(_KEPT)
    if kept is None or kept[0] is not actor:
        found = capacities(actor, spec.code, [record.uid])
        record.__dict__[_KEPT] = kept = (actor, found.get(record.uid, frozenset()))
    return kept[1]


def _is_about_leaders(spec: RegisterSpec, record: Register) -> bool:
    """As the record was before the step in hand: whoever marks a case hands it over by that very step."""
    if not spec.about_leaders or record.pk is None:
        return False
    return bool(record.before.get(spec.about_leaders, getattr(record, spec.about_leaders)))
