"""Evidence files: looked into in memory, kept encrypted under the SHA-256 of what is kept, never overwritten by other bytes.

Plain bytes of a file never reach the disk. `open_evidence` is the way to them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence
from anlan.flow.slow import NoPlace, slow_work
from anlan.flow.uploads.apart import busy, look_into, refused
from anlan.flow.uploads.clamav import scan
from anlan.flow.uploads.foreign import check_foreign_picture
from anlan.flow.uploads.names import clean_name
from anlan.flow.uploads.refusal import OTHER_KIND
from anlan.vault.folders import SealedFolder

_OFFICE = "application/vnd.openxmlformats-officedocument."
# First bytes → what it is for the look into it, its content type, and the endings that may go with it.
_SIGNATURES = (
    (b"%PDF-", "pdf", "application/pdf", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png", (".png",)),
    (b"\xff\xd8\xff", "jpeg", "image/jpeg", (".jpg", ".jpeg")),
    (b"PK", "docx", f"{_OFFICE}wordprocessingml.document", (".docx",)),
    (b"PK", "xlsx", f"{_OFFICE}spreadsheetml.sheet", (".xlsx",)),
)
CONTENT_TYPES = tuple(content_type for _bytes, _kind_of, content_type, _endings in _SIGNATURES)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it comes: nobody has looked into it, and nothing of it lies on the disk. `perform` takes it with a step."""

    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """An upload that was looked into, with the bytes to keep."""

    file: StoredFile
    content: bytes


def store(name: str, chunks: Iterable[bytes]) -> StoredFile:
    """Check a file and keep it for a step that follows, by who has the right to it already.

    Raises: BadEvidence when it is empty, larger than allowed, not what its name says, or holds what could harm a reader.
    """
    found = examine(Upload(name=name, chunks=chunks))
    FILES.put(found.file.sha256, [found.content])
    return found.file


def open_evidence(sha256: str) -> BinaryIO:
    """Return the bytes of a hash, checked to the last one, as a stream. Raises: FileGone, FileBroken, KeyMissing."""
    return FILES.open(sha256)


def path_of(sha256: str) -> Path:
    """Return where the encrypted bytes of a hash lie."""
    return FILES.path_of(sha256)


def examine(upload: Upload) -> Examined:
    """Look into an upload, in memory. Raises: BadEvidence as `store`."""
    clean = clean_name(upload.name)
    raw = _read(upload.chunks, clean)
    kind, content_type = _kind(raw, clean)
    try:
        with slow_work():
            scan(raw, name=clean)
            kept = look_into(raw, kind=kind, name=clean)
    except NoPlace as error:
        raise busy(clean) from error
    file = StoredFile(
        name=clean,
        content_type=content_type,
        size=len(kept),
        sha256=hashlib.sha256(kept).hexdigest(),
        original_sha256=hashlib.sha256(raw).hexdigest(),
    )
    return Examined(file=file, content=kept)


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


def _kind(raw: bytes, name: str) -> tuple[str, str]:
    """Return what the content is, for the look into it, and its content type; name and content must agree."""
    ending = PurePosixPath(name).suffix.lower()
    for signature, kind, content_type, endings in _SIGNATURES:
        if raw.startswith(signature) and ending in endings:
            return kind, content_type
    check_foreign_picture(raw, name=name)
    raise refused(OTHER_KIND, name=name)
