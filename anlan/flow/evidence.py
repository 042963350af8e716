"""Evidence files: looked into in memory, kept encrypted under the SHA-256 of what is kept, never overwritten by other bytes.

Plain bytes of a file never reach the disk. `open_evidence` is the way to them.
"""

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence
from anlan.flow.uploads.clamav import scan
from anlan.flow.uploads.names import clean_name
from anlan.flow.uploads.office import check_office
from anlan.flow.uploads.pdf import check_pdf
from anlan.flow.uploads.pictures import FORMATS, redraw
from anlan.vault.files import sealing
from anlan.vault.folders import SealedFolder

# First bytes → content type and the endings that may go with it.
_SIGNATURES = (
    (b"%PDF-", "application/pdf", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
)
_OFFICE = {
    ".docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
CONTENT_TYPES = (*(kind for _bytes, kind, _endings in _SIGNATURES), *(kind for _part, kind in _OFFICE.values()))
FILES = SealedFolder(kind="evidence")
ACCEPTED = (".pdf", ".png", ".jpg", ".jpeg", ".docx", ".xlsx")
# Sent with every file beside `Content-Disposition: attachment`: a browser neither guesses its kind nor runs it as a page of ours.
# An `<img>` shows a picture all the same.
KEPT_APART = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that lies in the evidence folder. `name` is the uploader's, cleaned; size in bytes; hashes are SHA-256 in hex.

    `sha256` is that of the kept bytes and goes into the ledger. `original_sha256` is that of the upload: a picture is
    drawn anew before it is kept, and whoever has the original can still show that it was the one.
    """

    name: str
    content_type: str
    size: int
    sha256: str
    original_sha256: str = ""


def store(name: str, chunks: Iterable[bytes]) -> StoredFile:
    """Check a file and keep it.

    Raises: BadEvidence when it is empty, larger than allowed, not what its name says, or holds what could harm a reader.
    """
    return store_all([(name, chunks)])[0]


def store_all(files: Iterable[tuple[str, Iterable[bytes]]]) -> tuple[StoredFile, ...]:
    """Check several files and keep them all, or none of them. Raises: BadEvidence as `store`."""
    with ExitStack() as undo:
        passed = []
        for name, chunks in files:
            file, raw = _examine(name, chunks)
            draft = FILES.draft()
            undo.callback(draft.unlink, missing_ok=True)
            with sealing(draft, place=FILES.place_of(file.sha256)) as writer:
                writer.write(raw)
            passed.append((file, draft))
        for file, draft in passed:
            FILES.settle(draft, file.sha256)
    return tuple(file for file, _draft in passed)


def open_evidence(sha256: str) -> BinaryIO:
    """Return the bytes of a hash, checked to the last one, as a stream. Raises: FileGone, FileBroken, KeyMissing."""
    return FILES.open(sha256)


def path_of(sha256: str) -> Path:
    """Return where the encrypted bytes of a hash lie."""
    return FILES.path_of(sha256)


def _examine(name: str, chunks: Iterable[bytes]) -> tuple[StoredFile, bytes]:
    """Look into an upload and return it with the bytes to keep."""
    clean = clean_name(name)
    raw = _read(chunks, clean)
    content_type = _content_type(raw, clean)
    scan(raw, name=clean)
    kept = redraw(raw, content_type=content_type, name=clean) if content_type in FORMATS else raw
    file = StoredFile(
        name=clean,
        content_type=content_type,
        size=len(kept),
        sha256=hashlib.sha256(kept).hexdigest(),
        original_sha256=hashlib.sha256(raw).hexdigest(),
    )
    return file, kept


def _read(chunks: Iterable[bytes], name: str) -> bytes:
    limit, size, pieces = settings.ANLAN_EVIDENCE_MAX_BYTES, 0, []
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            message = _('"%(name)s" is larger than %(limit)d MB; send a smaller file.') % {
                "name": name,
                "limit": limit // 2**20,
            }
            raise BadEvidence("flow.E030", message)
        pieces.append(chunk)
    if not size:
        raise BadEvidence("flow.E031", _('"%(name)s" is empty.') % {"name": name})
    return b"".join(pieces)


def _content_type(raw: bytes, name: str) -> str:
    """Return what the content is, having looked into papers; pictures are looked into when they are drawn anew."""
    ending = PurePosixPath(name).suffix.lower()
    for signature, content_type, endings in _SIGNATURES:
        if raw.startswith(signature) and ending in endings:
            if ending == ".pdf":
                check_pdf(raw, name=name)
            return content_type
    if ending in _OFFICE and raw.startswith(b"PK"):
        main_part, content_type = _OFFICE[ending]
        check_office(raw, main_part=main_part, name=name)
        return content_type
    message = _('The content of "%(name)s" is not what its name says. Accepted: PDF, PNG, JPEG, DOCX, XLSX.') % {
        "name": name
    }
    raise BadEvidence("flow.E032", message)
