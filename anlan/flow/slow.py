"""Work that takes long within a request: few at a time. A server answers with eight threads, and some must be left for those who read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PLACES, PLACE_SECONDS = 4, 1.0
_places = threading.BoundedSemaphore(PLACES)


class NoPlace(Exception):
    """Too many others do something that takes long. Whoever asked comes again."""


@contextmanager
def slow_work() -> Iterator[None]:
    """Hold one of the places within the block. Raises: NoPlace."""
    if not _places.acquire(timeout=PLACE_SECONDS):
        raise NoPlace
    try:
        yield
    finally:
        _places.release()
