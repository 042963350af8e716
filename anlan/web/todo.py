"""The to-do list of one person at one place: open records whose next step is theirs, the most urgent first."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from anlan.flow.declare import Step
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.policy import may
from anlan.web.cells import title_of
from anlan.web.place import Place
from anlan.web.sheet import ASIDE, steps_for

MOST = 60
SOON_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do: a record and the step that comes next. `due` is null where nothing sets a deadline."""

    title: str
    register: str
    state: str
    step: str
    due: dt.date | None
    url: str


def tasks(place: Place) -> list[Task]:
    """Return what waits for this person at the place, late ones first, then by deadline, at most MOST."""
    found: list[Task] = []
    for spec in _mine(place):
        for record in _open(spec, place).select_related("institution__unit").order_by("due_on", "pk")[:MOST]:
            options = [one for one in steps_for(spec, record, actor=place.actor) if not one.is_aside]
            if options:
                found.append(_task(place, spec, record, options[0].label))
    return sorted(found, key=lambda task: (task.due is None, task.due or dt.date.max))[:MOST]


def count(place: Place) -> int:
    """Return how many records wait, bounded by MOST + 1 in each register."""
    return sum(_open(spec, place).order_by()[: MOST + 1].count() for spec in _mine(place))


def _task(place: Place, spec: RegisterSpec, record: Any, step: str) -> Task:
    url = place.url("record", spec.code, record.uid)
    state = str(spec.states[record.state])
    return Task(title=title_of(record), register=str(spec.name), state=state, step=step, due=record.due_on, url=url)


def _mine(place: Place) -> list[RegisterSpec]:
    return [spec for spec in all_registers() if place.institution is not None and _steps(spec, place)]


def _steps(spec: RegisterSpec, place: Place) -> list[Step]:
    """Return the steps after the first that the person may take at the place; corrections are nobody's duty."""
    institution = place.institution
    assert institution is not None  # noqa: S101  (callers ask at institutions only)
    return [
        step
        for name, step in spec.steps.items()
        if name not in (*ASIDE, "end")
        and step.sources
        and may(place.actor, step.by, institution=institution, sensitivity=spec.sensitivity)
    ]


def _open(spec: RegisterSpec, place: Place) -> "QuerySet[Any]":
    """Return the records in a state from which the person may go on; standing ones only when their date comes near."""
    states = {state for step in _steps(spec, place) for state in step.sources} - spec.final
    rows = spec.model.objects.filter(place.records_here(), state__in=states)
    soon = place.today + dt.timedelta(days=SOON_DAYS)
    if spec.is_standing:
        return rows.filter(ended_on__isnull=True, due_on__lte=soon)
    return rows
