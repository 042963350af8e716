"""The round that ends account requests on which nobody decided within a day. `config.rounds` runs it beside the worker's jobs."""

import time
from collections.abc import Callable

from django.utils import timezone

from anlan.org.account_requests import expire

EACH_SECONDS = 60.0


def account_request_rounds() -> tuple[Callable[[], object], ...]:
    """Return the rounds of one process. The worker calls them every second; they look each minute."""
    due = 0.0

    def expire_requests() -> int:
        nonlocal due
        if time.monotonic() < due:
            return 0
        due = time.monotonic() + EACH_SECONDS
        return expire(now=timezone.now())

    return (expire_requests,)
