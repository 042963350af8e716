"""What one grouped scan computes: aggregates, the days they look at, and the scan that fuses them.

Made by the planner; lowered by ``sql.py``. Days and months are named parameters (``as_of_1`` is the as-of day one year
earlier), so that one text serves every period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from anlan.measures.predicate import ALWAYS, Predicate, columns_of
from anlan.measures.schema import RegisterTable

AggregateKind = Literal["count", "sum", "distinct", "mask", "months"]


def shifted(name: str, years: int) -> str:
    """Return the name of a day's parameter so many years back: ``as_of``, then ``as_of_1``."""
    return f"{name}_{years}" if years else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days an aggregate looks at: from ``lower`` (None = the first record) to ``upper``, both inclusive.

    Both are names of parameters, already moved ``years_back``.
    """

    column: str
    lower: str | None
    upper: str
    years_back: int = 0


def spanning(ranges: tuple[Days, ...]) -> Days | None:
    """Return the one range that spans all of them, when all speak of one column; None otherwise."""
    if len({days.column for days in ranges}) != 1:
        return None
    oldest = max(ranges, key=lambda days: days.years_back)
    latest = min(days.years_back for days in ranges)
    uppers = {days.upper for days in ranges if days.years_back == latest}
    return Days(
        column=oldest.column,
        lower=None if any(days.lower is None for days in ranges) else oldest.lower,
        upper=uppers.pop() if len(uppers) == 1 else shifted("as_of", latest),
        years_back=latest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One number per institution from one register.

    "mask" is the set of months (bits 0–11) or quarters (0–3) with a record; "months" is the sum of due months in force.
    """

    kind: AggregateKind
    column: str = ""
    per: Literal["", "month", "quarter"] = ""
    where: Predicate = ALWAYS
    days: Days | None = None
    years_back: int = 0
    is_whole: bool = False

    @property
    def is_additive(self) -> bool:
        """Whether counters of disjoint sets of records add up (coverage adds up as counts by month)."""
        return self.kind != "distinct"

    def columns(self) -> Iterator[str]:
        """Yield the columns that the aggregate reads, repeats included."""
        if self.column:
            yield self.column
        if self.days is not None:
            yield self.days.column
        yield from columns_of(self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All aggregates over one register: one pass, one group per institution.

    ``aliases`` name the aggregates in order; ``days`` is the range pushed down to the whole scan, and ``where`` the
    conditions that every aggregate shares.
    """

    register: RegisterTable
    aggregates: tuple[Aggregate, ...]
    aliases: tuple[str, ...]
    days: tuple[Days, ...] = ()
    where: Predicate = ALWAYS

    def columns(self) -> tuple[str, ...]:
        """Return the columns read, each once, the institution's key first."""
        names = [self.register.institution]
        if self.register.counted:
            names.append(self.register.counted)
        for aggregate in self.aggregates:
            names.extend(aggregate.columns())
            if aggregate.kind == "months":
                names.extend((self.register.date, self.register.ended))
        return tuple(dict.fromkeys(names))
