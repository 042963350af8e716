"""Months and quarters of days, by looking days up in a small table."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from anlan.measures.runs.batch import Batch
from anlan.measures.runs.grouping import Signed

_SPAN = 100_000  # days that a table holds at most; three centuries


def by_day(batch: Batch, column: str, table: Callable[[int, int], Signed]) -> Signed:
    """Return the table's number for the day of every record; a record without a day gets any.

    ``table`` makes the numbers of all days between the first and the last: there are far fewer days than records.
    """
    days = batch.numbers(column)
    values = days.values
    if days.valid is not None:
        values = np.where(days.valid, values, values[np.argmax(days.valid)])
    low, high = int(values.min()), int(values.max())
    if high - low > _SPAN:
        each, places = np.unique(values, return_inverse=True)
        return np.concatenate([table(day, day) for day in each.tolist()]).take(places)
    return table(low, high).take(values - low, mode="clip")


def _calendar(low: int, high: int) -> NDArray[np.int64]:
    """Months since 1970 of each day."""
    return np.arange(low, high + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


@lru_cache(maxsize=256)
def months(low: int, high: int) -> Signed:
    """Month indexes (``anlan.kernel.period.month_index``) of consecutive days."""
    return (_calendar(low, high) + 1970 * 12 + 1).astype(np.int32)


@lru_cache(maxsize=256)
def whole_months(low: int, high: int) -> Signed:
    """The first month that is whole from the day on: the next one, unless the day is the first of its month."""
    calendar = _calendar(low, high)
    is_first = np.arange(low, high + 1) == calendar.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    first: Signed = (calendar + 1970 * 12 + 2 - is_first).astype(np.int32)
    return first


@lru_cache(maxsize=256)
def month_bits(low: int, high: int) -> Signed:
    """One bit for the month of each day, January first."""
    return (1 << _calendar(low, high) % 12).astype(np.int16)


@lru_cache(maxsize=256)
def quarter_bits(low: int, high: int) -> Signed:
    """One bit for the quarter of each day."""
    return (1 << _calendar(low, high) % 12 // 3).astype(np.int16)
