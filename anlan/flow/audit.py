"""The running audit: a round of the worker that walks through rows, entries and evidence, slowly and for ever.

It remembers its place in a table, so that a restart goes on where it stopped. What it meets is stored without values, shown
to those who keep or audit the registers, and written to the log. It repairs nothing.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from anlan.flow.drift import look, stages
from anlan.flow.drifts import Chunk, Drift
from anlan.flow.models import AuditFinding, AuditWalk
from anlan.org.scope import as_system

ROWS = 500
SECONDS_BETWEEN = 5.0  # a writer on the same disk should not notice: 500 rows take about 25 ms
_NAME = "rows"
_log = logging.getLogger("anlan.audit")


def audit_rounds(*, every_seconds: float = SECONDS_BETWEEN) -> tuple[Callable[[], object], ...]:
    """Return the audit as a round of the worker, which calls it every second; most calls do nothing."""
    next_at = 0.0

    def compare_rows_with_entries() -> int:
        nonlocal next_at
        if time.monotonic() < next_at:
            return 0
        next_at = time.monotonic() + every_seconds
        return audit_chunk(now=timezone.now())

    return (compare_rows_with_entries,)


def audit_chunk(*, now: dt.datetime, rows: int = ROWS) -> int:
    """Compare the next chunk, store what it found, and return how many things were compared."""
    walk = AuditWalk.objects.get_or_create(name=_NAME, defaults={"started_at": now})[0]
    names = stages()
    stage = walk.stage if walk.stage in names else names[0]
    with as_system("running audit"):
        chunk = confirmed(stage, after=_key(walk.after), limit=rows)
    with transaction.atomic():
        if not _step(walk, names, stage, chunk, now=now):
            return 0  # another worker was here first
        fresh = [drift for drift in chunk.drifts if _store(drift, now=now)]
        if chunk.last is None and stage == names[-1]:
            AuditFinding.objects.filter(gone_at=None, last_seen_at__lt=walk.started_at).update(gone_at=now)
    for drift in fresh:
        _log.warning("Drift %s: %s, %s. The row and the ledger differ.", drift.fault.value, drift.place, drift.column)
    return chunk.seen


def confirmed(stage: str, *, after: str | int | None, limit: int) -> Chunk:
    """Look at a chunk; what differs is looked at again, since a write may have come between row and entries."""
    chunk = look(stage, after=after, limit=limit)
    if not chunk.drifts:
        return chunk
    again = look(stage, after=after, limit=limit).drifts
    return Chunk(drifts=tuple(drift for drift in chunk.drifts if drift in again), last=chunk.last, seen=chunk.seen)


def walk_of_audit() -> AuditWalk | None:
    """Return how far the audit is; null before its first chunk."""
    return AuditWalk.objects.filter(name=_NAME).first()


def _key(text: str) -> str | int | None:
    return int(text) if text.isdecimal() and len(text) < 64 else text or None


def _step(walk: AuditWalk, names: Sequence[str], stage: str, chunk: Chunk, *, now: dt.datetime) -> bool:
    """Move the place on by one chunk, unless somebody else did; tell whether it was moved."""
    mine = AuditWalk.objects.filter(name=_NAME, turn=walk.turn)
    seen = walk.seen + chunk.seen
    if chunk.last is not None:
        return bool(mine.update(turn=F("turn") + 1, stage=stage, after=str(chunk.last), seen=seen))
    at = names.index(stage) + 1
    if at < len(names):
        return bool(mine.update(turn=F("turn") + 1, stage=names[at], after="", seen=seen))
    ended = {"ended_at": now, "ended_seen": seen, "started_at": now}
    return bool(mine.update(turn=F("turn") + 1, stage=names[0], after="", seen=0, **ended))


def _store(drift: Drift, *, now: dt.datetime) -> bool:
    """Store a finding; tell whether it is new, or met again after it had gone."""
    fault, register, whose, column = drift.key
    known = AuditFinding.objects.filter(fault=fault, register=register, whose=whose[:64], column=column[:80])
    if known.filter(gone_at=None).update(last_seen_at=now):
        return False
    if known.update(last_seen_at=now, gone_at=None):
        return True
    AuditFinding.objects.create(
        fault=fault,
        register=register,
        whose=whose[:64],
        column=column[:80],
        record_uid=drift.record_uid,
        institution_id=drift.institution_id,
        number=drift.number[:40],
        first_seen_at=now,
        last_seen_at=now,
    )
    return True
