"""The timeline of a record, read from the ledger: each step with who, when, what changed and why."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.ledger.models import Entry
from anlan.org.models import Person
from anlan.org.policy import readable
from anlan.org.scope import Actor
from anlan.web.cells import say

LATE_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step that was taken. `changes` are (label, before, after) in words; `late_days` counts from the event itself."""

    title: str
    who: str
    at: dt.datetime
    note: str
    origin: str
    changes: tuple[tuple[str, str, str], ...]
    late_days: int
    is_first: bool


def timeline(spec: RegisterSpec, record: Register, *, actor: Actor) -> list[Event]:
    """Return the steps of a record, newest first. Columns that the person may not read are left out."""
    entries = list(Entry.objects.filter(record_uid=record.uid).order_by("version"))
    names = dict(Person.objects.filter(pk__in={entry.actor_id for entry in entries}).values_list("pk", "name"))
    return list(_events(spec, record, entries, names, actor))[::-1]


def _events(
    spec: RegisterSpec, record: Register, entries: list[Entry], names: dict[int, str], actor: Actor
) -> Iterator[Event]:
    known: dict[str, Any] = {}
    for entry in entries:
        content = json.loads(entry.content) if entry.content else {}
        step = spec.steps.get(entry.step)
        days = (entry.recorded_at.date() - entry.occurred_on).days
        is_first = entry is entries[0]
        yield Event(
            title=str(step.label) if step else entry.step,
            who=names.get(entry.actor_id or 0, _("The system")),
            at=entry.recorded_at,
            note=content.get("reason", ""),
            origin=json.loads(entry.header).get("origin", ""),
            changes=() if is_first else tuple(_changes(spec, record, content, known, actor)),
            late_days=days if is_first and days > LATE_DAYS and not spec.is_standing else 0,
            is_first=is_first,
        )
        known |= content


def _changes(
    spec: RegisterSpec, record: Register, content: dict[str, Any], known: dict[str, Any], actor: Actor
) -> Iterator[tuple[str, str, str]]:
    for field in spec.model._meta.concrete_fields:
        if field.attname not in content or field.name in {"state", "is_counted", "extra"}:
            continue
        if not readable(actor, spec.field_sensitivity[field.name], institution=record.institution):
            continue
        before, after = _word(field, known.get(field.attname)), _word(field, content[field.attname])
        if before != after:
            yield str(spec.label(field.name)), before, after


def _word(field: "models.Field[Any, Any]", value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(field, models.ForeignKey):
        return f"#{value}"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return say(value)
