"""An encrypted file: a head that names its key, then boxes with a nonce and a tag each. Read and written at any place, in little memory.

`e2:key id:salt⏎`, then `nonce ‖ ciphertext ‖ tag` for each 64 KiB. Every file has a key of its own, derived with the salt. Head, place,
the box's number and a mark on the last one are associated data: no box can be left out, swapped, cut off or put into another file,
and no file can stand in for another. A box may be written again, under a fresh nonce.
([ADR 0023](../../docs/adr/0023-evidence-files-are-encrypted.md))
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag

from anlan.vault.cipher import CIPHERS, NONCE_BYTES, TAG_BYTES, FieldKey
from anlan.vault.durable import new_file
from anlan.vault.errors import FileBroken, FileGone
from anlan.vault.ring import ring

CHUNK = 1 << 16
BOX = CHUNK + NONCE_BYTES + TAG_BYTES
_EMPTY_BOX = NONCE_BYTES + TAG_BYTES
_SALT_BYTES, _HEAD_MOST = 16, 160
_HEAD = re.compile(rb"(e[12]):((?:" + "|".join(CIPHERS).encode() + rb")-[\w-]+)(?::([0-9a-f]{32}))?\n")
_ONE_BOX = b"e1"  # how sheets were stored before: the whole file in one box


class SealedWriter:
    """Takes plain bytes, at any position up to the end, and writes boxes. `close` marks the last one: a file without the mark is broken."""

    def __init__(self, file: BinaryIO, key: FieldKey, *, place: str) -> None:
        salt = os.urandom(_SALT_BYTES).hex()
        self._head = f"e2:{key.id}:{salt}\n".encode()
        self._aead, self._file, self._place = key.for_file(salt), file, place
        self._chunk, self._index, self._is_changed = bytearray(), 0, True
        self._position = self.size = 0
        file.write(self._head)

    def tell(self) -> int:
        """Return the position among the plain bytes."""
        return self._position

    def seek(self, position: int, /) -> int:
        """Go to a position; there are no holes, so none lies behind the end."""
        if not 0 <= position <= self.size:
            raise ValueError(f"Position {position} lies outside a file of {self.size} bytes.")
        self._position = position
        return position

    def write(self, data: bytes, /) -> int:
        """Take bytes; a box is written when the position has left it."""
        view, done = memoryview(data).cast("B"), 0
        while done < len(view):
            index, at = divmod(self._position, CHUNK)
            self._turn(index)
            piece = view[done : done + CHUNK - at]
            self._chunk[at : at + len(piece)] = piece
            self._is_changed = True
            done += len(piece)
            self._position += len(piece)
            self.size = max(self.size, self._position)
        return done

    def close(self) -> None:
        """Write the last box. The file stays open."""
        self._turn(max(0, self.size - 1) // CHUNK)
        self._emit(is_last=True)

    def _turn(self, index: int) -> None:
        if index == self._index:
            return
        if self._is_changed:
            self._emit(is_last=False)
        self._chunk, self._index, self._is_changed = self._stored(index), index, False

    def _stored(self, index: int) -> bytearray:
        if index * CHUNK >= self.size:
            return bytearray()
        self._file.seek(len(self._head) + index * BOX)
        box = self._file.read(BOX)
        bound = _bound(self._head, self._place, index, is_last=False)
        return bytearray(self._aead.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound))

    def _emit(self, *, is_last: bool) -> None:
        nonce, bound = os.urandom(NONCE_BYTES), _bound(self._head, self._place, self._index, is_last=is_last)
        self._file.seek(len(self._head) + self._index * BOX)
        self._file.write(nonce + self._aead.encrypt(nonce, bytes(self._chunk), bound))


class SealedReader(io.RawIOBase):
    """Reads the plain bytes at any position. No byte of a box leaves before its tag holds. Raises: FileBroken."""

    def __init__(self, file: BinaryIO, key: FieldKey, head: bytes, salt: str, *, place: str) -> None:
        super().__init__()
        self._file, self._head, self._place, self._key_id = file, head, place, key.id
        self._aead = key.for_file(salt)
        stored = os.fstat(file.fileno()).st_size - len(head)
        self._count = max(1, -(-stored // BOX))
        self.size = stored - self._count * _EMPTY_BOX
        self._position, self._index, self._chunk = 0, -1, b""
        self._turn(self._count - 1)  # the end is there, before anything is read

    def readable(self) -> bool:
        """Bytes can be read."""
        return True

    def seekable(self) -> bool:
        """Any position can be read."""
        return True

    def tell(self) -> int:
        """Return the position among the plain bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        self._position = max(0, offset + (0, self._position, self.size)[whence])
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with plain bytes, at most to the end of a box; 0 at the end."""
        if self._position >= self.size:
            return 0
        index, at = divmod(self._position, CHUNK)
        self._turn(index)
        piece = self._chunk[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()

    def _turn(self, index: int) -> None:
        if index == self._index:
            return
        self._file.seek(len(self._head) + index * BOX)
        box = self._file.read(BOX)
        bound = _bound(self._head, self._place, index, is_last=index == self._count - 1)
        try:
            self._chunk = self._aead.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            raise broken(self._place, f"does not open with key {self._key_id} at box {index + 1}") from error
        self._index = index


@contextmanager
def sealing(path: Path, *, place: str, key: FieldKey | None = None) -> Iterator[SealedWriter]:
    """Write a new file, readable by its owner only, and make it last on the disk; a failure leaves none. Raises: KeyMissing."""
    chosen = key or ring().current()
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_file(path, is_seen_at_once=True) as file:  # a rotation of keys asks the head of what is being written
        writer = SealedWriter(file, chosen, place=place)
        yield writer
        writer.close()


def open_sealed(path: Path, *, place: str) -> BinaryIO:
    """Return the plain bytes of a file as a stream that can be read at any position; each box is checked before it is given.

    A file that an older release kept plain is read as it is. Raises: FileGone, FileBroken, KeyMissing.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise FileGone(
            "vault.E015", f"The file {_shown(place)} is not at {path}. Put it there from a backup (`anlan restore`)."
        ) from error
    try:
        return _opened(file, place)
    except BaseException:
        file.close()
        raise


