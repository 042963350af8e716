"""Evidence files: looked into before they are kept, kept under the SHA-256 of what is kept, never overwritten."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence
from anlan.flow.uploads.clamav import scan
from anlan.flow.uploads.names import clean_name
from anlan.flow.uploads.office import check_office
from anlan.flow.uploads.pdf import check_pdf
from anlan.flow.uploads.pictures import FORMATS, redraw

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
    folder = Path(settings.ANLAN_EVIDENCE_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="incoming-") as work:
        passed = [
            _examine(name, chunks, Path(work) / str(number)) for number, (name, chunks) in enumerate(files, start=1)
        ]
        for file, path in passed:
            target = path_of(file.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    return tuple(file for file, _path in passed)


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / sha256[:2] / sha256


def _examine(name: str, chunks: Iterable[bytes], path: Path) -> tuple[StoredFile, Path]:
    """Write an upload to a path of our own, look into it, and return it with the path of the bytes to keep."""
    clean = clean_name(name)
    size, original = _copy(path, chunks, clean)
    content_type = _content_type(path, clean)
    scan(path, name=clean)
    kept, sha256 = path, original
    if content_type in FORMATS:
        kept = path.with_suffix(".drawn")
        redraw(path, kept, content_type=content_type, name=clean)
        size, sha256 = kept.stat().st_size, _hash_and_sync(kept)
    file = StoredFile(name=clean, content_type=content_type, size=size, sha256=sha256, original_sha256=original)
    return file, kept


def _copy(path: Path, chunks: Iterable[bytes], name: str) -> tuple[int, str]:
    limit, size, digest = settings.ANLAN_EVIDENCE_MAX_BYTES, 0, hashlib.sha256()
    with path.open("xb") as stream:
        path.chmod(0o600)
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                message = _('"%(name)s" is larger than %(limit)d MB; send a smaller file.') % {
                    "name": name,
                    "limit": limit // 2**20,
                }
                raise BadEvidence("flow.E030", message)
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    if not size:
        raise BadEvidence("flow.E031", _('"%(name)s" is empty.') % {"name": name})
    return size, digest.hexdigest()


def _hash_and_sync(path: Path) -> str:
    with path.open("rb+") as stream:
        path.chmod(0o600)
        os.fsync(stream.fileno())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _content_type(path: Path, name: str) -> str:
    """Return what the content is, having looked into papers; pictures are looked into when they are drawn anew."""
    ending = PurePosixPath(name).suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(16)
    for signature, content_type, endings in _SIGNATURES:
        if head.startswith(signature) and ending in endings:
            if ending == ".pdf":
                check_pdf(path, name=name)
            return content_type
    if ending in _OFFICE and head.startswith(b"PK"):
        main_part, content_type = _OFFICE[ending]
        check_office(path.read_bytes(), main_part=main_part, name=name)
        return content_type
    message = _('The content of "%(name)s" is not what its name says. Accepted: PDF, PNG, JPEG, DOCX, XLSX.') % {
        "name": name
    }
    raise BadEvidence("flow.E032", message)
