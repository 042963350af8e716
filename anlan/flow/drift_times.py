"""The honest times against what they follow from: the record's dates, its first recording, and the records beside it.

No entry tells them (`flow.times`, `flow.hindsight`), so they are reckoned again, one register of one institution at a time.
What the worker has not looked at yet may still stand as the last look left it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault
from anlan.flow.hindsight import Seen, readable, seen, written
from anlan.flow.models import LookBack
from anlan.flow.prepare import json_value
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.flow.times import first_batch_mark, times_of
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.models import Entry
from anlan.org.scope import as_system


def drift_of_times(*, after: str | None = None, limit: int = CHUNK) -> Chunk:
    """Reckon the times again behind a place `register/institution`, whole registers of institutions until `limit` is reached."""
    drifts: list[Drift] = []
    count = 0
    for spec, institution_id in _pairs_behind(after):
        found, here = drift_of_pair(spec, institution_id)
        drifts += found
        count += here
        if count >= limit:
            return Chunk(drifts=tuple(drifts), last=f"{spec.code}/{institution_id}", seen=count)
    return Chunk(drifts=tuple(drifts), last=None, seen=count)


def drift_of_record_times(record: Register, spec: RegisterSpec) -> tuple[Drift, ...]:
    """Reckon the times of one record again, beside its neighbours, whoever may see those."""
    with as_system("honest times of one record"):
        found, _count = drift_of_pair(spec, record.institution_id)
    return tuple(drift for drift in found if drift.record_uid == record.uid)


def _pairs_behind(after: str | None) -> Iterator[tuple[RegisterSpec, int]]:
    code, _slash, last = (after or "/0").partition("/")
    specs = [spec for spec in all_registers() if spec.code >= code]
    for spec in sorted(specs, key=lambda spec: spec.code):
        at: int | None = int(last) if spec.code == code else 0
        while at is not None:
            beyond = spec.model.objects.filter(institution_id__gt=at).order_by("institution_id")
            at = beyond.values_list("institution_id", flat=True).first()
            if at is not None:
                yield spec, at


def drift_of_pair(spec: RegisterSpec, institution_id: int) -> tuple[list[Drift], int]:
    """Reckon the times of one register of one institution again; return what differs and how many records there are."""
    looked = LookBack.objects.values_list("size", flat=True).first() or 0
    rows = readable(written(spec, institution_id).order_by("pk"))
    waiting = _Waiting(spec, institution_id, looked)
    allowed = _allowed(spec, rows, waiting)
    wanting = () if spec.is_timed and not waiting.count else (None,)  # not filled in yet, as after an update
    drifts = []
    for row in rows:
        follows = {name: (*wanting, value) for name, value in times_of(row, spec).items()} | dict(allowed[row.pk])
        for name, values in follows.items():
            if getattr(row, name) not in values:
                drifts.append(_drift(spec, row, name, values[-1]))
    return drifts, len(rows)


class _Waiting:
    """The entries of a pair that the worker has not looked at: their records, and whether they changed or erased something."""

    def __init__(self, spec: RegisterSpec, institution_id: int, looked: int) -> None:
        beyond = Q(position=None) | Q(position__index__gte=looked)
        entries = Entry.objects.filter(beyond, institution_id=institution_id, register=spec.code)
        told = list(entries.values_list("record_uid", "version", "step"))
        self.count = len(told)
        self.fresh = {uid for uid, version, _step in told if version == 1}
        self.has_changes = any(version > 1 for _uid, version, _step in told)
        self.has_erasure = any(step == ERASE for _uid, _version, step in told)


def _allowed(
    spec: RegisterSpec, rows: Sequence[Register], waiting: _Waiting
) -> Mapping[int, Mapping[str, tuple[Any, ...]]]:
    """Return by row what the columns of the later look may say; the last value is what follows now."""
    if not spec.is_timed:  # nobody looks at those
        return {row.pk: {"is_batch_entry": (first_batch_mark(row.batch_id),), "is_copied": (None,)} for row in rows}
    now = seen(spec, rows)
    then = seen(spec, (row for row in rows if row.uid not in waiting.fresh)) if waiting.fresh else now
    found: dict[int, dict[str, tuple[Any, ...]]] = {}
    for row in rows:
        before = then.get(row.pk)
        found[row.pk] = {}
        if not waiting.has_erasure:
            found[row.pk]["is_batch_entry"] = _between(before, now[row.pk], "is_batch_entry", _first(row))
        if not waiting.has_changes:
            found[row.pk]["is_copied"] = _between(before, now[row.pk], "is_copied", (None, False))
    return found


def _first(row: Register) -> tuple[bool | None, ...]:
    """What a record says of a batch before its look, and what a look finds of it alone."""
    first = first_batch_mark(row.batch_id)
    return (first, first or False)


def _between(before: Seen | None, now: Seen, name: str, fresh: tuple[bool | None, ...]) -> tuple[Any, ...]:
    """Return what a look at any moment until now may have found: each record that came more can only make it true.

    `before` is what the records say without those that the worker has not reached; null for one of these.
    """
    earliest = fresh if before is None else (getattr(before, name),)
    return (*earliest, getattr(now, name))


def _drift(spec: RegisterSpec, row: Register, name: str, follows: Any) -> Drift:
    return Drift(
        fault=Fault.TIMES,
        register=spec.code,
        record_uid=row.uid,
        institution_id=row.institution_id,
        number=row.number,
        column=name,
        row_says=json_value(getattr(row, name)),
        entries_say=json_value(follows),
    )
