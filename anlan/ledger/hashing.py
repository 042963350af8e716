"""The hash of a tree: SHA-256, or SM3 (GB/T 32905) where national algorithms are asked for. One log keeps one for good.

Leaves and nodes are prefixed as RFC 6962 prefixes them, whatever the hash. Pure; `store` says which one the log at hand has.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

HASH_BYTES = 32
_LEAF, _NODE = b"\x00", b"\x01"
_PAIRS = struct.Struct(f"{2 * HASH_BYTES}s")


class Hashed(Protocol):
    """What hashlib's functions return."""

    def digest(self) -> bytes:
        """Return the hash."""


class UnknownHash(ValueError):
    """The name is of no hash that a tree may have."""


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
        """Return the hash of an inner node."""
        return self.digest(_NODE + left + right)

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
