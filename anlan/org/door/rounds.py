"""What the worker does for sign-in once an hour: it removes failures that weigh nothing and sessions that are over."""

import time
from collections.abc import Callable

from django.utils import timezone

from anlan.org.door import pace, sessions

HOUR_SECONDS = 3600.0


def door_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process. Each process sweeps; sweeping twice removes nothing more."""
    return (SweepDoor(),)


class SweepDoor:
    """A round of the worker. It is called every second and works once an hour."""

    __name__ = "sweep_door"

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> bool:
        """Sweep when it is time; tell whether it was."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + HOUR_SECONDS
        now = timezone.now()
        pace.sweep(now=now)
        sessions.sweep(now=now)
        return True