def open_whole(path: Path, *, place: str, sha256: str) -> BinaryIO:
    """Return the plain bytes of a file, all of which were read and have the hash. Raises: FileGone, FileBroken, KeyMissing."""
    stream = open_sealed(path, place=place)
    try:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:  # type: ignore[arg-type]
            raise broken(place, "holds other bytes than those that it is named after")
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


def key_in(path: Path) -> str:
    """Return the id of the key that a file names; empty for a plain one. Raises: FileNotFoundError."""
    with path.open("rb") as file:
        found = _HEAD.fullmatch(file.readline(_HEAD_MOST))
    return found[2].decode() if found else ""


def broken(place: str, what: str) -> FileBroken:
    """Return the error that names a file and says what is wrong with it."""
    return FileBroken(
        "vault.E014",
        f"The file {_shown(place)} {what}: it was changed, cut short or put there from elsewhere. "
        "Put the right one there from a backup (`anlan restore`).",
    )


def _opened(file: BinaryIO, place: str) -> BinaryIO:
    head = file.readline(_HEAD_MOST)
    found = _HEAD.fullmatch(head)
    if found is None:
        file.seek(0)
        return file
    key = ring().get(found[2].decode())
    if found[1] == _ONE_BOX and not found[3]:
        with file:
            return io.BytesIO(key.open_file(head + file.read(), place=place.partition("\0")[2]))
    reader = SealedReader(file, key, head, (found[3] or b"").decode(), place=place)
    return cast("BinaryIO", io.BufferedReader(reader, CHUNK))


def _bound(head: bytes, place: str, index: int, *, is_last: bool) -> bytes:
    return head + place.encode() + b"\0" + index.to_bytes(8, "big") + bytes([is_last])


def _shown(place: str) -> str:
    return place.replace("\0", " ")
