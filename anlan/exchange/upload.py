"""Uploaded sheets, kept encrypted under the SHA-256 of their bytes: the ledger names the hash, so the sheet stays for whoever asks."""

import hashlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.exchange.errors import BadFile
from anlan.exchange.guard import MAX_FILE_BYTES
from anlan.vault.cipher import file_key_id_of
from anlan.vault.holdings import Batch, enter
from anlan.vault.ring import ring


def keep(raw: bytes) -> str:
    """Store the bytes of a sheet once and return their SHA-256 in hex."""
    if len(raw) > MAX_FILE_BYTES:
        raise BadFile(
            "exchange.E002", _("The file is larger than %(limit)d MB; split it.") % {"limit": MAX_FILE_BYTES // 2**20}
        )
    digest = hashlib.sha256(raw).hexdigest()
    target = _path(digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, ring().current().encrypt_file(raw, place=digest))
    return digest


def kept(sha256: str) -> bytes:
    """Return the bytes of a stored sheet."""
    stored = _path(sha256).read_bytes()
    if hashlib.sha256(stored).hexdigest() == sha256:  # kept by a release that did not encrypt
        return stored
    return ring().get(file_key_id_of(stored)).open_file(stored, place=sha256)


class KeptSheets:
    """The kept sheets as a holding of the rotation of keys."""

    name = "imports"

    def used(self, key_id: str) -> int:
        """Return how many sheets lie under a key."""
        return sum(1 for file in self._files() if _key_of(file) == key_id)

    def total(self) -> int:
        """Return how many sheets are encrypted."""
        return sum(1 for file in self._files() if _key_of(file))

    def renew(self, key_id: str, *, after: Any, limit: int) -> Batch:
        """Put the next sheets that do not lie under the key under it, those that were kept plain too."""
        waiting = [file for file in self._files() if (not after or file.name > after) and _key_of(file) != key_id]
        for file in waiting[:limit]:
            _replace(file, ring().get(key_id).encrypt_file(kept(file.name), place=file.name))
        done = waiting[:limit]
        return Batch(renewed=len(done), after=done[-1].name if done else None)

    def _files(self) -> list[Path]:
        return sorted(_folder().glob("[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 64))


def _key_of(file: Path) -> str:
    with file.open("rb") as stream:
        return file_key_id_of(stream.read(80))


def _replace(target: Path, stored: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(stored)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clean_name(name: str) -> str:
    """Return an uploader's file name without folders, at most 200 characters."""
    return PurePosixPath(name.replace("\\", "/")).name[-200:] or "sheet"


def _path(sha256: str) -> Path:
    return _folder() / sha256[:2] / sha256


def _folder() -> Path:
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / "imports"


def mark(batch: str, percent: int) -> None:
    """Note how far the writing of an import is, for other threads and processes."""
    path = _mark(batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(percent), encoding="ascii")


def marked(batch: str) -> int | None:
    """Return the percentage written; null when nothing is being written."""
    try:
        return int(_mark(batch).read_text(encoding="ascii") or 0)
    except (FileNotFoundError, ValueError):
        return None


def unmark(batch: str) -> None:
    """Forget the mark of a finished import."""
    _mark(batch).unlink(missing_ok=True)


def _mark(batch: str) -> Path:
    return _folder() / "progress" / batch


enter("exchange", lambda: (KeptSheets(),))
