"""The to-do list of one person at one place, worded for the screen; what is open comes from the flow's to-do centre."""

import datetime as dt
from dataclasses import dataclass

from anlan.flow.references import reference_text
from anlan.flow.todo import Open, open_for
from anlan.web.place import Place, unit_name

MOST = 60
BADGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do: a record and the step that comes next. `due` is null where nothing sets a deadline."""

    title: str
    register: str
    where: str
    state: str
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
    return len(open_for(place.actor, today=place.today, institution=place.institution, limit=BADGE))


def _task(place: Place, item: Open) -> Task:
    record, spec = item.record, item.spec
    return Task(
        title=reference_text(record),
        register=str(spec.name),
        where=unit_name(record.institution.unit) if place.institution is None else "",
        state=str(spec.states[record.state]),
        step=str(item.steps[0][1].label),
        due=item.due_on,
        is_late=item.is_overdue,
        url=place.url("record", spec.code, record.uid),
    )
