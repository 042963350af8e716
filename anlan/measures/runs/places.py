"""The institutions of a range, and where in it a run belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anlan.measures.runs.batch import Mask
from anlan.measures.runs.grouping import Ids

_SPARSE = 16  # places of a table for each institution, beyond which searching is cheaper


class Places:
    """Ascending ids of a range; ids of records outside it, or of no institution, have no place."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._low, self.high = int(ids[0]), int(ids[-1])
        self._table: NDArray[np.int32] | None = None
        span = self.high - self._low + 1
        self._is_dense = span == len(ids)
        if not self._is_dense and span <= _SPARSE * len(ids):
            self._table = np.full(span, -1, np.int32)
            self._table[ids - self._low] = np.arange(len(ids), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, ids: Ids) -> tuple[Any, Mask | None]:
        """Return an index into the range for ascending ids, and which of them have a place (None: all)."""
        if len(ids) and ids[0] < self._low:
            where, kept = self.of(ids[np.searchsorted(ids, self._low) :])
            inside = np.ones(len(ids) - len(ids[ids < self._low]), np.bool_) if kept is None else kept
            return where, np.concatenate([np.zeros(len(ids) - len(inside), np.bool_), inside])
        if self._is_dense:
            return self._dense(ids), None
        places = self._searched(ids) if self._table is None else self._table.take(ids - self._low)
        kept = places >= 0
        return (places, None) if kept.all() else (places[kept], kept)

    def _dense(self, ids: Ids) -> Any:
        places = ids - self._low
        if len(places) and places[-1] - places[0] + 1 == len(places):
            return slice(int(places[0]), int(places[-1]) + 1)
        return places

    def _searched(self, ids: Ids) -> NDArray[np.int32]:
        places = np.searchsorted(self._ids, ids).astype(np.int32)
        return np.where(self._ids[places] == ids, places, -1).astype(np.int32)
