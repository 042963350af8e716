"""A second request at the same time: work in a thread and a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from anlan.org.scope import Actor, acting

OPEN_SECONDS = 0.6  # for which a test lets its own transaction stand open, so that what waits for it waits


class Beside:
    """Does something beside the test, acting as somebody, and keeps what came of it: a value, or the error."""

    def __init__(self, work: Callable[[], Any], *, by: Actor) -> None:
        self._came: Any = None
        self._thread = threading.Thread(target=self._run, args=(work, by))
        self._thread.start()

    def _run(self, work: Callable[[], Any], by: Actor) -> None:
        try:
            with acting(by):
                self._came = work()
        except Exception as error:  # noqa: BLE001  told to the test
            self._came = error
        finally:
            connection.close()

    def result(self) -> Any:
        """Wait for the end, and return what came of it."""
        self._thread.join(30)
        return self._came


def stand_open() -> None:
    """Let the transaction of the test stand open for a moment."""
    threading.Event().wait(OPEN_SECONDS)
