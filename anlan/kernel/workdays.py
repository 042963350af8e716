"""Working days of China: Monday to Friday, moved by the yearly notice of holidays and make-up days.

The table is data. A year that it does not cover is reckoned as Monday to Friday, and the answer says that it is
provisional, so that deadlines can be reckoned again when the notice arrives.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkdayTable:
    """Holidays that fall on weekdays, make-up days that fall on weekends, and the years that a notice covers."""

    years: frozenset[int]
    holidays: frozenset[datetime.date] = frozenset()
    makeup_days: frozenset[datetime.date] = frozenset()

    def is_workday(self, day: datetime.date) -> bool:
        """Return whether people work on the day."""
        if day in self.makeup_days:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def is_covered(self, day: datetime.date) -> bool:
        """Return whether a notice covers the day's year."""
        return day.year in self.years


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A day reckoned in working days. ``is_provisional``: a day counted on the way lies in a year without a notice."""

    day: datetime.date
    is_provisional: bool


def add_workdays(start: datetime.date, days: int, *, table: WorkdayTable) -> Reckoned:
    """Return the day that is so many working days after ``start``; the start itself never counts.

    0 gives the start, or the next working day when nobody works on it.
    """
    if days < 0:
        raise ValueError(f"{days} working days lie in the past; deadlines are reckoned forwards. Give 0 or more.")
    day, left, covered = start, days, table.is_covered(start)
    while left > 0 or not table.is_workday(day):
        day += _DAY
        covered = covered and table.is_covered(day)
        left -= table.is_workday(day) and left > 0
    return Reckoned(day=day, is_provisional=not covered)


def workdays_between(start: datetime.date, end: datetime.date, *, table: WorkdayTable) -> int:
    """Return the working days after ``start`` up to and including ``end``; 0 when the end is not later."""
    count, day = 0, start
    while day < end:
        day += _DAY
        count += table.is_workday(day)
    return count
