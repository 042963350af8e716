"""The folder in which a backup or a drill works: plain copies stand in it, so it is the owner's alone and gone afterwards.

One that was left by a killed process goes with the next backup or drill.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def work_folder(what: str) -> Iterator[Path]:
    """Yield a folder inside the home for a `backup` or a `drill`, named by the process."""
    for left in left_folders():
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{what}-{os.getpid()}-", dir=settings.HOME.path))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def end_on_sigterm() -> None:
    """Let a command that is told to end clean up first, as it does when it fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def left_folders() -> tuple[Path, ...]:
    """Return the folders of processes that are no more: the whole database and the keys lie in them, plain."""
    found = [
        folder for what in ("backup", "drill") for folder in settings.HOME.path.glob(f".{what}-*") if folder.is_dir()
    ]
    return tuple(folder for folder in sorted(found) if not _lives(folder.name.split("-")[1]))


def _lives(process: str) -> bool:
    """Tell whether a process is there. A name of an older release tells none."""
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
