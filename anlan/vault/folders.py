"""Encrypted files of one kind below the evidence folder: stored, opened, counted by key, renewed, destroyed. Rooms above declare theirs.

Whoever changes what a name stands for holds the folder's lock for that moment, so that a renewal brings nothing back that was
destroyed, and a destruction takes nothing that was stored anew. Readers need no lock: an opened file stays what it was.
"""

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from anlan.vault.cipher import FieldKey
from anlan.vault.durable import sync_folder
from anlan.vault.errors import BrokenSeal, FileGone
from anlan.vault.files import broken, key_in, open_sealed, open_whole, sealing
from anlan.vault.holdings import Batch, holdings
from anlan.vault.ring import ring

LOCK, DRAFT = ".lock", ".draft-"
BATCH_BYTES = 64 * 2**20  # of a renewal, between two signs of life of its job
_DRAFT_SECONDS = 24 * 3600.0
_PIECE = 1 << 20
_SHARD = "[0-9a-f]" * 2
Mark = tuple[int, int]  # of a file that was stored: which one it is, and when it was put there


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFolder:
    """One kind of files; a holding of the rotation of keys.

    With `is_by_hash` a file's name is the SHA-256 of its plain bytes, and all of them are compared with it before one is given.
    """

    kind: str
    below: str = ""
    is_by_hash: bool = True

    @property
    def name(self) -> str:
        """The kind."""
        return self.kind

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return evidence_folder() / self.below

    def path_of(self, name: str) -> Path:
        """Return where a file lies."""
        return self.folder / name[:2] / name if self.is_by_hash else self.folder / name

    def draft(self) -> Path:
        """Return a fresh path for a file that is being written."""
        return self.folder / f"{DRAFT}{secrets.token_hex(8)}"

    def place_of(self, name: str) -> str:
        """Return what a file is bound to."""
        return f"{self.kind}\0{name}"

    def settle(self, draft: Path, name: str) -> Mark | None:
        """Give a written draft its name. Return its mark for `take_back`; null when such a file lay there before."""
        target = self.path_of(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with changing():
            is_new = not target.exists()
            os.utime(draft)  # stored now, however long the writing took: see `destroy`
            draft.replace(target)
            mark = _mark(target) if is_new else None
        sync_folder(target.parent)
        return mark

    def take_back(self, name: str, mark: Mark) -> bool:
        """Remove a file that was stored for nothing, unless somebody stored it too since then; tell whether it went."""
        path = self.path_of(name)
        with changing():
            if not path.exists() or _mark(path) != mark:
                return False
            _wipe(path)
        return True

    def put(self, name: str, pieces: Iterable[bytes]) -> Mark | None:
        """Store a file and return its mark, as `settle`. Raises: KeyMissing."""
        draft = self.draft()
        try:
            with sealing(draft, place=self.place_of(name)) as writer:
                for piece in pieces:
                    writer.write(piece)
            return self.settle(draft, name)
        finally:
            draft.unlink(missing_ok=True)

    def shards(self) -> tuple[Path, ...]:
        """Return the folders in which the files lie."""
        return tuple(sorted(self.folder.glob(_SHARD))) if self.is_by_hash else (self.folder,)

    def drafts(self, *, before: float) -> Iterator[Path]:
        """Yield what was being written and not touched since a moment (seconds since 1970): a process that was killed left it."""
        for path in self.folder.glob(f"{DRAFT}*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    yield path

    def open(self, name: str) -> BinaryIO:
        """Return the plain bytes as a stream that can be read at any position. The one way to read a stored file.

        Raises: FileGone, FileBroken, KeyMissing; files named by a hash before the first byte, others before the box in question.
        """
        path, place = self.path_of(name), self.place_of(name)
        return open_whole(path, place=place, sha256=name) if self.is_by_hash else open_sealed(path, place=place)

    def used(self, key_id: str) -> int:
        """Return how many files lie under a key, those that are being written too."""
        return sum(1 for found in self._key_ids() if found == key_id)

    def total(self) -> int:
        """Return how many files are encrypted."""
        return sum(1 for found in self._key_ids() if found)

    def plain(self) -> Iterator[Path]:
        """Yield the files that an older release kept plain."""
        for path in self._after(""):
            with suppress(FileNotFoundError):
                if not key_in(path):
                    yield path

    def broken(self) -> Iterator[tuple[Path, str]]:
        """Read every file through, and yield those that do not open, with what is wrong. Raises: KeyMissing."""
        for path in self._after(""):
            try:
                with self.open(path.name) as stream:
                    while stream.read(_PIECE):
                        pass
            except FileGone:  # destroyed meanwhile
                continue
            except BrokenSeal as error:
                yield path, error.message

    def renew(self, key_id: str, *, after: Any, limit: int) -> Batch:
        """Put the next files that do not lie under the key under it, plain ones too; no more than 64 MB at once."""
        if not after:
            self._sweep()
        key, last, renewed, wrong, read, seen = ring().get(key_id), None, 0, [], 0, 0
        for path in self._after(after or ""):
            with suppress(FileNotFoundError, FileGone):
                if key_in(path) == key_id:
                    continue
                last, seen, read = path.name, seen + 1, read + path.stat().st_size
                try:
                    renewed += self._renew(path, key)
                except BrokenSeal:
                    wrong.append(f"{self.kind}, {path.name}")
            if seen == limit or read >= BATCH_BYTES:
                break
        return Batch(renewed=renewed, after=last, broken=tuple(wrong))

    def _renew(self, path: Path, key: FieldKey) -> bool:
        """Encrypt a file anew beside itself and put it in its place, unless that was changed meanwhile; tell whether it was put."""
        before, place, draft = path.stat(), self.place_of(path.name), self.draft()
        digest = hashlib.sha256()
        with open_sealed(path, place=place) as stream, sealing(draft, place=place, key=key) as writer:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                writer.write(piece)
            if self.is_by_hash and digest.hexdigest() != path.name:
                raise broken(place, "holds other bytes than those that it is named after")
        os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))  # when it was stored decides what may be destroyed
        try:
            with changing():
                now = path.stat()
                if (now.st_ino, now.st_mtime_ns) != (before.st_ino, before.st_mtime_ns):
                    return False
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)
        return True

    def _after(self, name: str) -> Iterator[Path]:
        """Yield the files behind a name in order, looking into no more folders than needed."""
        for shard in self.shards():
            if not self.is_by_hash or shard.name >= name[:2]:
                files = (path for path in shard.glob("*") if path.name > name and not path.name.startswith("."))
                yield from sorted(path for path in files if path.is_file())

    def _key_ids(self) -> Iterator[str]:
        for path in (*self._after(""), *self.folder.glob(f"{DRAFT}*")):
            with suppress(FileNotFoundError):
                yield key_in(path)

    def _sweep(self) -> None:
        """Remove what a process that was killed left half written."""
        for path in self.drafts(before=time.time() - _DRAFT_SECONDS):
            path.unlink(missing_ok=True)


