"""A log elsewhere, for the tests of the witness: a key, leaves, and offers from any size to any other."""

import hashlib

from anlan.ledger.checkpoint import Checkpoint
from anlan.ledger.hashing import SHA256, TreeHash
from anlan.ledger.offer import Offer
from anlan.ledger.signing import Signer
from anlan.ledger.tiles import Edge, MissingTile, Tiles
from anlan.ledger.tree import consistency, root

ORIGIN = "hospital.example.cn/ledger"


class OtherLog:
    """A log of `most` entries; `seed` makes its key, `word` its entries: two words make two histories under one key."""

    def __init__(self, *, most: int = 600, seed: int = 1, word: str = "entry", by: TreeHash = SHA256) -> None:
        self.by = by
        self.signer = Signer(name=ORIGIN, seed=bytes([seed]) * 32)
        self.leaves = [hashlib.sha256(f"{word} {number}".encode()).digest() for number in range(most)]
        edge = Edge(0, _nothing, by)
        tiles = edge.append(self.leaves)
        self.tree = Tiles(lambda level, index: tiles[level, index], by)

    @property
    def key(self) -> str:
        return str(self.signer.verifier)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(origin=ORIGIN, size=size, root=root(self.tree, size), tree_hash=self.by.name)

    def note(self, size: int) -> str:
        return str(self.signer.sign(self.checkpoint(size).text()))

    def offer(self, old: int, size: int) -> str:
        proof = tuple(consistency(self.tree, old, size)) if 0 < old <= size else ()
        return str(Offer(old=old, proof=proof, note=self.note(size)))


def _nothing(level: int, index: int) -> bytes:
    raise MissingTile(f"{level}/{index}")
