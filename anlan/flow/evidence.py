"""Evidence files: kept under their SHA-256, typed by content, never overwritten."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that lies in the evidence folder. `name` is the uploader's, cleaned; size in bytes; SHA-256 in hex."""

    name: str
    content_type: str
    size: int
    sha256: str


def store(name: str, chunks: Iterable[bytes]) -> StoredFile:
    """Check a file and keep it.

    Raises: BadEvidence when it is empty, larger than allowed, or its content is not what its name says.
    """
    clean = PurePosixPath(name.replace("\\", "/")).name[-200:]
    folder = Path(settings.ANLAN_EVIDENCE_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix="incoming-")
    try:
        size, digest = _copy(handle, chunks, clean)
        content_type = _content_type(Path(temporary), clean)
        target = path_of(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return StoredFile(name=clean, content_type=content_type, size=size, sha256=digest)


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / sha256[:2] / sha256


def _copy(handle: int, chunks: Iterable[bytes], name: str) -> tuple[int, str]:
    limit, size, digest = settings.ANLAN_EVIDENCE_MAX_BYTES, 0, hashlib.sha256()
    with os.fdopen(handle, "wb") as stream:
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


def _content_type(path: Path, name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(16)
    for signature, content_type, endings in _SIGNATURES:
        if head.startswith(signature) and ending in endings:
            return content_type
    if ending in _OFFICE and _holds(path, _OFFICE[ending][0]):
        return _OFFICE[ending][1]
    message = _('The content of "%(name)s" is not what its name says. Accepted: PDF, PNG, JPEG, DOCX, XLSX.') % {
        "name": name
    }
    raise BadEvidence("flow.E032", message)


def _holds(path: Path, member: str) -> bool:
    try:
        with ZipFile(path) as archive:
            return member in archive.namelist()
    except BadZipFile:
        return False
