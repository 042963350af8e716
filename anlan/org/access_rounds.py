"""The rounds of the access log beside the worker's jobs: digests for the ledger, and lines for a syslog server."""

import time
from collections.abc import Callable

from anlan.org.access_keeping import digest_new
from anlan.org.syslog import forward

DIGEST_SECONDS, FORWARD_SECONDS = 30.0, 2.0


def access_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process. The worker calls them every second; each looks at the database less often."""
    return (_every(DIGEST_SECONDS, digest_new), _every(FORWARD_SECONDS, forward))


def _every(seconds: float, work: Callable[[], object]) -> Callable[[], object]:
    due = 0.0

    def look() -> object:
        nonlocal due
        if time.monotonic() < due:
            return None
        due = time.monotonic() + seconds
        return work()

    look.__name__ = work.__name__
    return look
