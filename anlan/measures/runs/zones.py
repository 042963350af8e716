"""What the footer of a file says of a row group, and which conditions that decides without reading it.

A file of the year's records proves "within the year" for all of them; then the column of days need not be decoded. A row
group outside the window is not read at all.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from anlan.measures.predicate import ColumnName, Compare, IsIn, IsNull, IsTrue, Predicate, Scalar
from anlan.measures.runs.conditions import OPERATORS

_EXACT = 8  # letters: writers may shorten the bounds of longer texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One column of one row group: bounds of its values, and how many are null."""

    low: Any
    high: Any
    nulls: int
    rows: int


def zone_of(column: Any, rows: int) -> Zone | None:
    """Return what a column chunk's statistics say; None where they say too little."""
    statistics = column.statistics
    if statistics is None or not statistics.has_null_count:
        return None
    if statistics.null_count == rows:
        return Zone(low=None, high=None, nulls=rows, rows=rows)
    if not statistics.has_min_max:
        return None
    low, high = statistics.min, statistics.max
    if not isinstance(low, int | bool | str | Decimal | datetime.date) or isinstance(low, datetime.datetime):
        return None
    return Zone(low=low, high=high, nulls=statistics.null_count, rows=rows)


def proof_of(atom: Predicate, zones: Mapping[str, Zone]) -> bool | None:
    """Return whether every record of the row group meets the atom (True), none does (False), or that is open (None)."""
    match atom:
        case IsNull(column=column) if column in zones:
            zone = zones[column]
            return True if zone.nulls == zone.rows else False if zone.nulls == 0 else None
        case IsTrue(column=column) if column in zones:
            return _compared(zones[column], "=", True)
        case Compare(column=column, op=op, operand=ColumnName() as other) if other.name in zones:
            return False if zones[other.name].nulls == zones[other.name].rows else None
        case Compare(column=column, op=op, operand=operand) if column in zones and not isinstance(operand, ColumnName):
            return _compared(zones[column], op, operand)
        case IsIn(column=column, values=values) if column in zones:
            each = [_compared(zones[column], "=", value) for value in values]
            return True if True in each else None if None in each else False
    return None


def _compared(zone: Zone, op: str, value: Any) -> bool | None:
    if zone.nulls == zone.rows:
        return False
    if not _is_comparable(zone, value):
        return None
    if op in ("=", "<>"):
        is_same = True if zone.low == zone.high == value else None if zone.low <= value <= zone.high else False
        met = is_same if op == "=" or is_same is None else not is_same
    else:
        # an order holds for all values when it holds for both bounds
        ends = {OPERATORS[op](zone.low, value), OPERATORS[op](zone.high, value)}
        met = ends.pop() if len(ends) == 1 else None
    return None if met and zone.nulls else met


def _is_comparable(zone: Zone, value: Scalar) -> bool:
    if isinstance(value, str):
        return isinstance(zone.low, str) and max(len(zone.low), len(zone.high)) <= _EXACT
    if isinstance(value, datetime.date):
        return isinstance(zone.low, datetime.date)
    return isinstance(zone.low, int | Decimal)
