"""The hash of a tree: SHA-256, or SM3 (GB/T 32905) where national algorithms are asked for. One log keeps one for good.

Leaves and nodes are prefixed as RFC 6962 prefixes them, whatever the hash. Pure; `store` says which one the log at hand has.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

HASH_BYTES = 32
_LEAF, _NODE = b"\x00", b"\x01"
Digest = Callable[[bytes], bytes]


class UnknownHash(ValueError):
    """The name is of no hash that a tree may have."""


@dataclass(frozen=True, slots=True)
class TreeHash:
    """One hash with the prefixes of the tree. `name` is what settings, checkpoints and the database say."""

    name: str
    digest: Digest = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """The name as people write it."""
        return {"sha256": "SHA-256", "sm3": "SM3"}[self.name]

    @property
    def empty_root(self) -> bytes:
        """The root of a tree without leaves."""
        return self.digest(b"")

    def leaf(self, content: bytes) -> bytes:
        """Return the hash of a leaf."""
        return self.digest(_LEAF + content)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node."""
        return self.digest(_NODE + left + right)

    def parents(self, hashes: bytes) -> bytes:
        """Return the hashes of the parents of an even row of hashes, joined as the row is."""
        digest, width = self.digest, 2 * HASH_BYTES
        return b"".join([digest(_NODE + hashes[at : at + width]) for at in range(0, len(hashes), width)])


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _sm3() -> Digest:
    """OpenSSL's SM3 where Python's build has it; else that of `cryptography`, which brings its own OpenSSL."""
    if "sm3" in hashlib.algorithms_available:

        def by_openssl(content: bytes) -> bytes:
            return hashlib.new("sm3", content).digest()

        return by_openssl
    return sm3_by_cryptography


def sm3_by_cryptography(content: bytes) -> bytes:
    """Return the SM3 hash without OpenSSL's help; imported late, as few logs need it."""
    from cryptography.hazmat.primitives import hashes

    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


SHA256 = TreeHash("sha256", _sha256)
SM3 = TreeHash("sm3", _sm3())
_BY_NAME = {one.name: one for one in (SHA256, SM3)}


def tree_hash(name: str) -> TreeHash:
    """Return the hash of that name. Raises: UnknownHash, naming those that there are."""
    if name not in _BY_NAME:
        raise UnknownHash(f'"{name}" is no hash of a tree; use {" or ".join(sorted(_BY_NAME))}.')
    return _BY_NAME[name]
