"""Stored files that no record owns: a process was killed between storing a file and writing its row, or a step failed beside another.

`anlan check` names them; a round of the worker removes them after a day, one folder after another. A file that is being stored
belongs to somebody whose row nobody sees yet, so only what has lain untouched for long is asked about.
"""

import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from anlan.flow.evidence import FILES
from anlan.flow.models import Evidence
from anlan.org.scope import as_system
from anlan.vault.folders import SealedFolder, destroy

NAMED_AFTER = 3600.0  # seconds; a step takes seconds
REMOVED_AFTER = 24 * 3600.0
SECONDS_BETWEEN = 60.0  # of the round, for one of the folders; all of them take about four hours
_AT_ONCE = 500
Needed = Callable[[Collection[str]], set[str]]
_owners: list[tuple[SealedFolder, Needed]] = []


def declare_owner(folder: SealedFolder, needed: Needed) -> None:
    """Enter a kind of stored files: `needed` returns, of some names, those that a row names. Asked as the system."""
    if all(folder is not known for known, _needed in _owners):
        _owners.append((folder, needed))


def unowned(*, before: float) -> Iterator[Path]:
    """Yield the files, and the drafts of files, that lie untouched since a moment (seconds since 1970) and that no row names."""
    for folder, needed in _owners:
        yield from folder.drafts(before=before)
        for shard in folder.shards():
            yield from _unowned_in(shard, needed, before)


def unowned_now() -> Iterator[Path]:
    """Yield what `anlan check` names: unowned for an hour and more."""
    yield from unowned(before=time.time() - NAMED_AFTER)


def remove_unowned(shards: Collection[tuple[Path, Needed]], *, now: float) -> int:
    """Remove what no row of some folders names, untouched for a day; return how many. What is stored meanwhile stays."""
    before, gone = now - REMOVED_AFTER, 0
    for shard, needed in shards:
        for path in _unowned_in(shard, needed, before):
            gone += destroy(path, before=before)  # asks the time again, under the lock that whoever stores holds
    return gone


class _Round:
    """Looks at one folder a minute; a process begins anywhere, so that short lives reach all of them."""

    def __init__(self) -> None:
        self._next, self._due = secrets.randbelow(256), 0.0

    def __call__(self) -> bool:
        if time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + SECONDS_BETWEEN
        now = time.time()
        shards = [(shard, needed) for folder, needed in _owners for shard in folder.shards()]
        for folder, _needed in _owners:
            for draft in folder.drafts(before=now - REMOVED_AFTER):
                destroy(draft, before=now - REMOVED_AFTER)
        if not shards:
            return False
        self._next = (self._next + 1) % len(shards)
        return remove_unowned([shards[self._next]], now=now) > 0


def unowned_rounds() -> tuple[Callable[[], object], ...]:
    """Return the round of one process. The worker calls it every second; it looks at the disk once a minute."""
    return (_Round(),)


def _unowned_in(shard: Path, needed: Needed, before: float) -> Iterator[Path]:
    old = [path for path in sorted(shard.glob("*")) if not path.name.startswith(".") and _is_old(path, before)]
    for start in range(0, len(old), _AT_ONCE):
        some = old[start : start + _AT_ONCE]
        with as_system("files that no record owns"):
            kept = needed([path.name for path in some])
        yield from (path for path in some if path.name not in kept)


def _is_old(path: Path, before: float) -> bool:
    with suppress(FileNotFoundError):
        return path.is_file() and path.stat().st_mtime < before
    return False


def _named(names: Collection[str]) -> set[str]:
    return set(Evidence.objects.filter(sha256__in=names).values_list("sha256", flat=True))


declare_owner(FILES, _named)
