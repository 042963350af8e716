"""Records of one institution as runs of rows, and the totals of each run.

A total is the difference of a running sum at the ends of two runs: the sum may pass 32 or 64 bits on its way, the
difference is right as long as the run's own total fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anlan.measures.errors import LakeUnsuited
from anlan.measures.runs.batch import Integers, Mask

Signed = NDArray[np.signedinteger[Any]]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The runs of a batch: the institution of each, ascending, its first and its last row."""

    ids: Ids
    starts: NDArray[np.intp]
    lasts: NDArray[np.intp]
    rows: int

    def lengths(self) -> Signed:
        """Return how many rows each run has."""
        return (self.lasts - self.starts + 1).astype(np.int32)

    def counts(self, mask: Mask) -> Signed:
        """Return how many rows of each run meet the mask."""
        return self._totals(mask.view(np.int8), np.int32)

    def sums(self, values: Integers) -> Signed:
        """Return the sum of each run's values."""
        return self._totals(values, np.int64)

    def unions(self, bits: Signed) -> Signed:
        """Return the bits set in any row of each run."""
        if self._is_trivial():
            return bits
        united: Signed = np.bitwise_or.reduceat(bits, self.starts)
        return united

    def _totals(self, values: Any, kind: type[np.signedinteger[Any]]) -> Signed:
        if self._is_trivial():
            return np.asarray(values, kind)
        running = np.cumsum(values, dtype=kind)
        ends = running.take(self.lasts)
        totals: Signed = np.empty_like(ends)
        totals[0] = ends[0]
        np.subtract(ends[1:], ends[:-1], out=totals[1:])
        return totals

    def _is_trivial(self) -> bool:
        return len(self.starts) == self.rows


def runs_of(ids: Integers) -> Runs:
    """Return the runs of equal ids.

    Raises: LakeUnsuited where the ids do not ascend.
    """
    begins = np.empty(len(ids), np.bool_)
    begins[:1] = True
    np.not_equal(ids[1:], ids[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    each = ids.take(starts).astype(np.int64)
    if (each[1:] < each[:-1]).any():
        raise LakeUnsuited("Records of a row group do not ascend by institution. Export the lake anew.")
    return Runs(ids=each, starts=starts, lasts=np.append(starts[1:] - 1, len(ids) - 1), rows=len(ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """Different values of each run, and those of the first and the last one, which neighbours may continue."""

    counts: Signed
    first: frozenset[object]
    last: frozenset[object]


def distinct(runs: Runs, codes: Integers, words: Any, mask: Mask) -> Distinct:
    """Return the different values among the rows of each run that meet the mask; ``words[code]`` is a value."""
    bits = max(len(words) - 1, 0).bit_length()
    chosen = np.flatnonzero(mask)
    run = np.cumsum(_begins(runs), dtype=np.int64).take(chosen) - 1
    keys = (run << bits) + codes.take(chosen)
    if len(runs.starts) << bits < 2**31:
        keys = keys.astype(np.int32)  # half as many bytes to sort
    keys.sort()
    is_new = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    keys = keys[is_new]
    last = (len(runs.starts) - 1) << bits
    return Distinct(
        counts=np.bincount(keys >> bits, minlength=len(runs.starts)).astype(np.int32),
        first=frozenset(words[code] for code in keys[: np.searchsorted(keys, 1 << bits)].tolist()),
        last=frozenset(words[code - last] for code in keys[np.searchsorted(keys, last) :].tolist()),
    )


def _begins(runs: Runs) -> Mask:
    begins = np.zeros(runs.rows, np.bool_)
    begins[runs.starts] = True
    return begins
