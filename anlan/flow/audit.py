"""The running audit: a round of the worker that walks through rows, entries, evidence, tree and seals, slowly and for ever.

It remembers its place in a table, so that a restart goes on where it stopped. What it meets is stored without values, shown
to those who keep or audit the registers, and written to the log. It repairs nothing.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from anlan.flow.audit_findings import close_unmet, recheck_times, store_finding
from anlan.flow.drift import confirmed, look, stages
from anlan.flow.drift_ledger import drift_of_hashes, drift_of_heads, drift_of_tree
from anlan.flow.drifts import Chunk, Look
from anlan.flow.models import AuditWalk
from anlan.ledger.check_tree import tree_size
from anlan.org.scope import as_system

ROWS = 500
MOST_ROWS = 4000
SECONDS_BETWEEN = 5.0  # a writer on the same disk should not notice: 500 rows take about 25 ms
TURN = dt.timedelta(days=1)  # a whole turn takes no longer while MOST_ROWS suffice; a week lies far behind that
FILES = 20  # of a file of evidence every byte is read: it counts as so many rows
_NAME = "rows"
_LEDGER: Mapping[str, Look] = {"hashes": drift_of_hashes, "tree": drift_of_tree, "heads": drift_of_heads}
_log = logging.getLogger("anlan.audit")


def audit_rounds(
    *, every_seconds: float = SECONDS_BETWEEN, beside: Mapping[str, Look] | None = None
) -> tuple[Callable[[], object], ...]:
    """Return the audit as a round of the worker, which calls it every second; most calls do nothing.

    `beside` are the stages of rooms above this one, by name.
    """
    next_at = 0.0

    def compare_rows_with_entries() -> int:
        nonlocal next_at
        if time.monotonic() < next_at:
            return 0
        next_at = time.monotonic() + every_seconds
        return audit_chunk(now=timezone.now(), beside=beside)

    return (compare_rows_with_entries,)


def audit_chunk(*, now: dt.datetime, rows: int | None = None, beside: Mapping[str, Look] | None = None) -> int:
    """Compare the next chunk, store what it found, and return how many things were compared.

    `rows` are as many as the amount asks for; see `rows_per_round`.
    """
    walk = AuditWalk.objects.get_or_create(name=_NAME, defaults={"started_at": now})[0]
    looks = _looks(beside or {})
    stage = walk.stage if walk.stage in looks and walk.stage not in walk.done else _next(looks, walk.done)
    limit = rows or rows_per_round(walk)
    began = time.perf_counter()
    with as_system("running audit"):
        recheck_times(now=now)
        after = _key(walk.after) if stage == walk.stage else None
        chunk = confirmed(looks[stage], after=after, limit=max(1, limit // FILES) if stage == "files" else limit)
    spent = round((time.perf_counter() - began) * 1000)
    with transaction.atomic():
        if not _step(walk, tuple(looks), stage, chunk, now=now, spent_ms=spent):
            return 0  # another worker was here first
        fresh = [drift for drift in chunk.drifts if store_finding(drift, now=now)]
        if chunk.last is None and not _left(looks, [*walk.done, stage]):
            close_unmet(before=walk.started_at or now, now=now)
    for drift in fresh:
        _log.warning("Drift %s: %s, %s. The row and the ledger differ.", drift.fault.value, drift.place, drift.column)
    return chunk.seen


def rows_per_round(walk: AuditWalk) -> int:
    """Return how many rows a round compares, so that a whole turn takes a day at most, while a round stays short.

    The amount is that of the last turn, or before the first one guessed from the ledger: rows, entries and leaves.
    """
    amount = max(walk.ended_seen, 4 * tree_size())
    rounds = TURN.total_seconds() / SECONDS_BETWEEN
    return min(MOST_ROWS, max(ROWS, round(amount / rounds)))


def walk_of_audit() -> AuditWalk | None:
    """Return how far the audit is; null before its first chunk."""
    return AuditWalk.objects.filter(name=_NAME).first()


def _looks(beside: Mapping[str, Look]) -> dict[str, Look]:
    """Return every stage of a turn in order: rows and what lies beside them, the ledger, and what rooms above add."""
    return {**{name: partial(look, name) for name in stages()}, **_LEDGER, **beside}


def _left(names: Mapping[str, Look], done: Sequence[str]) -> list[str]:
    return [name for name in names if name not in done]


def _next(looks: Mapping[str, Look], done: Sequence[str]) -> str:
    """Return the first stage that the turn has not done; the first of all where none is left, as after a stage was taken away."""
    return (_left(looks, done) or list(looks))[0]


def _key(text: str) -> str | int | None:
    return int(text) if text.isdecimal() and len(text) < 64 else text or None


def _step(walk: AuditWalk, names: Sequence[str], stage: str, chunk: Chunk, *, now: dt.datetime, spent_ms: int) -> bool:
    """Move the place on by one chunk, unless somebody else did; tell whether it was moved."""
    mine = AuditWalk.objects.filter(name=_NAME, turn=walk.turn)
    seen, rounds, busy = walk.seen + chunk.seen, walk.rounds + 1, walk.busy_ms + spent_ms
    so_far = {"seen": seen, "rounds": rounds, "busy_ms": busy}
    if chunk.last is not None:
        return bool(mine.update(turn=F("turn") + 1, stage=stage, after=str(chunk.last), **so_far))
    done = [*walk.done, stage]
    left = [name for name in names if name not in done]
    if left:
        return bool(mine.update(turn=F("turn") + 1, stage=left[0], after="", done=done, **so_far))
    ended = {"ended_at": now, "ended_seen": seen, "ended_rounds": rounds, "ended_busy_ms": busy, "started_at": now}
    ended["ended_seconds"] = max(0, round((now - (walk.started_at or now)).total_seconds()))
    fresh = {"seen": 0, "rounds": 0, "busy_ms": 0, "done": []}
    return bool(mine.update(turn=F("turn") + 1, stage=names[0], after="", **fresh, **ended))
