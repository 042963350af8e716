"""Uploaded sheets, kept under their SHA-256: the ledger names the file's hash, so its bytes stay for whoever asks later."""

import hashlib
import os
import tempfile
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.exchange.errors import BadFile
from anlan.exchange.guard import MAX_FILE_BYTES


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
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    return digest


def kept(sha256: str) -> bytes:
    """Return the bytes of a stored sheet."""
    return _path(sha256).read_bytes()


def kept_at(sha256: str) -> Path:
    """Return where the bytes of a stored sheet lie."""
    return _path(sha256)


def clean_name(name: str) -> str:
    """Return an uploader's file name without folders, at most 200 characters."""
    return PurePosixPath(name.replace("\\", "/")).name[-200:] or "sheet"


def _path(sha256: str) -> Path:
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / "imports" / sha256[:2] / sha256


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
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / "imports" / "progress" / batch
