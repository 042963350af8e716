"""An encrypted stream in chunks, for backups: it is written and read front to back, in little memory, and cannot be cut short.

`anlan-stream/1 {json}⏎` then chunks of 1 MiB, or as writer and reader agree, each with its tag. The nonce is the chunk's number and a
mark on the last one, so that chunks cannot be left out, swapped or cut off; the head is associated data. Each stream has a key of
its own, derived with a salt.
"""

import base64
import binascii
import hashlib
import io
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag

from anlan.vault.cipher import CIPHERS, MASTER_BYTES, TAG_BYTES, Aead, aead_of
from anlan.vault.durable import new_file
from anlan.vault.errors import BrokenSeal, KeyMissing

MAGIC = b"anlan-stream/1 "
CHUNK = 1 << 20
LEAST_PASSPHRASE = 12
_SCRYPT = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 1 << 26, "dklen": MASTER_BYTES}


@dataclass(frozen=True, kw_only=True)
class Secret:
    """What a backup is encrypted with: 32 random bytes, or a passphrase."""

    value: bytes
    is_passphrase: bool

    def __repr__(self) -> str:
        return "Secret(…)"

    def master(self, salt: bytes) -> bytes:
        """Return the master key for a salt; from a passphrase by scrypt, once for each salt."""
        return _stretched(self.value, salt) if self.is_passphrase else self.value


@lru_cache(maxsize=32)
def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase, salt=salt, **_SCRYPT)


def read_secret(file: Path) -> Secret:
    """Read a key file: 32 bytes in base64, else a passphrase. Raises: KeyMissing, naming the file."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise KeyMissing(
            "vault.E010", f"The key of the backups, {file}, does not exist. Put the copy there."
        ) from error
    except UnicodeDecodeError:
        text = ""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) == MASTER_BYTES:
        return Secret(value=raw, is_passphrase=False)
    if len(text) < LEAST_PASSPHRASE:
        raise KeyMissing(
            "vault.E011", f"{file} holds neither a key nor a passphrase of at least {LEAST_PASSPHRASE} characters."
        )
    return Secret(value=text.encode(), is_passphrase=True)


def make_secret(file: Path) -> bool:
    """Write a new random key where there is no file yet; tell whether it was written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with new_file(file) as stream:
            stream.write(base64.b64encode(secrets.token_bytes(MASTER_BYTES)) + b"\n")
    except FileExistsError:
        return False
    return True


class EncryptingWriter(io.RawIOBase):
    """Takes plain bytes and writes the stream. `close` writes the last chunk; what was not closed cannot be read."""

    def __init__(
        self,
        target: BinaryIO,
        secret: Secret,
        *,
        cipher: str = "aes",
        stretch_salt: bytes | None = None,
        chunk: int = 0,
    ) -> None:
        super().__init__()
        head = {
            "cipher": cipher,
            "salt": os.urandom(16).hex(),
            "stretch": (stretch_salt or os.urandom(16)).hex() if secret.is_passphrase else "",
        }
        self._head = MAGIC + json.dumps(head, sort_keys=True).encode() + b"\n"
        self._aead, self._target, self._buffer, self._count = _aead(head, secret), target, bytearray(), 0
        self._chunk = chunk or CHUNK
        target.write(self._head)

    def writable(self) -> bool:
        """Bytes can be written."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes; whole chunks are written on."""
        self._buffer += data
        while len(self._buffer) > self._chunk:  # one byte more: the last chunk is never empty by accident
            self._emit(bytes(self._buffer[: self._chunk]), is_last=False)
            del self._buffer[: self._chunk]
        return len(data)

    def close(self) -> None:
        """Write the last chunk. The target stays open."""
        if not self.closed:
            self._emit(bytes(self._buffer), is_last=True)
        super().close()

    def _emit(self, plain: bytes, *, is_last: bool) -> None:
        self._target.write(self._aead.encrypt(_nonce(self._count, is_last=is_last), plain, self._head))
        self._count += 1


class DecryptingReader(io.RawIOBase):
    """Reads the plain bytes of a stream. Raises: BrokenSeal where a chunk does not open or the end is missing."""

    def __init__(self, source: BinaryIO, secret: Secret, *, chunk: int = 0) -> None:
        super().__init__()
        self._box = (chunk or CHUNK) + TAG_BYTES
        self._head = source.readline(500)
        self._aead = _aead(_parsed(self._head), secret)
        self._source, self._count, self._plain = source, 0, b""
        self._ahead = source.read(self._box)
        self._is_done = False

    def readable(self) -> bool:
        """Bytes can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the next plain bytes; 0 at the end."""
        while not self._plain and not self._is_done:
            self._next()
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _next(self) -> None:
        box, self._ahead = self._ahead, self._source.read(self._box)
        self._is_done = not self._ahead
        try:
            self._plain = self._aead.decrypt(_nonce(self._count, is_last=self._is_done), box, self._head)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal(
                "vault.E012",
                f"The backup does not open at chunk {self._count}: it was changed or cut short, or the key is another one.",
            ) from error
        self._count += 1


def _nonce(count: int, *, is_last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([is_last])


def _aead(head: dict[str, str], secret: Secret) -> Aead:
    master = secret.master(bytes.fromhex(head["stretch"]))
    return aead_of(head["cipher"], master, f"stream/{head['salt']}")


def _parsed(line: bytes) -> dict[str, str]:
    try:
        head = json.loads(line.removeprefix(MAGIC))
        if line.startswith(MAGIC) and head["cipher"] in CIPHERS and {"salt", "stretch"} <= set(head):
            return {name: str(value) for name, value in head.items()}
    except (ValueError, TypeError, KeyError):
        pass
    raise BrokenSeal("vault.E013", "This is no encrypted stream of Anlan; look whether it is the right file.")
