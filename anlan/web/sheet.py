"""The page of one record: status, facts, files, timeline, and the steps that this person may take next."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from anlan.flow.declare import Step
from anlan.flow.models import Evidence
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.org.policy import may
from anlan.org.scope import Actor
from anlan.org.roles import Reach
from anlan.web.cells import Cell, groups_of, state_tone
from anlan.web.place import Place
from anlan.web.timeline import Event, timeline

ASIDE = ("correct", "annul")
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
    url: str = ""


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


def page_of_record(spec: RegisterSpec, record: Register, *, actor: Actor, place: Place) -> RecordPage:
    """Return everything that the page of a record shows to this person."""
    options = steps_for(spec, record, actor=actor, place=place)
    return RecordPage(
        tone=state_tone(spec, record.state),
        state=str(spec.states[record.state]),
        is_done=record.state in spec.final,
        owner=getattr(record, "owner_post", "") or getattr(record, "holder_name", "") if _shows_owner(spec) else "",
        groups=groups_of(spec, record, actor=actor),
        files=_files(record),
        events=timeline(spec, record, actor=actor),
        steps=[option for option in options if not option.is_aside],
        asides=[option for option in options if option.is_aside],
    )


def _shows_owner(spec: RegisterSpec) -> bool:
    return spec.field_sensitivity.get("owner_post") in ("public", "internal")


def steps_for(spec: RegisterSpec, record: Register, *, actor: Actor, place: Place | None = None) -> list[Option]:
    """Return the steps that start from the record's state and that the person may take."""
    return [_option(name, step, spec, record, place) for name, step in spec.steps_from(record.state) if _may(step, spec, record, actor)]


def _may(step: Step, spec: RegisterSpec, record: Register, actor: Actor) -> bool:
    if not may(actor, step.by, institution=record.institution, sensitivity=spec.sensitivity):
        return False
    grants = [grant for grant in actor.grants if grant.role.answers_to(step.by)]
    if any(grant.role.reach is not Reach.DEPARTMENT for grant in grants):
        return True
    return record.recorded_by_id == actor.person_id or any(grant.unit_id == record.department_id for grant in grants)


def _option(name: str, step: Step, spec: RegisterSpec, record: Register, place: Place | None) -> Option:
    return Option(
        name=name,
        label=str(step.label),
        consequence=str(step.consequence),
        icon=ICONS.get(name, "arrow-back-up" if step.needs_reason else "arrow-right"),
        is_aside=name in (*ASIDE, "end"),
        is_danger=name == "annul",
        url=place.url("step", spec.code, record.uid, name) if place is not None else "",
    )


def _files(record: Register) -> list[dict[str, Any]]:
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
