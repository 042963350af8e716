"""One encrypted value: `e1:key id:blind index:base64(nonce ‖ ciphertext ‖ tag)`. Pure; the ring hands over the keys.

The head and the value's place (table, column, row) are associated data, so that a value copied to another row or column does not
open. The blind index is a keyed hash of the normalised value: equal values of one column have equal ones, and nothing else
can be read from it. ([ADR 0021](../../docs/adr/0021-sensitive-columns-are-encrypted.md))
"""

import base64
import binascii
import hmac
import os
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anlan.vault.errors import BrokenSeal, FileBroken

FORMAT = "e1"
CIPHERS = ("aes", "sm4")
MASTER_BYTES, NONCE_BYTES, TAG_BYTES, BLIND_BYTES = 32, 12, 16, 12


class Aead(Protocol):
    """Encryption with associated data, as `cryptography` offers it for AES."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4 (GB/T 32907) in GCM, in the form in which `cryptography` offers AES. The key has 128 bits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return ciphertext and tag."""
        worker = Cipher(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(associated_data or b"")
        return worker.update(data) + worker.finalize() + worker.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return the plain bytes. Raises: InvalidTag."""
        body, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        worker = Cipher(algorithms.SM4(self._key), modes.GCM(nonce, tag)).decryptor()
        worker.authenticate_additional_data(associated_data or b"")
        return worker.update(body) + worker.finalize()


def aead_of(cipher: str, master: bytes, purpose: str) -> Aead:
    """Return the cipher with a key derived from a master for one purpose."""
    if cipher == "sm4":
        return Sm4Gcm(derived(master, purpose, 16))
    return AESGCM(derived(master, purpose, 32))


def derived(master: bytes, purpose: str, length: int) -> bytes:
    """Return the key of a purpose (HKDF-SHA-256)."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"anlan/{purpose}".encode()).derive(master)


@dataclass(frozen=True, kw_only=True)
class FieldKey:
    """One generation of keys. The id names the cipher too: `aes-3f9c2d1e`."""

    id: str
    master: bytes

    def __repr__(self) -> str:
        return f"FieldKey({self.id!r})"  # never the key

    @cached_property
    def _aead(self) -> Aead:
        return aead_of(self.id.partition("-")[0], self.master, "field/value")

    @cached_property
    def _index(self) -> bytes:
        return derived(self.master, "field/index", 32)

    def encrypt(self, plain: bytes, *, place: str, blind: str = "") -> str:
        """Return the stored form of a value."""
        head, nonce = f"{FORMAT}:{self.id}:{blind}:", os.urandom(NONCE_BYTES)
        box = self._aead.encrypt(nonce, plain, f"{head}{place}".encode())
        return head + base64.b64encode(nonce + box).decode()

    def open(self, stored: str, *, place: str) -> bytes:
        """Return the plain bytes. Raises: BrokenSeal."""
        head, _gap, payload = stored.rpartition(":")
        try:
            raw = base64.b64decode(payload, validate=True)
            return self._aead.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], f"{head}:{place}".encode())
        except (InvalidTag, ValueError, binascii.Error) as error:
            shown = place.replace("\0", " ")
            raise BrokenSeal(
                "vault.E003",
                f"The value at {shown} does not open with key {self.id}: it was changed or copied there outside Anlan. "
                "`anlan check` says what the ledger has.",
            ) from error

    def for_file(self, salt: str) -> Aead:
        """Return the cipher of one stored file, with a key of its own."""
        return aead_of(self.id.partition("-")[0], self.master, f"file/{salt}")

    def open_file(self, stored: bytes, *, place: str) -> bytes:
        """Return the plain bytes of a sheet that was stored in one box: a line that names the key, nonce, ciphertext, tag.

        New files are written by `files`. Raises: FileBroken.
        """
        head, _gap, box = stored.partition(b"\n")
        try:
            return self._aead.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], head + b"\n" + place.encode())
        except (InvalidTag, ValueError) as error:
            raise FileBroken(
                "vault.E014", f"The file {place} does not open with key {self.id}. Put it there from a backup."
            ) from error

    def blind(self, value: str, *, column: str) -> str:
        """Return the blind index of a value in a column (hex)."""
        text = f"{column}\0{normal(value)}".encode()
        return hmac.new(self._index, text, sha256).digest()[:BLIND_BYTES].hex()


def normal(value: str) -> str:
    """Return the form in which values are looked up: width and case are one, runs of spaces count once."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def key_id_of(stored: str) -> str:
    """Return the id of the key that a stored value names; empty for what is no stored value."""
    parts = stored.split(":", 3)
    return parts[1] if len(parts) == 4 and parts[0] == FORMAT else ""


def place(table: str, column: str, row: str) -> str:
    """Return the place of a value, which it is bound to. `row` is the record's uid in hex."""
    return f"{table}\0{column}\0{row}"
