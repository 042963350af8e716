"""The timeline of a record, read from its ledger entries: who took which step when, and what it changed, masked by privacy."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from anlan.flow.cases import clearance_in_record, files_are_open
from anlan.flow.masking import MASK, may_read, value_text
from anlan.flow.models import Evidence
from anlan.flow.prepare import content_columns
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.replay import BESIDE_COLUMNS, reason_key
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.ledger.models import Entry
from anlan.org.models import Person

# Columns that are no news to a reader.
_NO_NEWS = frozenset({"id", "number", "is_counted", "extra"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A column that a step changed: `before` and `after` as JSON values, the texts for people. All are the mask when masked."""

    name: str
    label: Any
    before: Any
    after: Any
    before_text: str
    after_text: str
    is_masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of a timeline, the oldest being version 1.

    `who` is null where the system acted. `is_erased` marks an entry whose content was lawfully destroyed.
    `origin` is screen, api, import, demo or system. `entry` is the entry's id, by which its receipt is found.
    """

    entry: uuid.UUID
    version: int
    step: str
    step_label: Any
    who: Person | None
    at: dt.datetime
    occurred_on: dt.date
    origin: str
    reason: str
    changes: tuple[Change, ...]
    evidence: tuple[Evidence, ...]
    is_erased: bool = False


def timeline(record: Register) -> tuple[Happening, ...]:
    """Return what happened to a record, oldest first, as the acting person may see it.

    The record must come from a scoped query. Four queries, and one per column that refers to another record.
    """
    spec = spec_of(record)
    entries = list(Entry.objects.filter(record_uid=record.uid).order_by("version"))
    people = Person.objects.in_bulk({entry.actor_id for entry in entries if entry.actor_id is not None})
    files: dict[int, list[Evidence]] = {}
    open_files = Evidence.objects.filter(record_uid=record.uid).order_by("pk") if files_are_open(record) else ()
    for file in open_files:
        files.setdefault(file.version, []).append(file)
    contents = [json.loads(entry.content) if entry.content is not None else {} for entry in entries]
    reader = _Reader(spec=spec, clearance=clearance_in_record(record), names=_names(spec, contents))
    values: dict[str, Any] = {}
    happened = []
    for entry, content in zip(entries, contents, strict=True):
        who = people.get(entry.actor_id) if entry.actor_id is not None else None
        changes = reader.changes(values, content)
        happened.append(_happening(spec, entry, content, who=who, changes=changes, files=files.get(entry.version, [])))
        values |= content
    return tuple(happened)


def _happening(
    spec: RegisterSpec,
    entry: Entry,
    content: Mapping[str, Any],
    *,
    who: Person | None,
    changes: tuple[Change, ...],
    files: Iterable[Evidence],
) -> Happening:
    step = spec.steps.get(entry.step)
    return Happening(
        entry=entry.uid,
        version=entry.version,
        step=entry.step,
        step_label=step.label if step else entry.step,
        who=who,
        at=entry.recorded_at,
        occurred_on=entry.occurred_on,
        origin=json.loads(entry.header)["origin"],
        reason=str(content.get(reason_key(content_columns(spec)), "")),
        changes=changes,
        evidence=tuple(files),
        is_erased=entry.content is None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Turns the contents of entries into changes. `names` maps (column, key) of a reference to its words."""

    spec: RegisterSpec
    clearance: int
    names: Mapping[tuple[str, Any], str]

    def changes(self, values: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[Change, ...]:
        fields = [field for field in self.spec.model._meta.concrete_fields if field.attname in content]
        shown = [field for field in fields if field.name not in _NO_NEWS and field.attname not in BESIDE_COLUMNS]
        return tuple(self._change(field, values.get(field.attname), content[field.attname]) for field in shown)

    def _change(self, field: "models.Field[Any, Any]", before: Any, after: Any) -> Change:
        label = self.spec.label(field.name)
        if not may_read(self.spec, field.name, clearance=self.clearance):
            return Change(
                name=field.name,
                label=label,
                before=MASK,
                after=MASK,
                before_text=MASK,
                after_text=MASK,
                is_masked=True,
            )
        was, is_now = self._text(field, before), self._text(field, after)
        if isinstance(field, models.ForeignKey):  # keys stay inside; people and programs get the words
            before, after = (was if before else None), (is_now if after else None)
        return Change(name=field.name, label=label, before=before, after=after, before_text=was, after_text=is_now)

    def _text(self, field: "models.Field[Any, Any]", value: Any) -> str:
        if field.name == "state" and value:
            return str(self.spec.states.get(value, value))
        if isinstance(field, models.ForeignKey) and value is not None:
            return self.names.get((field.attname, value), MASK)
        return value_text(field, value)


def _names(spec: RegisterSpec, contents: Iterable[Mapping[str, Any]]) -> dict[tuple[str, Any], str]:
    """Name every record that the contents refer to, in the reader's scope: what is hidden gets no name."""
    names: dict[tuple[str, Any], str] = {}
    contents = list(contents)
    for field in spec.model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            wanted = {content.get(field.attname) for content in contents} - {None}
            rows = field.related_model._default_manager.filter(pk__in=wanted) if wanted else ()
            names |= {(field.attname, row.pk): reference_text(row) for row in rows}
    return names
