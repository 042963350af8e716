"""pymerkle, another implementation, as an oracle: roots and inclusion. Its consistency proofs are not the RFC's and are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger.hashing import SHA256
from anlan.ledger.tiles import Edge, Tiles
from anlan.ledger.tree import inclusion, root, verify_inclusion
from tests.unit.ledger.test_tree import no_tile

pymerkle = pytest.importorskip("pymerkle")


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=600), st.data())
def test_roots_and_inclusion_agree_with_pymerkle(contents: list[bytes], data: st.DataObject) -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    for content in contents:
        theirs.append_entry(content)
    leaves = [SHA256.leaf(content) for content in contents]
    edge = Edge(0, no_tile)
    tiles = edge.append(leaves)
    ours = Tiles(lambda level, index: tiles[level, index])
    size = data.draw(st.integers(1, len(contents)))
    index = data.draw(st.integers(0, size - 1))

    top = root(ours, size)
    assert top == theirs.get_root(size)
    path = theirs.prove_inclusion(index + 1, size).path
    assert path[0] == leaves[index]
    assert path[1:] == inclusion(ours, index, size)
    assert verify_inclusion(leaves[index], index=index, size=size, proof=path[1:], root=top)
