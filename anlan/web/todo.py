"""The to-do list of one person at one place, worded for the screen; what is open comes from the flow's to-do centre."""

import datetime as dt
from dataclasses import dataclass

from django.db import models
from django.utils.text import Truncator

from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.flow.todo import Open, count_open_for, open_for
from anlan.org.roles import Sensitivity, rank
from anlan.web.cells import state_tone
from anlan.web.place import Place, unit_name

MOST = 60
BADGE = 100
SHOWN = 40  # characters of what a record is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do: a record and the step that comes next. `due` is null where nothing sets a deadline."""

    title: str
    register: str
    where: str
    state: str
    tone: str
    step: str
    due: dt.date | None
    is_late: bool
    url: str


def tasks(place: Place) -> list[Task]:
    """Return what waits for this person at the place, late ones first, then by deadline, at most MOST."""
    waiting = open_for(place.actor, today=place.today, institution=place.institution, limit=MOST)
    return [_task(place, item) for item in waiting]


def count(place: Place) -> int:
    """Return how many records wait for this person at the place, at most BADGE."""
    return count_open_for(place.actor, today=place.today, institution=place.institution, limit=BADGE)


def _task(place: Place, item: Open) -> Task:
    record, spec = item.record, item.spec
    return Task(
        title=_title(record, spec),
        register=str(spec.name),
        where=unit_name(record.institution.unit) if place.institution is None else "",
        state=str(spec.states[record.state]),
        tone=state_tone(spec, record.state),
        step=str(item.steps[0][1].label),
        due=item.due_on,
        is_late=item.is_overdue,
        url=place.url("record", spec.code, record.uid),
    )


def _title(record: Register, spec: RegisterSpec) -> str:
    """Return the number and what it is about: its first needed text that is not delicate, else how others refer to it."""
    for field in spec.fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices and not field.blank
        if is_text and rank(spec.field_sensitivity[field.name]) <= rank(Sensitivity.INTERNAL):
            return f"{record.number} {Truncator(getattr(record, field.name)).chars(SHOWN)}".rstrip()
    return reference_text(record)
