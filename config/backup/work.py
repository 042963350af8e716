"""The folder in which a backup or a drill works: plain copies stand in it, so it is the owner's alone and gone afterwards.

One that was left by a killed process goes with the next backup or drill. Who works holds a lock, which goes with the process: its
number says little where each container has a process 7, and the next one has it again.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

LOCK = ".anlan-work"
WAITING = "Another backup is being made; waiting for it"


@contextmanager
def work_folder(what: str) -> Iterator[Path]:
    """Yield a folder inside the home for a `backup` or a `drill`, named by the process."""
    for left in left_folders():
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{what}-{os.getpid()}-", dir=settings.HOME.path))
    try:
        with held(work / LOCK):
            yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def held(lock: Path, *, say: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold a lock file within the block, and wait for it where another has it; `say` is told so."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if say is not None:
                say(WAITING)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def end_on_sigterm() -> None:
    """Let a command that is told to end clean up first, as it does when it fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def left_folders() -> tuple[Path, ...]:
    """Return the folders of processes that are no more: the whole database and the keys lie in them, plain."""
    found = [
        folder for what in ("backup", "drill") for folder in settings.HOME.path.glob(f".{what}-*") if folder.is_dir()
    ]
    return tuple(folder for folder in sorted(found) if _is_left(folder))


def left_drafts(home: Path) -> tuple[Path, ...]:
    """Return what killed restores into a home left beside it."""
    found = [folder for folder in home.parent.glob(f".{home.name}-*") if (folder / LOCK).is_file()]
    return tuple(folder for folder in sorted(found) if _is_left(folder))


def _is_left(folder: Path) -> bool:
    """Tell whether nobody works in a folder. One without a lock was made this moment, or by an older release: its process tells."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return not _lives(folder.name.split("-")[1])
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
    finally:
        os.close(handle)


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
