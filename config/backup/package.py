"""The form of a backup: an encrypted stream of a compressed tar, the manifest first; the evidence beside it, each file once.

`anlan-20261122T020000Z.backup` holds manifest, database and keys. `files/ab/abcd…` holds the bytes of evidence and sheets under their
SHA-256, each an encrypted stream; the manifests say which of them a backup needs. Keys travel with the backup, but for the
key that opens it.
"""

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from anlan.vault.durable import new_file, sync_folder
from anlan.vault.stream import DecryptingReader, EncryptingWriter, Secret

FORMAT, SUFFIX, FILES = "anlan-backup/1", ".backup", "files"
MANIFEST = "manifest.json"
PIECE = 1 << 20
Progress = Callable[[int, int], None]


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def write_package(
    target: Path, secret: Secret, *, cipher: str, manifest: dict[str, Any], members: dict[str, Path]
) -> None:
    """Write a backup under a draft name and move it into place when it is whole and on the disk."""
    draft = target.with_suffix(".part")
    draft.unlink(missing_ok=True)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    with new_file(draft) as stream, EncryptingWriter(stream, secret, cipher=cipher) as sealed:
        zipped = gzip.GzipFile(fileobj=cast("BinaryIO", sealed), mode="wb", compresslevel=1, mtime=0)
        with zipped, tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, MANIFEST, text)
            for name, file in members.items():
                tar.add(file, arcname=name, recursive=False, filter=_plain)
    draft.rename(target)
    sync_folder(target.parent)


def _add(tar: tarfile.TarFile, name: str, raw: bytes) -> None:
    import io

    info = tarfile.TarInfo(name)
    info.size, info.mode = len(raw), 0o600
    tar.addfile(info, io.BytesIO(raw))


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who owned the file."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


@contextmanager
def _opened(file: Path, secret: Secret) -> Iterator[tarfile.TarFile]:
    with file.open("rb") as stream:
        plain = gzip.GzipFile(fileobj=cast("BinaryIO", DecryptingReader(stream, secret)), mode="rb")
        with tarfile.open(fileobj=plain, mode="r|") as tar:
            yield tar


def read_manifest(file: Path, secret: Secret) -> dict[str, Any]:
    """Return the manifest of a backup. Raises: BrokenSeal."""
    with _opened(file, secret) as tar:
        first = tar.next()
        stream = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
        return dict(json.loads(stream.read())) if stream else {}


def unpack(file: Path, secret: Secret, folder: Path) -> dict[str, Any]:
    """Unpack a backup into a folder and return its manifest. Nothing leaves the folder. Raises: BrokenSeal."""
    with _opened(file, secret) as tar:
        tar.extractall(folder, filter="data")
    return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))


def keep_file(source: Path, store: Path, secret: Secret, *, cipher: str, stretch_salt: bytes) -> tuple[str, int, bool]:
    """Keep a file's bytes in the store unless they are there; return their SHA-256, their number and whether they were new.

    The file is opened once: a rotation of keys may put other bytes at its place meanwhile.
    """
    with source.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
        size, target = stored.tell(), store / digest[:2] / digest
        if target.exists():
            return digest, size, False
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".part")
        draft.unlink(missing_ok=True)
        stored.seek(0)
        with (
            new_file(draft) as stream,
            EncryptingWriter(stream, secret, cipher=cipher, stretch_salt=stretch_salt) as sealed,
        ):
            shutil.copyfileobj(stored, cast("BinaryIO", sealed), PIECE)
    draft.rename(target)
    return digest, size, True


def take_file(store: Path, digest: str, secret: Secret, target: Path) -> bool:
    """Put the bytes of a hash at a place; tell whether they have that hash. Raises: BrokenSeal."""
    target.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with (store / digest[:2] / digest).open("rb") as stream, target.open("wb") as out:
        reader = DecryptingReader(stream, secret)
        while piece := reader.read(PIECE):
            found.update(piece)
            out.write(piece)
    return found.hexdigest() == digest
