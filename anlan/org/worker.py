"""The worker: takes jobs from the lease queue until it is told to stop. `anlan serve` runs it as a thread, `anlan worker` alone.

Beside the jobs stand rounds: short work that comes again every second, such as the ledger's sequencer. They have a thread of
their own, so that a long job does not hold them up. This room knows none of them; whoever starts the worker names them.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone

from anlan.org.jobs import run_next
from anlan.org.scope import as_system

PAUSE_SECONDS = 0.5
ROUND_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 30.0
Round = Callable[[], object]
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


def run_rounds(stop: threading.Event, rounds: Sequence[Round], *, every_seconds: float = ROUND_SECONDS) -> None:
    """Call each round every `every_seconds`. One that fails is logged and left out for half a minute; the others go on."""
    not_before = dict.fromkeys(rounds, 0.0)
    try:
        while not stop.is_set():
            close_old_connections()
            for work in rounds:
                if time.monotonic() >= not_before[work] and not carry_out(work):
                    not_before[work] = time.monotonic() + AFTER_FAILURE_SECONDS
            stop.wait(every_seconds)
    finally:
        connection.close()


def carry_out(work: Round) -> bool:
    """Call a round once and tell whether it went well; a database that is busy is no failure."""
    name = getattr(work, "__name__", repr(work))
    try:
        with as_system(f"round {name}"):
            work()
    except OperationalError as error:
        _log.warning("The round %s waits for the database: %s", name, error)
    except Exception:  # noqa: BLE001  process edge: a round that fails is logged, the worker goes on
        _log.exception("The round %s failed; it is tried again in %d seconds.", name, AFTER_FAILURE_SECONDS)
        return False
    return True


@contextmanager
def background_worker() -> Iterator[threading.Thread]:
    """Run a worker thread for the length of the block. A job that is under way at the end is finished by its next lease."""
    stop = threading.Event()
    with _thread(threading.Thread(target=run_worker, args=(stop,), name="anlan-worker", daemon=True), stop) as thread:
        yield thread


@contextmanager
def background_rounds(rounds: Sequence[Round]) -> Iterator[threading.Thread]:
    """Run the rounds in a thread for the length of the block. A round must be safe to break off at any moment."""
    stop = threading.Event()
    with _thread(
        threading.Thread(target=run_rounds, args=(stop, rounds), name="anlan-rounds", daemon=True), stop
    ) as it:
        yield it


@contextmanager
def _thread(thread: threading.Thread, stop: threading.Event) -> Iterator[threading.Thread]:
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(timeout=5)