def evidence_folder() -> Path:
    """Return the folder below which all stored files lie."""
    return Path(settings.ANLAN_EVIDENCE_FOLDER)


def sealed_folders() -> tuple[SealedFolder, ...]:
    """Return every kind of stored files."""
    return tuple(one for one in holdings() if isinstance(one, SealedFolder))


def holds_plain() -> bool:
    """Tell whether any file of an older release lies in the evidence folder unencrypted. For a migration, which knows no holdings."""
    found = (path for path in evidence_folder().rglob("*") if path.is_file() and not path.name.startswith("."))
    return any(not key_in(path) for path in found if path.parent.name != "progress")


@contextmanager
def changing() -> Iterator[None]:
    """Hold the lock of the stored files, over all processes. Keep it for a moment only."""
    root = evidence_folder()
    root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def destroy(path: Path, *, before: float) -> bool:
    """Overwrite and remove a file that was stored before a moment (seconds since 1970); tell whether it was there.

    The bytes are overwritten since a disk may keep deleted blocks. What was stored since then belongs to somebody else and stays.
    """
    with changing():
        if not path.exists() or path.stat().st_mtime > before:
            return False
        _wipe(path)
    return True


def _wipe(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(b"\0" * path.stat().st_size)
    path.unlink()


def _mark(path: Path) -> Mark:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns
