"""One proof for many leaves: the hashes of the subtrees that hold none of them, from the left. Receipts of batches carry it.

An import of n rows lies side by side in the tree; so the proof is a few dozen hashes, not n paths.
"""

from collections.abc import Sequence

from anlan.ledger.tree import Nodes, subtree


def inclusion_of_many(nodes: Nodes, indexes: Sequence[int], size: int) -> list[bytes]:
    """Return the proof that the leaves at `indexes` (ascending, each once) are in the tree of `size` leaves.

    Raises: ValueError when there are none, they do not ascend, or the tree has no such leaf.
    """
    if not indexes or indexes[0] < 0 or indexes[-1] >= size or list(indexes) != sorted(set(indexes)):
        raise ValueError(f"Ascending positions in a tree of {size} leaves are needed.")
    return _beside(nodes, 0, size, list(indexes))


def _beside(nodes: Nodes, start: int, end: int, indexes: list[int]) -> list[bytes]:
    if not indexes:
        return [subtree(nodes, start, end)]
    if len(indexes) == end - start:
        return []
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    cut = next((at for at, index in enumerate(indexes) if index >= middle), len(indexes))
    return _beside(nodes, start, middle, indexes[:cut]) + _beside(nodes, middle, end, indexes[cut:])
