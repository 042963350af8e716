"""The tree against the vectors that Certificate Transparency publishes for RFC 6962, and what a proof must refuse."""

from hashlib import sha256

import pytest

from anlan.ledger.tiles import Edge, MissingTile, Tiles
from anlan.ledger.tree import (
    EMPTY_ROOT,
    consistency,
    inclusion,
    root,
    verify_consistency,
    verify_inclusion,
)

# transparency-dev/merkle, testonly/constants.go: leaf inputs, roots of the first n leaves, hashes of complete subtrees
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
L0, L1, L4, L6 = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
)
N01, N23, N45, N67 = (
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
N03, N47 = (
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
# index, size, proof
INCLUSIONS = (
    (0, 1, ()),
    (0, 8, (L1, N23, N47)),
    (5, 8, (L4, N67, N03)),
    (2, 3, (N01,)),
    (1, 5, (L0, N23, L4)),
)
# old, new, proof
CONSISTENCIES = (
    (1, 1, ()),
    (1, 8, (L1, N23, N47)),
    (6, 8, (N45, N67, N03)),
    (2, 5, (N23, L4)),
    (6, 7, (N45, L6, N03)),
)


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def unhex(hashes) -> list[bytes]:
    return [bytes.fromhex(text) for text in hashes]


LEAVES = [leaf(bytes.fromhex(text)) for text in INPUTS]


def grown(leaves) -> tuple[Edge, Tiles]:
    """The edge of a tree that grew in one batch, and the tree as its tiles tell it."""
    edge = Edge(0, no_tile)
    tiles = edge.append(leaves)
    return edge, Tiles(lambda level, index: tiles[level, index])


def no_tile(level: int, index: int) -> bytes:
    raise MissingTile(f"{level}/{index}")


TREE = grown(LEAVES)[1]


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS)))
def test_the_published_roots_come_out(size: int, expected: str) -> None:
    assert root(TREE, size).hex() == expected
    assert grown(LEAVES[:size])[0].root().hex() == expected


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_published_inclusion_proofs_come_out_and_verify(index: int, size: int, proof: tuple[str, ...]) -> None:
    assert inclusion(TREE, index, size) == unhex(proof)
    assert verify_inclusion(LEAVES[index], index=index, size=size, proof=unhex(proof), root=bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCIES)
def test_the_published_consistency_proofs_come_out_and_verify(old: int, new: int, proof: tuple[str, ...]) -> None:
    assert consistency(TREE, old, new) == unhex(proof)
    assert verify_consistency(
        old=old,
        new=new,
        old_root=bytes.fromhex(ROOTS[old]),
        new_root=bytes.fromhex(ROOTS[new]),
        proof=unhex(proof),
    )


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"A tree of {size} leaves has no leaf {index}"):
        inclusion(TREE, index, size)
    assert not verify_inclusion(LEAVES[0], index=index, size=size, proof=[], root=LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 8), (8, 7)])
def test_no_consistency_leads_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match=f"No consistency proof leads from {old} to {new} leaves"):
        consistency(TREE, old, new)
    roots = {"old_root": bytes.fromhex(ROOTS[old]), "new_root": bytes.fromhex(ROOTS[new])}
    assert not verify_consistency(old=old, new=new, proof=[], **roots)


def test_a_proof_that_is_too_short_or_too_long_is_refused() -> None:
    proof, top = inclusion(TREE, 5, 8), bytes.fromhex(ROOTS[8])
    assert not verify_inclusion(LEAVES[5], index=5, size=8, proof=proof[:-1], root=top)
    assert not verify_inclusion(LEAVES[5], index=5, size=8, proof=[*proof, top], root=top)
    assert not verify_inclusion(LEAVES[5], index=5, size=8, proof=[proof[0][:31], *proof[1:]], root=top)
    path, old = consistency(TREE, 6, 8), bytes.fromhex(ROOTS[6])
    assert not verify_consistency(old=6, new=8, old_root=old, new_root=top, proof=path[:-1])
    assert not verify_consistency(old=6, new=8, old_root=old, new_root=top, proof=[*path, top])
    assert not verify_consistency(old=6, new=8, old_root=old, new_root=top, proof=[])


def test_an_inner_node_cannot_pass_as_a_leaf() -> None:
    assert not verify_inclusion(
        bytes.fromhex(N45), index=2, size=8, proof=unhex((N67, N03)), root=bytes.fromhex(ROOTS[8])
    )


def test_tiles_have_the_widths_of_tlog_tiles() -> None:
    leaves = [leaf(number.to_bytes(4, "big")) for number in range(70_000)]
    edge = Edge(0, no_tile)
    tiles = edge.append(leaves)
    widths = {key: len(hashes) // 32 for key, hashes in tiles.items()}

    assert widths[0, 272] == 256
    assert widths[0, 273] == 112  # 70,000 = 273 × 256 + 112
    assert (widths[1, 0], widths[1, 1]) == (256, 17)
    assert widths[2, 0] == 1
    assert len(tiles) == 274 + 2 + 1
    assert edge.root() == root(Tiles(lambda level, index: tiles[level, index]), 70_000)


def test_a_node_that_no_tile_holds_is_named() -> None:
    with pytest.raises(MissingTile, match="Tile 0/0 holds no hash of level 2, index 2"):
        TREE.node(2, 2)


def test_an_edge_that_was_stored_too_short_is_refused() -> None:
    with pytest.raises(MissingTile, match="Tile 0/1 should hold 44 hashes"):
        Edge(300, lambda level, index: b"\x00" * 32)
