"""One record of the demo story before it is written: register, values, and how far its flow goes."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from config.demo.city import Hospital

YEARS = (2024, 2025)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """Stands for a record written earlier in the story, by its name within the hospital."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A record to write. `steps` are taken in order after the opening step; `name` lets later items refer to it.

    `recorded_on` is the day on which somebody wrote it down; the later steps follow on days that the values tell.
    """

    register: str
    values: dict[str, Any]
    steps: tuple[str, ...] = ()
    name: str = ""
    recorded_on: dt.date | None = None
    days: dict[str, dt.date] = field(default_factory=dict)


class Teller:
    """Chance for one hospital and register: the same every time the demo is made."""

    def __init__(self, hospital: Hospital, topic: str) -> None:
        self.hospital = hospital
        self._random = random.Random(f"anlan-demo:{hospital.code}:{topic}")  # noqa: S311  (a story, no secret)

    def chance(self, percent: float) -> bool:
        """Tell whether something of this chance happens."""
        return self._random.random() * 100 < percent

    def careful(self, slack: float = 1.0) -> bool:
        """Tell whether the hospital did it right; `slack` above 1 makes faults rarer."""
        return not self.chance((100 - self.hospital.care) / (3 * slack))

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        return self._random.randint(low, high)

    def pick(self, *choices: Any) -> Any:
        """Return one of the choices."""
        return self._random.choice(choices)

    def day(self, year: int, month: int) -> dt.date:
        """Return a day of the month."""
        return dt.date(year, month, self._random.randint(1, 28))

    def day_of_year(self, year: int) -> dt.date:
        """Return a day of the year."""
        return dt.date(year, 1, 1) + dt.timedelta(days=self._random.randint(0, 364))

    def late(self, day: dt.date, most: int = 3) -> dt.date:
        """Return when a careful clerk writes the thing down: the same day up to `most` days later."""
        return day + dt.timedelta(days=self._random.randint(0, most))

    def has(self, fault: str) -> bool:
        """Tell whether the hospital has the fault."""
        return fault in self.hospital.faults


def months(year: int) -> Iterator[tuple[int, int]]:
    """Yield (year, month) twelve times."""
    return ((year, month) for month in range(1, 13))


def size(hospital: Hospital) -> int:
    """Return a rough size from 1 (station) to 6 (large hospital), which scales how much happens."""
    return min(6, 1 + hospital.staff // 160)
