"""The Merkle tree of RFC 6962 and RFC 9162: roots, proofs and their verification. Pure functions over stored node hashes.

The sequencer, the check and `anlan verify` call it. A tree of n leaves splits at the largest power of two below n, so
every complete subtree stands at (level, index) for good; `Nodes` reads those, and all else follows from O(log n) of them.
"""

from collections.abc import Sequence
from typing import Protocol

from anlan.ledger.hashing import HASH_BYTES, SHA256, TreeHash

EMPTY_ROOT = SHA256.empty_root


class Nodes(Protocol):
    """Where the hashes of complete subtrees come from, and the hash that joins them."""

    @property
    def hash(self) -> TreeHash:
        """The tree's hash."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the subtree over leaves [index × 2^level, (index + 1) × 2^level)."""


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return subtree(nodes, 0, size) if size else nodes.hash.empty_root


def inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the proof that the leaf at `index` is in the tree of `size` leaves, the leaf's sibling first (RFC 9162, 2.1.3.1).

    Raises: ValueError when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    start, end, siblings = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [subtree(nodes, *sibling) for sibling in reversed(siblings)]


def consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162, 2.1.4.1).

    Raises: ValueError unless 0 < old <= new; a proof from an empty tree says nothing.
    """
    if not 0 < old <= new:
        raise ValueError(f"No consistency proof leads from {old} to {new} leaves.")
    start, end, is_whole, beside = 0, new, True, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((start, middle))
            start, is_whole = middle, False
    first = [] if is_whole else [subtree(nodes, start, end)]
    return first + [subtree(nodes, *sibling) for sibling in reversed(beside)]


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes, by: TreeHash = SHA256
) -> bool:
    """Tell whether the proof leads from the leaf at `index` to the root of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not _are_counts(index, size) or index >= size or not _are_hashes(leaf, root, *proof):
        return False
    at, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            reached = by.node(sibling, reached)
            at, last = _climb(at, last)
        else:
            reached = by.node(reached, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes], by: TreeHash = SHA256
) -> bool:
    """Tell whether the proof shows that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not _are_counts(old, new) or not 0 < old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return old_root == new_root and not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_reached = new_reached = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_reached, new_reached = by.node(sibling, old_reached), by.node(sibling, new_reached)
            at, last = _climb(at, last)
        else:
            new_reached = by.node(new_reached, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_reached == old_root and new_reached == new_root


def subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the hash over leaves [start, end). The RFC's splits make `start` a multiple of every power of two needed."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return nodes.node(level, start >> level)
    middle = start + _split(width)
    return nodes.hash.node(subtree(nodes, start, middle), subtree(nodes, middle, end))


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _climb(at: int, last: int) -> tuple[int, int]:
    """Leave out the levels at which the right edge has no sibling of its own."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _are_hashes(*values: bytes) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)


def _are_counts(*values: int) -> bool:
    """Tell whether these are whole numbers of a tree; `True` is none, though Python counts it as 1."""
    return all(type(value) is int and 0 <= value < 2**63 for value in values)
