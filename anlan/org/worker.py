"""The worker: takes jobs from the lease queue until it is told to stop. `anlan serve` runs it as a thread, `anlan worker` alone."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone

from anlan.org.jobs import run_next

PAUSE_SECONDS = 0.5
_log = logging.getLogger("anlan.worker")


def run_worker(stop: threading.Event, *, pause_seconds: float = PAUSE_SECONDS) -> None:
    """Carry out jobs one after the other; between jobs look every `pause_seconds`. A busy database is tried again."""
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                worked = run_next(now=timezone.now())
            except OperationalError as error:
                _log.warning("The worker waits for the database: %s", error)
                worked = False
            if not worked:
                stop.wait(pause_seconds)
    finally:
        connection.close()


@contextmanager
def background_worker() -> Iterator[threading.Thread]:
    """Run a worker thread for the length of the block. A job that is under way at the end is finished by its next lease."""
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(stop,), name="anlan-worker", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(timeout=5)
