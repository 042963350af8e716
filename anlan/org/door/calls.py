"""Paces programs that call a public address without an account: the logs that show their checkpoints to this node as a witness.

Each call weighs on one row. Of a log that is known here it is the log's name together with the address, so that nobody slows
a hospital from elsewhere by sending its public checkpoints again; of all others it is the address. One call each two
seconds weighs nothing; thirty at once are free.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from anlan.org.door.pace import Weight, add, wait

CALLS = Weight(free=30, sinks_seconds=2, longest=10, doubles=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: from which address, and of which log, by name, where that log is known here; else empty."""

    address: str
    log: str = ""

    @property
    def key(self) -> str:
        """The row that the call weighs on. Names are kept as hashes, since they may be long."""
        if not self.log:
            return f"caller:{self.address}"
        return f"log:{hashlib.sha256(f'{self.log}@{self.address}'.encode()).hexdigest()[:40]}"


def call_wait_seconds(call: Call, *, now: dt.datetime) -> int:
    """Return how long the call must wait; 0 lets it go on."""
    return wait(call.key, CALLS, now=now)


def called(call: Call, *, now: dt.datetime) -> None:
    """Note that the call was answered, however; one that had to wait is not counted."""
    add(call.key, CALLS, now=now)
