"""Chinese working days: weekends and holidays are off, make-up days are on. The table is data; an uncovered year is provisional."""

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDayTable:
    """Days that differ from Monday–Friday, for the years that a notice covers."""

    years: frozenset[int] = frozenset()
    off: frozenset[dt.date] = field(default_factory=frozenset)
    on: frozenset[dt.date] = field(default_factory=frozenset)

    def is_working(self, day: dt.date) -> bool:
        """Tell whether people work on the day."""
        if day in self.on:
            return True
        return day.weekday() < 5 and day not in self.off

    def is_provisional(self, day: dt.date) -> bool:
        """Tell whether the day's year is not covered, so that Monday–Friday was assumed."""
        return day.year not in self.years


_tables = [WorkingDayTable()]


def set_working_day_table(table: WorkingDayTable) -> None:
    """Replace the table that deadlines use."""
    _tables[:] = [table]


def working_day_table() -> WorkingDayTable:
    """Return the table that deadlines use."""
    return _tables[0]


def add_working_days(start: dt.date, days: int, *, table: WorkingDayTable) -> dt.date:
    """Return the `days`-th working day after `start`; the start itself does not count. `days` is at least 1."""
    if days < 1:
        raise ValueError(f"A deadline of {days} working days makes no sense; give 1 or more.")
    day, left = start, days
    while left:
        day += dt.timedelta(days=1)
        left -= table.is_working(day)
    return day
