"""The honest times of a record: what follows from when it happened and when it was first written down.

`prepare` sets them before every write, without a query: the limits are dated parameters, as in force on the day of recording.
"""

import datetime as dt
from typing import Any, Protocol

from django.utils import timezone

from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.kernel.parameter import parameter_value

LATE_DAYS = "honesty.late_days"
NIGHT_FROM_HOUR = "honesty.night_from_hour"
NIGHT_TO_HOUR = "honesty.night_to_hour"
COLUMNS = ("recorded_on", "late_days", "is_late", "is_night_entry")


class Dated(Protocol):
    """A record as far as its own times go: a row, or what its entries tell."""

    recorded_at: dt.datetime
    occurred_on: dt.date


class Watched(Protocol):
    """A register as far as times and texts go: its declaration, or what a seal tells of it."""

    @property
    def is_timed(self) -> bool:
        """Whether the time between event and record is told."""
        ...

    @property
    def free_texts(self) -> tuple[str, ...]:
        """The columns in which people write sentences."""
        ...


def set_times(record: Register, spec: RegisterSpec) -> tuple[str, ...]:
    """Set the columns that follow from `recorded_at` and `occurred_on`, and return those that differ from before.

    A record of something in force is never late: its date says since when it holds, not that somebody waited.
    """
    found = times_of(record, spec)
    differing = tuple(name for name, value in found.items() if getattr(record, name) != value)
    for name in differing:
        setattr(record, name, found[name])
    return differing


def times_of(record: Dated, spec: Watched) -> dict[str, Any]:
    """Return the columns that follow from `recorded_at` and `occurred_on`, by name."""
    moment = timezone.localtime(record.recorded_at)
    day = moment.date()
    late_days = (day - record.occurred_on).days
    return {
        "recorded_on": day,
        "late_days": late_days,
        "is_late": spec.is_timed and late_days > parameter_value(LATE_DAYS, on=day),
        "is_night_entry": is_night(moment),
    }


def first_batch_mark(batch: object | None) -> bool | None:
    """Return what a record says of a batch until it is looked back at (`flow.hindsight`): true for an import, else nothing."""
    return None if batch is None else True


def is_night(moment: dt.datetime) -> bool:
    """Tell whether a local moment lies in the night, whose first and last hours are parameters."""
    begins = parameter_value(NIGHT_FROM_HOUR, on=moment.date())
    ends = parameter_value(NIGHT_TO_HOUR, on=moment.date())
    return moment.hour >= begins or moment.hour < ends
