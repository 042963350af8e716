"""What the worker does for sign-in once an hour: failures that weigh nothing go, sessions that are over, requests that expired."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Protocol

from django.utils import timezone

from anlan.org.door import pace, sessions

HOUR_SECONDS = 3600.0


class Sweep(Protocol):
    """Work that is due once an hour."""

    def __call__(self, *, now: dt.datetime) -> object:
        """Do it."""
        ...


def door_rounds(*beside: Sweep) -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process, with what is swept in the same hour. Sweeping twice removes nothing more."""
    return (SweepDoor(beside),)


class SweepDoor:
    """A round of the worker. It is called every second and works once an hour."""

    __name__ = "sweep_door"

    def __init__(self, beside: tuple[Sweep, ...] = ()) -> None:
        self._next = 0.0
        self._sweeps: tuple[Sweep, ...] = (pace.sweep, sessions.sweep, *beside)

    def __call__(self) -> bool:
        """Sweep when it is time; tell whether it was."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + HOUR_SECONDS
        now = timezone.now()
        for sweep in self._sweeps:
            sweep(now=now)
        return True
