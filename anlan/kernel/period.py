"""Calendar periods, and what is due in them on a given day.

A period is a whole calendar year, quarter or month. ``as_of`` is always the last day that counts, inclusive; a month
or quarter is due when its last day has passed by then.
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass

from anlan.kernel.errors import BadPeriod

_FORM = re.compile(r"(?P<year>\d{4})(?:-?Q(?P<quarter>[1-4])|-(?P<month>\d{1,2}))?")
_NAMES = {12: "year", 3: "quarter", 1: "month"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """A calendar year, quarter or month, from ``start`` to ``end``, both inclusive. Make it with a class method."""

    start: datetime.date
    end: datetime.date

    @classmethod
    def year(cls, year: int) -> Period:
        """Return the calendar year."""
        return cls._of(year, 1, 12)

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """Return quarter 1 to 4 of the year.

        Raises: BadPeriod.
        """
        if not 1 <= quarter <= 4:
            raise BadPeriod(f"Quarter {quarter} of {year} does not exist. Give 1 to 4.")
        return cls._of(year, quarter * 3 - 2, 3)

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Return month 1 to 12 of the year.

        Raises: BadPeriod.
        """
        if not 1 <= month <= 12:
            raise BadPeriod(f"Month {month} of {year} does not exist. Give 1 to 12.")
        return cls._of(year, month, 1)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Return the period written as ``2025``, ``2025Q3`` or ``2025-07``.

        Raises: BadPeriod.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise BadPeriod(f'"{text}" is not a period. Write 2025, 2025Q3 or 2025-07.')
        year = int(match["year"])
        if match["quarter"]:
            return cls.quarter(year, int(match["quarter"]))
        return cls.month(year, int(match["month"])) if match["month"] else cls.year(year)

    @classmethod
    def _of(cls, year: int, month: int, months: int) -> Period:
        start = datetime.date(year, month, 1)
        return cls(start=start, end=month_end(datetime.date(year, month + months - 1, 1)))

    def __str__(self) -> str:
        year, month = self.start.year, self.start.month
        return {12: f"{year}", 3: f"{year}Q{(month + 2) // 3}", 1: f"{year}-{month:02d}"}[self.length_months]

    def __contains__(self, day: datetime.date) -> bool:
        return self.start <= day <= self.end

    @property
    def length_months(self) -> int:
        """How many calendar months: 12, 3 or 1."""
        return self.end.month - self.start.month + 1

    @property
    def kind(self) -> str:
        """One of "year", "quarter", "month"."""
        return _NAMES[self.length_months]

    def back(self, years: int = 1) -> Period:
        """Return the same period of an earlier year."""
        return Period._of(self.start.year - years, self.start.month, self.length_months)

    def months(self) -> tuple[Period, ...]:
        """Return the calendar months of the period, in order."""
        return tuple(Period.month(self.start.year, month) for month in range(self.start.month, self.end.month + 1))

    def quarters(self) -> tuple[Period, ...]:
        """Return the whole quarters of the period, in order; none for a month."""
        if self.length_months < 3:
            return ()
        first, last = (self.start.month + 2) // 3, self.end.month // 3
        return tuple(Period.quarter(self.start.year, quarter) for quarter in range(first, last + 1))

    def cutoff(self, as_of: datetime.date) -> datetime.date:
        """Return the last day of the period that counts: the as-of day, or the end once the period is closed."""
        return min(as_of, self.end)

    def due_months(self, as_of: datetime.date) -> tuple[Period, ...]:
        """Return the months of the period whose last day is on or before the as-of day."""
        return tuple(month for month in self.months() if month.end <= as_of)

    def due_quarters(self, as_of: datetime.date) -> tuple[Period, ...]:
        """Return the quarters of the period whose last day is on or before the as-of day."""
        return tuple(quarter for quarter in self.quarters() if quarter.end <= as_of)


def month_end(day: datetime.date) -> datetime.date:
    """Return the last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_index(day: datetime.date) -> int:
    """Return a number that grows by one each calendar month: year × 12 + month."""
    return day.year * 12 + day.month


def years_back(day: datetime.date, years: int) -> datetime.date:
    """Return the same day of an earlier year; the last day of a month stays the last day of that month.

    Before the calendar begins there is its first day only.
    """
    if day.year <= years:
        return datetime.date.min
    if day == month_end(day):
        return month_end(datetime.date(day.year - years, day.month, 1))
    return day.replace(year=day.year - years)
