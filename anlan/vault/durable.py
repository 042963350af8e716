"""Files that last: made new, readable by their owner only, and on the disk before anything rests on them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(file: Path, *, is_seen_at_once: bool = False) -> Iterator[BinaryIO]:
    """Write a file that is not there yet, in binary, at any position; a failure leaves none. Raises: FileExistsError.

    With `is_seen_at_once` nothing is held back: others read what was written so far.
    """
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b", buffering=0 if is_seen_at_once else -1) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: a file that was made or moved there is found after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
