"""The timeline of a record, read from its ledger entries: who took which step when, and what it changed, masked by privacy."""

import datetime as dt
import json
import uuid
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from anlan.flow.authority import NAMING_STEPS
from anlan.flow.cases import clearance_in_record, files_are_open
from anlan.flow.masking import MASK, may_read, value_text
from anlan.flow.models import Evidence
from anlan.flow.parties import NamedParty, parties_told
from anlan.flow.prepare import content_columns
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.replay import BESIDE_COLUMNS, reason_key
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.kernel.parameter import parameter_value
from anlan.ledger.models import Entry
from anlan.ledger.placement import placed_at
from anlan.org.models import Person
from anlan.org.scope import current_actor

TREE_MINUTES = "honesty.tree_minutes"
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
    `placed_at` is when the tree received the entry; null while it waits. `is_apart`: that lies further from `at` than the
    parameter allows, so a clock was set wrong or the sequencer stood still; never of the demo's story.
    `is_correction`: it replaced a value that was there, or took the record out. `is_after_year`: and that after the
    record's year, to which its assessment belongs, was over.
    `parties` are those whom the step let in, or whose part it ended; where the reader may not know them they are left out, and so is the
    reason of a step that only names parties, since it may say who.
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
    placed_at: dt.datetime | None = None
    is_apart: bool = False
    is_correction: bool = False
    is_after_year: bool = False
    parties: tuple[NamedParty, ...] = ()


def timeline(record: Register) -> tuple[Happening, ...]:
    """Return what happened to a record, oldest first, as the acting person may see it.

    The record must come from a scoped query. Five queries, one per column that refers to another record, and two where a step
    named parties.
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
    asked: set[str] = set()  # the columns for which a step so far asked
    happened = []
    placed = placed_at(entry.pk for entry in entries)
    told = parties_told(record, contents, to=current_actor())
    for entry, content, parties in zip(entries, contents, told, strict=True):
        who = people.get(entry.actor_id) if entry.actor_id is not None else None
        changes = reader.changes(values, content)
        happened.append(
            _happening(
                spec,
                entry,
                content,
                who=who,
                changes=changes,
                files=files.get(entry.version, []),
                placed=placed.get(entry.pk),
                is_correction=_corrects(spec, entry, values, content, asked),
                parties=parties,
            )
        )
        values |= content
        asked.update(spec.steps[entry.step].fields if entry.step in spec.steps else ())
    return tuple(happened)


def _happening(
    spec: RegisterSpec,
    entry: Entry,
    content: Mapping[str, Any],
    *,
    who: Person | None,
    changes: tuple[Change, ...],
    files: Iterable[Evidence],
    placed: dt.datetime | None,
    is_correction: bool,
    parties: tuple[NamedParty, ...],
) -> Happening:
    step = spec.steps.get(entry.step)
    origin = json.loads(entry.header)["origin"]
    is_hidden = entry.step in NAMING_STEPS and not parties
    year_is_over = timezone.localtime(entry.recorded_at).year > entry.occurred_on.year
    return Happening(
        entry=entry.uid,
        version=entry.version,
        step=entry.step,
        step_label=step.label if step else entry.step,
        who=who,
        at=entry.recorded_at,
        occurred_on=entry.occurred_on,
        origin=origin,
        reason="" if is_hidden else str(content.get(reason_key(content_columns(spec)), "")),
        changes=changes,
        evidence=tuple(files),
        is_erased=entry.content is None,
        placed_at=placed,
        is_apart=origin != "demo" and placed is not None and _is_apart(entry.recorded_at, placed),
        is_correction=is_correction,
        is_after_year=is_correction and year_is_over,
        parties=parties,
    )


def _corrects(
    spec: RegisterSpec, entry: Entry, values: Mapping[str, Any], content: Mapping[str, Any], asked: Container[str]
) -> bool:
    """Whether an entry replaced what people had filled in. A state or a deadline that moves on is no correction.

    Nor is the first answer to a question: a column's default, such as "no mediation", stood there before anybody was asked.
    """
    if entry.step in ("correct", "annul"):
        return True
    return any(
        values.get(field.attname) not in (None, "")
        and values[field.attname] != content[field.attname]
        and (field.name in asked or values[field.attname] != field.get_default())
        for field in spec.fields
        if field.attname in content
    )


def _is_apart(recorded: dt.datetime, placed: dt.datetime) -> bool:
    minutes = parameter_value(TREE_MINUTES, on=timezone.localtime(recorded).date())
    return abs(placed - recorded) > dt.timedelta(minutes=minutes)


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
