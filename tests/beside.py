"""A second request at the same time: work in a thread and a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from typing import Any

from django.db import connection

from anlan.org.scope import Actor, acting

OPEN_SECONDS = 0.6  # for which a test lets its own transaction stand open, so that what waits for it waits


class Beside:
    """Does something beside the test, acting as somebody, and keeps what came of it: a value, or the error."""

    def __init__(self, work: Callable[[], Any], *, by: Actor) -> None:
        self._came: Future[Any] = ThreadPoolExecutor(1).submit(self._run, work, by)

    def _run(self, work: Callable[[], Any], by: Actor) -> Any:
        try:
            with acting(by):
                return work()
        finally:
            connection.close()

    def result(self) -> Any:
        """Wait for the end, and return what came of it, an error too."""
        return self._came.exception(timeout=30) or self._came.result()


def stand_open() -> None:
    """Let the transaction of the test stand open for a moment."""
    sleep(OPEN_SECONDS)
