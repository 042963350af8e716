"""The stand-alone verifier against published vectors and against our own verifier; it needs nothing but Python."""

import ast
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger import tree
from anlan.ledger.checkpoint import Checkpoint
from anlan.ledger.hashing import SHA256, SM3
from anlan.ledger.many import inclusion_of_many
from anlan.ledger.signing import Signer
from anlan.ledger.standalone import anlan_verify as alone
from anlan.ledger.tiles import Edge, MissingTile, Tiles
from tests.unit.ledger.test_tree import CONSISTENCIES, INCLUSIONS, INPUTS, LEAVES, ROOTS, unhex

FILE = Path(alone.__file__)

# RFC 8032, 7.1: public key, message, signature
ED25519 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
# GB/T 32905-2016, appendix A
SM3_VECTORS = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)


@pytest.mark.parametrize(("public", "message", "signature"), ED25519)
def test_the_signatures_of_rfc_8032_hold_and_no_other(public: str, message: str, signature: str) -> None:
    key, said, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert alone.ed25519_holds(key, said, signed)
    assert not alone.ed25519_holds(key, said + b"x", signed)
    assert not alone.ed25519_holds(key, said, signed[:-1])
    beyond = int.from_bytes(signed[32:], "little") + alone.ORDER
    assert not alone.ed25519_holds(key, said, signed[:32] + beyond.to_bytes(32, "little"))


def test_a_signature_of_a_megabyte_is_refused_at_once() -> None:
    """Anybody hands receipts in: reckoning with eight million bits would take hours."""
    public, _message, signature = (bytes.fromhex(text) for text in ED25519[1])
    began = time.monotonic()
    assert not alone.ed25519_holds(public, b"", signature + b"\xff" * 2**20)
    assert time.monotonic() - began < 2


def test_a_key_signs_once() -> None:
    """Ten thousand signatures that hold would take minutes, too."""
    signer = Signer(name="log.example/a", seed=bytes(range(32)))
    note = str(signer.sign(Checkpoint(origin="log.example/a", size=3, root=bytes(32)).text()))
    again = note + note.rpartition("\n\n")[2]
    found = alone.Verification(str(signer.verifier))
    assert found.open_checkpoint("here", again, alone.Key(str(signer.verifier)), "sha256") == (0, b"")
    assert [finding[2] for finding in found.findings] == ["signature"]


@pytest.mark.parametrize(("data", "expected"), SM3_VECTORS)
def test_the_hashes_of_the_sm3_standard_come_out(data: bytes, expected: str) -> None:
    assert alone.sm3(data).hex() == expected
    assert alone.HASHES["sm3"](data).hex() == expected


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_published_inclusion_proofs_hold(index: int, size: int, proof: tuple[str, ...]) -> None:
    root = bytes.fromhex(ROOTS[size])
    assert alone.inclusion_holds(alone.sha256, LEAVES[index], index, size, unhex(proof), root)
    assert not alone.inclusion_holds(alone.sha256, LEAVES[index], index + 1, size, unhex(proof), root)
    assert not alone.inclusion_holds(alone.sha256, LEAVES[index], index, size, [*unhex(proof), root], root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCIES)
def test_the_published_consistency_proofs_hold(old: int, new: int, proof: tuple[str, ...]) -> None:
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert alone.consistency_holds(alone.sha256, old, new, *roots, unhex(proof))
    assert not alone.consistency_holds(alone.sha256, old, new, roots[0], bytes(32), unhex(proof))
    assert not alone.consistency_holds(alone.sha256, old, new, *roots, [*unhex(proof), roots[0]])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out_of_the_leaves(size: int) -> None:
    known = {index: hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest() for index, text in enumerate(INPUTS[:size])}
    assert alone.root_from(alone.sha256, known, size, []).hex() == ROOTS[size]


def _no_tile(level: int, index: int) -> bytes:
    raise MissingTile(f"{level}/{index}")


@given(st.integers(1, 600), st.data())
def test_it_agrees_with_our_own_verifier_on_every_proof(size: int, data: st.DataObject) -> None:
    by = data.draw(st.sampled_from((SHA256, SM3)))
    leaves = [by.leaf(number.to_bytes(4, "big")) for number in range(size)]
    edge = Edge(0, _no_tile, by)
    tiles = edge.append(leaves)
    nodes, h, root = Tiles(lambda level, index: tiles[level, index], by), alone.HASHES[by.name], edge.root()
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, between = tree.inclusion(nodes, index, size), tree.consistency(nodes, old, size)
    if path and data.draw(st.booleans()):
        path[data.draw(st.integers(0, len(path) - 1))] = bytes(32)
    ours = tree.verify_inclusion(leaves[index], index=index, size=size, proof=path, root=root, by=by)
    assert alone.inclusion_holds(h, leaves[index], index, size, path, root) is ours
    old_root = tree.root(nodes, old)
    assert alone.consistency_holds(h, old, size, old_root, root, between)
    assert tree.verify_consistency(old=old, new=size, old_root=old_root, new_root=root, proof=between, by=by)

    chosen = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
    proof = inclusion_of_many(nodes, chosen, size)
    assert alone.root_from(h, {at: leaves[at] for at in chosen}, size, proof) == root
    assert alone.root_from(h, {at: leaves[at] for at in chosen} | {chosen[0]: bytes(32)}, size, proof) != root


