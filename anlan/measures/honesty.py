"""Honest times as figures: which share of a year's records was written down late, in a burst, at night, in a batch, or copied.

A late record is a fact, not an accusation; the figures stand beside the score and a rubric may ask for them. They read the
columns that every register has (``is_late`` and its neighbours), so every engine gives them, and nothing is reckoned until asked.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import StrEnum
from functools import reduce

from anlan.measures.algebra import Count, Definition, Ratio
from anlan.measures.bindings import burst_before, burst_since
from anlan.measures.predicate import ALWAYS, AS_OF, BURST_BEFORE, BURST_SINCE, Predicate, col


class Honesty(StrEnum):
    """What is told of the times and texts of records."""

    LATE = "late"
    BURST = "burst"
    NIGHT = "night"
    BATCH = "batch"
    COPIED = "copied"


def condition(kind: Honesty, *, as_of: datetime.date | None = None) -> Predicate:
    """Return the condition that a record meets; with `as_of` it holds days in place of symbols, for a query of records.

    Units:  limits are dated parameters as in force on the day of recording; those of a burst, on the as-of day.
    Nulls:  what nobody looked at yet (a batch or a copied text, minutes after writing) is not met.
    """
    if kind is Honesty.BURST:
        recorded, happened = col("recorded_on"), col("occurred_on")
        if as_of is not None:
            since, before = burst_since(as_of), burst_before(as_of)
            return (recorded >= since) & (recorded <= as_of) & (happened < before)
        return (recorded >= BURST_SINCE) & (recorded <= AS_OF) & (happened < BURST_BEFORE)
    columns = {
        Honesty.LATE: "is_late",
        Honesty.NIGHT: "is_night_entry",
        Honesty.BATCH: "is_batch_entry",
        Honesty.COPIED: "is_copied",
    }
    return col(columns[kind]).is_true()


def share(registers: Sequence[str], kind: Honesty) -> Ratio:
    """Return the share of the period's counted records that meet the condition, over one register or several.

    Nulls: no data where the institution has no record in them.
    """
    return Ratio(numerator=_records(registers, condition(kind)), denominator=_records(registers, ALWAYS))


def _records(registers: Sequence[str], where: Predicate) -> Definition:
    counts: list[Definition] = [Count(register=code, where=where) for code in registers]
    return reduce(lambda left, right: left + right, counts)
