"""Uploaded sheets, kept encrypted under the SHA-256 of their bytes: the ledger names the hash, so the sheet stays for whoever asks."""

import hashlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from anlan.exchange.errors import BadFile
from anlan.exchange.guard import MAX_FILE_BYTES
from anlan.flow.models import Batch
from anlan.flow.unowned import declare_owner
from anlan.vault.folders import Mark, SealedFolder
from anlan.vault.holdings import enter

SHEETS = SealedFolder(kind="imports", below="imports")


def keep(raw: bytes) -> tuple[str, Mark | None]:
    """Store the bytes of a sheet once and return their SHA-256 in hex, with the mark for `SHEETS.take_back`."""
    if len(raw) > MAX_FILE_BYTES:
        raise BadFile(
            "exchange.E002", _("The file is larger than %(limit)d MB; split it.") % {"limit": MAX_FILE_BYTES // 2**20}
        )
    digest = hashlib.sha256(raw).hexdigest()
    mark = SHEETS.put(
        digest, [raw]
    )  # also where it lies already: an erasure under way may be about to destroy that one
    return digest, mark


def kept(sha256: str) -> bytes:
    """Return the bytes of a stored sheet. Raises: FileGone, FileBroken, KeyMissing."""
    with SHEETS.open(sha256) as stream:
        return stream.read()


def kept_at(sha256: str) -> Path:
    """Return where the bytes of a stored sheet lie."""
    return SHEETS.path_of(sha256)


def clean_name(name: str) -> str:
    """Return an uploader's file name without folders, at most 200 characters."""
    return PurePosixPath(name.replace("\\", "/")).name[-200:] or "sheet"


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
    return SHEETS.folder / "progress" / batch


def _needed(names: Collection[str]) -> set[str]:
    rows = Batch.objects.exclude(stored_as="").filter(file_sha256__in=names)
    return set(rows.values_list("file_sha256", flat=True))


enter("exchange", lambda: (SHEETS,))
declare_owner(SHEETS, _needed)
