"""The honest times against what they follow from: the record's dates, its first recording, and the records beside it.

No entry tells them (`flow.times`, `flow.hindsight`), so they are reckoned again, one register of one institution at a time.
What the worker has not looked at yet may still stand as the last look left it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from anlan.flow.drifts import CHUNK, UNREADABLE, Chunk, Drift, Fault
from anlan.flow.hindsight import Seen, seen, written
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
        found, here = _drift_of_pair(spec, institution_id)
        drifts += found
        count += here
        if count >= limit:
            return Chunk(drifts=tuple(drifts), last=f"{spec.code}/{institution_id}", seen=count)
    return Chunk(drifts=tuple(drifts), last=None, seen=count)


def drift_of_record_times(record: Register, spec: RegisterSpec) -> tuple[Drift, ...]:
    """Reckon the times of one record again, beside its neighbours, whoever may see those."""
    with as_system("honest times of one record"):
        found, _count = _drift_of_pair(spec, record.institution_id)
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


def _drift_of_pair(spec: RegisterSpec, institution_id: int) -> tuple[list[Drift], int]:
    looked = LookBack.objects.values_list("size", flat=True).first() or 0
    rows = _readable(written(spec, institution_id).order_by("pk"))
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


def _readable(rows: QuerySet[Register]) -> list[Register]:
    """Read the rows, leaving out those that hold no value of their column: the comparison with the entries names them."""
    try:
        return list(rows)
    except UNREADABLE:
        found = []
        for key in rows.values_list("pk", flat=True):
            with contextlib.suppress(*UNREADABLE):
                found += list(rows.filter(pk=key))
        return found


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
            found[row.pk]["is_batch_entry"] = _either(row, before, now[row.pk], "is_batch_entry")
        if not waiting.has_changes:
            found[row.pk]["is_copied"] = _either(row, before, now[row.pk], "is_copied")
    return found


def _either(row: Register, before: Seen | None, now: Seen, name: str) -> tuple[Any, ...]:
    if before is not None:
        return (getattr(before, name), getattr(now, name))
    return (first_batch_mark(row.batch_id) if name == "is_batch_entry" else None, getattr(now, name))


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
