"""The hash of a tree: SHA-256, or SM3 (GB/T 32905) where national algorithms are asked for. One log keeps one for good.

Leaves and nodes are prefixed as RFC 6962 prefixes them, whatever the hash. Pure; `store` says which one the log at hand has.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

HASH_BYTES = 32
_LEAF, _NODE = b"\x00", b"\x01"
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_PAIRS = struct.Struct(f"{2 * HASH_BYTES}s")


class Hashed(Protocol):
    """What hashlib's functions return."""

    def digest(self) -> bytes:
        """Return the hash."""


class UnknownHash(ValueError):
    """The name is of no hash that a tree may have."""


class BadHash(ValueError):
    """What should be a hash or other bytes of a fixed length is not, or is spelled in another way than ours."""


def require_hash(value: bytes) -> bytes:
    """Return a hash of a tree. Raises: BadHash for any other number of bytes, so that no failed path equals a root."""
    if len(value) != HASH_BYTES:
        raise BadHash(f"A hash has {HASH_BYTES} bytes; this one has {len(value)}.")
    return value


def bytes_from_hex(text: object, count: int = HASH_BYTES) -> bytes:
    """Return `count` bytes from lower-case hex. Raises: BadHash for another length or spelling, and for what is no text."""
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise BadHash("A text that should be lower-case hex is not.")
    if len(text) != 2 * count:
        raise BadHash(f"{count} bytes in hex are needed; these are {len(text) // 2}.")
    return bytes.fromhex(text)


def bytes_from_base64(text: str) -> bytes:
    """Return what base64 says. Raises: BadHash, also for another spelling of the same bytes: a signed text has one form."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadHash("A line that should be base64 is not.") from error
    if base64.b64encode(value).decode() != text:
        raise BadHash("A line is base64 in an unusual spelling.")
    return value


@dataclass(frozen=True, slots=True)
class TreeHash:
    """One hash with the prefixes of the tree. `name` is what settings, checkpoints and the database say."""

    name: str
    new: Callable[[bytes], Hashed] = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """The name as people write it."""
        return {"sha256": "SHA-256", "sm3": "SM3"}[self.name]

    @property
    def empty_root(self) -> bytes:
        """The root of a tree without leaves."""
        return self.digest(b"")

    def digest(self, content: bytes) -> bytes:
        """Return the plain hash."""
        return self.new(content).digest()

    def leaf(self, content: bytes) -> bytes:
        """Return the hash of a leaf."""
        return self.digest(_LEAF + content)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node. Raises: BadHash when one side is no hash."""
        return self.digest(_NODE + require_hash(left) + require_hash(right))

    def parents(self, hashes: bytes) -> bytes:
        """Return the hashes of the parents of an even row of hashes, joined as the row is."""
        new = self.new
        return b"".join([new(_NODE + pair).digest() for (pair,) in _PAIRS.iter_unpack(hashes)])


class CryptographySm3:
    """SM3 by `cryptography`, which brings its own OpenSSL, for a Python that was built without it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def digest(self) -> bytes:
        """Return the hash. The package is imported late, as few logs need it."""
        from cryptography.hazmat.primitives import hashes

        digest = hashes.Hash(hashes.SM3())
        digest.update(self._content)
        return digest.finalize()


SHA256 = TreeHash("sha256", hashlib.sha256)
SM3 = TreeHash("sm3", partial(hashlib.new, "sm3") if "sm3" in hashlib.algorithms_available else CryptographySm3)
_BY_NAME = {one.name: one for one in (SHA256, SM3)}


def tree_hash(name: str) -> TreeHash:
    """Return the hash of that name. Raises: UnknownHash, naming those that there are."""
    if name not in _BY_NAME:
        raise UnknownHash(f'"{name}" is no hash of a tree; use {" or ".join(sorted(_BY_NAME))}.')
    return _BY_NAME[name]
