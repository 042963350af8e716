"""What followed a place in the log, compared alone: its entries, and the rows, evidence, files and times that they touched.

`anlan check --since` calls it. A row that somebody changed by SQL and no later entry touched is not looked at here: the whole
check and the running audit find it.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet

from anlan.flow.drift import confirmed, drift_of_entries, drift_of_rows, look, stages
from anlan.flow.drift_evidence import drift_of_evidence, drift_of_files
from anlan.flow.drift_times import drift_of_pair
from anlan.flow.drifts import CHUNK, Chunk, Drift
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.ledger.models import Entry

_BY_ENTRIES = ("entries", "evidence", "files", "times")


def entries_since(size: int) -> QuerySet[Entry]:
    """Return the entries from a position on, and those that wait for theirs."""
    return Entry.objects.filter(Q(position__index__gte=size) | Q(position=None))


def drift_since(size: int) -> Iterator[Drift]:
    """Yield what differs in what the entries from a position on touched, each difference once. Needs a system actor.

    What lies beside the registers and is small, as the organisation, is compared whole.
    """
    once = set()
    for look_at in _looks(size):
        for drift in _whole(look_at):
            if drift.key not in once:
                once.add(drift.key)
                yield drift


def _looks(size: int) -> Iterator[Callable[..., Chunk]]:
    known = {spec.code: spec for spec in all_registers()}
    touched: dict[str, set[uuid.UUID]] = defaultdict(set)
    pairs: set[tuple[str, int]] = set()
    told = entries_since(size).filter(register__in=known).values_list("register", "record_uid", "institution_id")
    for register, uid, institution_id in told.iterator(chunk_size=2000):
        touched[register].add(uid)
        pairs.add((register, institution_id))
    yield partial(drift_of_entries, among=entries_since(size))
    for register, uids in sorted(touched.items()):
        listed = sorted(uids)
        for start in range(0, len(listed), CHUNK):
            part = listed[start : start + CHUNK]
            yield partial(_rows, known[register], part)
            yield partial(drift_of_evidence, among=part)
            yield partial(drift_of_files, among=part)
    for register, institution_id in sorted(pairs):
        yield partial(_pair, known[register], institution_id)
    yield from (partial(look, name) for name in stages() if name not in known and name not in _BY_ENTRIES)


def _rows(spec: RegisterSpec, part: list[uuid.UUID], *, after: int | None = None, limit: int = CHUNK) -> Chunk:
    return drift_of_rows(spec, after=after or 0, limit=limit, among=part)


def _pair(spec: RegisterSpec, institution_id: int, *, after: Any = None, limit: int = CHUNK) -> Chunk:
    found, count = drift_of_pair(spec, institution_id)
    return Chunk(drifts=tuple(found), last=None, seen=count)


def _whole(look_at: Callable[..., Chunk]) -> Iterator[Drift]:
    after, is_first = None, True
    while is_first or after is not None:
        chunk, is_first = confirmed(look_at, after=after), False
        yield from chunk.drifts
        after = chunk.last
