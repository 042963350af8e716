"""What is open for somebody: records that wait for a step which they may take, the nearest deadline first."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F, Q

from anlan.flow.authority import answers, may_take, waiting_steps
from anlan.flow.declare import Step
from anlan.flow.noting import note_loaded
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.access_collecting import unseen
from anlan.org.models import Institution
from anlan.org.policy import institutions_for
from anlan.org.scope import Actor, acting

HORIZON = dt.timedelta(days=30)  # what is due later is not yet something to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A record that waits, and the steps on it that the person may take. `days_left` is negative once it is overdue."""

    record: Register
    spec: RegisterSpec
    steps: tuple[tuple[str, Step], ...]
    due_on: dt.date | None
    days_left: int | None

    @property
    def is_overdue(self) -> bool:
        """Whether the deadline has passed; the day itself is still in time."""
        return self.days_left is not None and self.days_left < 0


def open_for(
    actor: Actor,
    *,
    today: dt.date,
    institution: Institution | None = None,
    registers: Iterable[RegisterSpec] | None = None,
    limit: int = 50,
) -> tuple[Open, ...]:
    """Return at most `limit` records that wait for the actor, overdue first; those without a deadline come last, oldest first.

    What is due after the horizon is left out, and so is a record without a deadline that counts already: its next step
    may be taken, and nothing is missing while it is not.

    One query per register in which the actor could take a step; nothing for one who only reads. Deadlines are compared
    across registers, so the list is right up to `limit`.
    """
    with acting(actor):
        found = _waiting(actor, today=today, institution=institution, registers=registers, limit=limit)
        for item in found:
            note_loaded(item.record, item.spec.field_names)
    return found


def count_open_for(actor: Actor, *, today: dt.date, institution: Institution | None = None, limit: int = 50) -> int:
    """Return how many records wait for the actor, as `open_for` finds them, at most `limit`."""
    with acting(actor):
        return len(_waiting(actor, today=today, institution=institution, registers=None, limit=limit))


def _waiting(
    actor: Actor,
    *,
    today: dt.date,
    institution: Institution | None,
    registers: Iterable[RegisterSpec] | None,
    limit: int,
) -> tuple[Open, ...]:
    """Look through more records than are told of; the caller notes those that it shows."""
    found: list[Open] = []
    with unseen():
        reached = [institution] if institution is not None else institutions_for(actor)
        by_key = {one.pk: one for one in reached}
        for spec in all_registers() if registers is None else registers:
            states = _states(spec, actor)
            if states and by_key:
                found += [
                    item
                    for row in _rows(spec, states, by_key, today, limit)
                    if (item := _open(spec, row, actor, today))
                ]
    found.sort(key=lambda item: (item.due_on is None, item.due_on or item.record.occurred_on, item.record.number))
    return tuple(found[:limit])


def _states(spec: RegisterSpec, actor: Actor) -> tuple[str, ...]:
    """Return the states of a register that wait for a step to which one of the actor's posts answers."""
    return tuple(
        state for state in spec.states if any(_may_ever(actor, step, spec) for _, step in waiting_steps(spec, state))
    )


def _may_ever(actor: Actor, step: Step, spec: RegisterSpec) -> bool:
    return actor.is_system or any(answers(grant, step, spec.sensitivity) for grant in actor.grants)


def _rows(
    spec: RegisterSpec, states: tuple[str, ...], reached: dict[Any, Institution], today: dt.date, limit: int
) -> list[Register]:
    if len(reached) == 1:
        rows: models.QuerySet[Any] = spec.model.objects.within(next(iter(reached.values())))
    else:
        rows = spec.model.objects.filter(institution_id__in=list(reached))
    if spec.is_standing:
        rows = rows.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
    is_due = Q(due_on__lte=today + HORIZON) | Q(due_on__isnull=True, is_counted=False)
    rows = rows.filter(is_due, state__in=states).order_by(F("due_on").asc(nulls_last=True), "occurred_on", "pk")
    found = list(rows.select_related("department")[:limit])
    for row in found:
        row.institution = reached[row.institution_id]
    return found


def _open(spec: RegisterSpec, record: Register, actor: Actor, today: dt.date) -> Open | None:
    steps = tuple((name, step) for name, step in waiting_steps(spec, record.state) if may_take(record, step, by=actor))
    if not steps:
        return None
    days_left = (record.due_on - today).days if record.due_on else None
    return Open(record=record, spec=spec, steps=steps, due_on=record.due_on, days_left=days_left)
