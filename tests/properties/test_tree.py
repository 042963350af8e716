"""The tree for any size and any growth: equal to the RFC's definition, every proof verifies, any flipped bit breaks it."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger.tiles import Edge, Tiles
from anlan.ledger.tree import consistency, inclusion, root, verify_consistency, verify_inclusion

MOST = 1200
LEAVES = [sha256(b"\x00" + number.to_bytes(4, "big")).digest() for number in range(MOST)]


def by_definition(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash, as RFC 6962, section 2.1 writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def path_by_definition(m: int, leaves: list[bytes]) -> list[bytes]:
    """The audit path, as RFC 6962, section 2.1.1 writes it down."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path_by_definition(m, leaves[:k]), by_definition(leaves[k:])]
    return [*path_by_definition(m - k, leaves[k:]), by_definition(leaves[:k])]


def proof_by_definition(m: int, leaves: list[bytes], is_whole: bool = True) -> list[bytes]:
    """The consistency proof, as RFC 6962, section 2.1.2 writes it down."""
    n = len(leaves)
    if m == n:
        return [] if is_whole else [by_definition(leaves)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*proof_by_definition(m, leaves[:k], is_whole), by_definition(leaves[k:])]
    return [*proof_by_definition(m - k, leaves[k:], False), by_definition(leaves[:k])]


class Stored:
    """Tiles in a dictionary: a tree that grows batch by batch, each by an edge that knows only what is stored."""

    def __init__(self) -> None:
        self.size = 0
        self.tiles: dict[tuple[int, int], bytes] = {}

    def load(self, level: int, index: int) -> bytes:
        return self.tiles[level, index]

    def grow(self, count: int) -> bytes:
        edge = Edge(self.size, self.load)
        self.tiles |= edge.append(LEAVES[self.size : self.size + count])
        self.size = edge.size
        return edge.root()


def stored(size: int) -> Tiles:
    log = Stored()
    log.grow(size)
    return Tiles(log.load)


def flipped(value: bytes, bit: int) -> bytes:
    at = bit % (len(value) * 8)
    return (int.from_bytes(value, "big") ^ (1 << at)).to_bytes(len(value), "big")


sizes = st.one_of(st.integers(1, 40), st.integers(1, MOST))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_growth_in_any_batches_gives_the_roots_of_the_definition(batches: list[int]) -> None:
    log = Stored()
    for count in batches:
        top = log.grow(count)
        assert top == by_definition(LEAVES[: log.size]) == root(Tiles(log.load), log.size)


@given(sizes, st.data())
def test_a_grown_tree_still_proves_each_smaller_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, old - 1))
    tree = stored(size)

    assert root(tree, old) == by_definition(LEAVES[:old])
    assert inclusion(tree, index, old) == path_by_definition(index, LEAVES[:old])
    assert consistency(tree, old, size) == proof_by_definition(old, LEAVES[:size])


@given(sizes, st.data())
def test_every_inclusion_proof_verifies_and_any_flipped_bit_breaks_it(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = stored(size)
    proof, top = inclusion(tree, index, size), root(tree, size)
    assert verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=top)

    parts = [LEAVES[index], top, *proof]
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    leaf, wrong_top, *wrong = [flipped(part, bit) if number == at else part for number, part in enumerate(parts)]
    assert not verify_inclusion(leaf, index=index, size=size, proof=wrong, root=wrong_top)
    other = data.draw(st.integers(0, size - 1))
    assert verify_inclusion(LEAVES[index], index=other, size=size, proof=proof, root=top) == (other == index)


@given(sizes, st.data())
def test_every_consistency_proof_verifies_and_any_flipped_bit_breaks_it(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree = stored(size)
    proof, parts = consistency(tree, old, size), [root(tree, old), root(tree, size)]
    assert verify_consistency(old=old, new=size, old_root=parts[0], new_root=parts[1], proof=proof)

    parts += proof
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    first, second, *wrong = [flipped(part, bit) if number == at else part for number, part in enumerate(parts)]
    assert not verify_consistency(old=old, new=size, old_root=first, new_root=second, proof=wrong)