@pytest.mark.parametrize("indexes", [[], [-1], [8], [3, 2], [2, 2]])
def test_a_proof_of_many_needs_ascending_positions(indexes: list[int]) -> None:
    with pytest.raises(ValueError, match="Ascending positions in a tree of 8 leaves"):
        inclusion_of_many(Tiles(_no_tile, SHA256), indexes, 8)


def test_it_opens_the_notes_that_we_sign() -> None:
    signer = Signer(name="log.example/a", seed=bytes(range(32)))
    note = str(signer.sign(Checkpoint(origin="log.example/a", size=3, root=bytes(32)).text()))
    found = alone.Verification(str(signer.verifier))
    assert found.open_checkpoint("here", note, alone.Key(str(signer.verifier)), "sha256") == (3, bytes(32))
    assert found.outcome == 0

    other = alone.Verification()
    assert other.open_checkpoint("here", note.replace("\n3\n", "\n4\n"), alone.Key(str(signer.verifier)), "sha256") == (
        0,
        b"",
    )
    assert [finding[2] for finding in other.findings] == ["signature"]


def _cosigned(time: int) -> tuple[str, str]:
    """A checkpoint with a witness's cosignature as C2SP tlog-cosignature writes it, and the witness's key."""
    import base64

    signer = Signer(name="log.example/a", seed=bytes(range(32)))
    witness, name = Ed25519PrivateKey.from_private_bytes(bytes(32)), "witness.example/w"
    raw = b"\x04" + witness.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    text = Checkpoint(origin="log.example/a", size=3, root=bytes(32)).text()
    signed = witness.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    line = base64.b64encode(key_id + time.to_bytes(8, "big") + signed).decode()
    return f"{signer.sign(text)}— {name} {line}\n", f"{name}+{key_id.hex()}+{base64.b64encode(raw).decode()}"


def test_a_witness_is_believed_only_with_its_cosignature() -> None:
    note, witness = _cosigned(1_700_000_000)
    log = str(Signer(name="log.example/a", seed=bytes(range(32))).verifier)
    for text, expected in (
        (note, ["signed", "cosigned"]),
        (note.rsplit("— witness", 1)[0], ["signed", "cosignature"]),
    ):
        found = alone.Verification(log, (witness,))
        found.open_checkpoint("here", text, alone.Key(log), "sha256")
        assert [finding[2] for finding in found.findings] == expected
    found = alone.Verification(log)
    found.open_checkpoint("here", note, alone.Key(log), "sha256")
    assert found.findings[-1][4] == "1 more signatures were not checked: no --witness key was given"


def test_the_kept_checkpoint_shows_growth_or_a_split() -> None:
    import base64

    leaves = [SHA256.leaf(bytes([number])) for number in range(7)]
    edge = Edge(0, _no_tile, SHA256)
    tiles = edge.append(leaves)
    nodes = Tiles(lambda level, index: tiles[level, index], SHA256)
    signer = Signer(name="log.example/a", seed=bytes(range(32)))
    notes = {
        size: str(signer.sign(Checkpoint(origin=signer.name, size=size, root=tree.root(nodes, size)).text()))
        for size in (3, 7)
    }
    other = str(signer.sign(Checkpoint(origin=signer.name, size=3, root=bytes(32)).text()))
    path = "".join(f"{base64.b64encode(one).decode()}\n" for one in tree.consistency(nodes, 3, 7))
    offer = f"old 3\n{path}\n{notes[7]}"
    key = alone.Key(str(signer.verifier))
    for kept, given_offer, expected in (
        (notes[7], "", "kept-grown"),
        (notes[3], "", "kept-alone"),
        (notes[3], offer, "kept-grown"),
        (other, offer, "kept-other"),
    ):
        found = alone.Verification(key.line, (), kept, given_offer)
        found.open_checkpoint("here", notes[7], key, "sha256")
        assert found.findings[-1][2] == expected


def test_it_is_one_file_of_python_3_8_without_dependencies() -> None:
    source = FILE.read_text(encoding="utf-8")
    parsed = ast.parse(source, feature_version=(3, 8))
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(parsed)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= set(sys.stdlib_module_names)
    assert len(source.splitlines()) <= 600


def test_it_runs_alone_and_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_text('{"kind": "entry"}', encoding="utf-8")
    ended = subprocess.run([sys.executable, "-I", str(FILE), str(file)], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 2
    assert "receipt.json: 格式不对：" in ended.stdout
    assert subprocess.run([sys.executable, "-I", str(FILE)], capture_output=True).returncode == 1
    gone = subprocess.run([sys.executable, "-I", str(FILE), "gone.zip"], capture_output=True, text=True, cwd=tmp_path)
    assert (gone.returncode, "gone.zip" in gone.stderr) == (1, True)
