"""The page of one record: status, facts, files, timeline, and the steps that this person may take next."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from anlan.flow.authority import STANDING_STEPS, offered_steps
from anlan.flow.cases import clearance_in_record, files_are_open
from anlan.flow.declare import Step
from anlan.flow.masking import may_read
from anlan.flow.models import Evidence
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.flow.timeline import Change, Happening, timeline
from anlan.org.parties import Capacity
from anlan.web.cases import who_is
from anlan.web.cells import Cell, groups_of, state_tone
from anlan.web.place import Place

ICONS = {"correct": "edit", "annul": "trash", "end": "player-play"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A step that the person may take now."""

    name: str
    label: str
    consequence: str
    icon: str
    is_aside: bool
    is_danger: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One happening of the timeline. `late_days` tells how long after the fact the record was opened, 0 when in time.

    `changes` are what a later step replaced or filled in, a masked column with its name alone. `parties` are those whom the step let
    in, or whose part it ended: capacity and name.
    """

    what: Happening
    changes: tuple[Change, ...]
    late_days: int
    parties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What the page of a record shows."""

    tone: str
    state: str
    is_done: bool
    owner: str
    groups: list[tuple[str, list[Cell]]]
    files: list[dict[str, Any]]
    events: list[Event]
    steps: list[Option]
    asides: list[Option]


def page_of_record(spec: RegisterSpec, record: Register, *, place: Place) -> RecordPage:
    """Return everything that the page of a record shows to this person."""
    options = steps_for(spec, record, place=place)
    clearance = clearance_in_record(record)
    return RecordPage(
        tone=state_tone(spec, record.state),
        state=str(spec.states[record.state]),
        is_done=record.state in spec.final,
        owner=_owner(spec, record, clearance),
        groups=groups_of(spec, record, clearance=clearance),
        files=_files(record),
        events=[_event(record, what) for what in reversed(timeline(record))],
        steps=[option for option in options if not option.is_aside],
        asides=[option for option in options if option.is_aside],
    )


def _owner(spec: RegisterSpec, record: Register, clearance: int) -> str:
    names = (name for name in ("owner_post", "custodian_post", "head_post") if hasattr(record, name))
    return next((str(getattr(record, name)) for name in names if may_read(spec, name, clearance=clearance)), "")


def _event(record: Register, what: Happening) -> Event:
    is_opening = what.version == 1
    late = record.late_days if is_opening and record.is_late and record.late_days else 0
    parties = tuple((str(Capacity(party.capacity).label), who_is(party)) for party in what.parties)
    return Event(what=what, changes=() if is_opening else what.changes, late_days=late, parties=parties)


def steps_for(spec: RegisterSpec, record: Register, *, place: Place) -> list[Option]:
    """Return the steps that start from the record's state and that the person may take."""
    return [_option(name, step, spec, record, place) for name, step in offered_steps(record, to=place.actor)]


def _option(name: str, step: Step, spec: RegisterSpec, record: Register, place: Place) -> Option:
    return Option(
        name=name,
        label=str(step.label),
        consequence=str(step.consequence),
        icon=ICONS.get(name, "arrow-back-up" if step.needs_reason else "arrow-right"),
        is_aside=name in STANDING_STEPS,
        is_danger=name == "annul",
        url=place.url("step", spec.code, record.uid, name),
    )


def _files(record: Register) -> list[dict[str, Any]]:
    if not files_are_open(record):
        return []
    rows = Evidence.objects.filter(record_uid=record.uid).select_related("by").order_by("version", "pk")
    return [
        {
            "name": row.name,
            "url": reverse("web:evidence", args=(row.uid,)),
            "is_image": row.content_type.startswith("image/"),
            "who": row.by.name if row.by else "",
            "at": row.at,
        }
        for row in rows
    ]
