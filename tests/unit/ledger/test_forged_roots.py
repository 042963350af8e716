"""A log's own key signs what is no root: nothing is proven by it, neither by the stand-alone verifier nor by ours."""

import base64
import datetime as dt
import hashlib
import json

import pytest

from anlan.ledger.checkpoint import BadNote, Checkpoint, parse_checkpoint
from anlan.ledger.hashing import (
    SHA256,
    BadHash,
    bytes_from_base64,
    bytes_from_hex,
    require_hash,
)
from anlan.ledger.keyfile import parse_key
from anlan.ledger.offer import parse_offer
from anlan.ledger.signing import ED25519, Signer
from anlan.ledger.standalone import anlan_verify as alone
from anlan.ledger.tiles import Edge, MissingTile, Tiles
from anlan.ledger.tree import verify_consistency, verify_inclusion

SIGNER = Signer(name="log.example/a", seed=bytes(range(32)))
KEY = str(SIGNER.verifier)
AT = dt.datetime(2025, 11, 3, 8, 0, tzinfo=dt.UTC)
# A root of any other length than that of its hash, and other spellings of the same 32 bytes.
ROOTS = {
    "empty": "",
    "1 byte": base64.b64encode(b"\x01").decode(),
    "31 bytes": base64.b64encode(b"\x01" * 31).decode(),
    "33 bytes": base64.b64encode(b"\x01" * 33).decode(),
    "64 bytes": base64.b64encode(b"\x01" * 64).decode(),
    "no padding": base64.b64encode(b"\x01" * 32).decode().rstrip("="),
    "loose bits": base64.b64encode(b"\x01" * 32).decode()[:-2] + "F=",
    "a space": " " + base64.b64encode(b"\x01" * 32).decode(),
    "url alphabet": base64.urlsafe_b64encode(b"\xff" * 32).decode(),
}


def note(root: str, size: str = "3") -> str:
    """A checkpoint with whatever root, signed by the log itself."""
    return str(SIGNER.sign(f"{SIGNER.name}\n{size}\n{root}\n"))


def receipt(content: str, *, checkpoint: str, position: object = 1, path: object = ()) -> dict[str, object]:
    """A receipt as the operator of the log would make it up: the promise is signed, the header says what they please."""
    header = json.dumps({"content": hashlib.sha256(content.encode()).hexdigest(), "id": "0"})
    leaf = SHA256.leaf(header.encode())
    lines = (alone.RECEIPT, SIGNER.name, "entry", base64.b64encode(leaf).decode(), "-", AT.isoformat())
    return {
        "format": alone.RECEIPT, "kind": "entry", "header": header, "leaf": leaf.hex(), "tree_hash": "sha256", "number": "",
        "log": {"name": SIGNER.name, "key": KEY}, "promise": str(SIGNER.sign("".join(f"{line}\n" for line in lines))),
        "proof": {"checkpoint": checkpoint, "position": position, "path": list(path)},  # type: ignore[call-overload]
    }  # fmt: skip


def outcome(document: object, **trust: str) -> int:
    """What the stand-alone verifier says; a form that it refuses differs."""
    found = alone.Verification(KEY, **trust)  # type: ignore[arg-type]
    try:
        found.receipt(document)
    except alone.Bad:
        return alone.DIFFERS
    return found.outcome


def honest(content: str) -> dict[str, object]:
    """A receipt that holds: one entry in a tree of one."""
    leaf = bytes.fromhex(str(receipt(content, checkpoint="")["leaf"]))
    return receipt(content, checkpoint=note(base64.b64encode(leaf).decode(), "1"), position=0)


def test_a_receipt_that_holds_is_proven() -> None:
    assert outcome(honest("paid")) == alone.PROVEN


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("path", [[], ["00" * 32], ["00" * 32] * 3, ["00" * 32] * 64])
def test_no_root_of_another_length_or_spelling_proves_anything(root: str, path: list[str]) -> None:
    """Two receipts with opposite contents at one position were both proven under an empty root."""
    for content in ("paid", "not paid"):
        assert outcome(receipt(content, checkpoint=note(root), path=path)) == alone.DIFFERS
    with pytest.raises(BadNote):
        parse_checkpoint(f"{SIGNER.name}\n3\n{root}\n")
    with pytest.raises(BadNote):
        SIGNER.verifier.open_checkpoint(note(root))


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_a_kept_checkpoint_with_such_a_root_continues_nothing(root: str) -> None:
    kept = note(root, "1")
    with pytest.raises(alone.Bad):
        alone.Verification(KEY, (), kept).compare_kept("here", alone.Key(KEY), alone.sha256, 1, b"\x01" * 32)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_leaves_and_nodes_of_another_length_lead_nowhere(length: int) -> None:
    other, whole = b"\x01" * length, b"\x02" * 32
    node = hashlib.sha256(b"\x01" + whole + other).digest()
    assert not alone.inclusion_holds(alone.sha256, whole, 0, 2, [other], node)
    assert not alone.inclusion_holds(alone.sha256, other, 0, 1, [], other)
    assert not alone.consistency_holds(alone.sha256, 1, 1, other, other, [])
    assert not alone.consistency_holds(alone.sha256, 1, 2, whole, node, [other])
    assert not alone.consistency_holds(alone.sha256, 3, 4, other, node, [other, whole])
    with pytest.raises(alone.Bad, match="do not fit together"):
        alone.root_from(alone.sha256, {0: whole}, 2, [other])
    with pytest.raises(alone.Bad, match="do not fit together"):
        alone.root_from(alone.sha256, {0: other, 1: whole}, 2, [])
    assert not verify_inclusion(whole, index=0, size=2, proof=[other], root=node)
    assert not verify_inclusion(other, index=0, size=1, proof=[], root=other)
    assert not verify_consistency(old=1, new=1, old_root=other, new_root=other, proof=[])
    with pytest.raises(BadHash, match=f"A hash has 32 bytes; this one has {length}"):
        SHA256.node(whole, other)
    with pytest.raises(BadHash):
        Edge(0, lambda *_: b"").append([whole, other])
    if length not in (0, 64):  # two hashes are a row, an empty one holds none: both lack what is asked for
        with pytest.raises(MissingTile, match=f"Tile 0/0 has {length} bytes"):
            Tiles(lambda *_: other).node(0, 0)


def test_a_path_that_ends_too_early_or_too_late_equals_no_root() -> None:
    leaf = b"\x02" * 32
    for size, path in ((2, []), (4, [leaf]), (1, [leaf]), (2, [leaf, leaf])):
        for root in (b"", leaf, bytes(32)):
            assert not alone.inclusion_holds(alone.sha256, leaf, 0, size, path, root)
    assert not alone.consistency_holds(alone.sha256, 1, 4, leaf, b"", [leaf])


@pytest.mark.parametrize("position", [True, -1, 1.0, "0", "０", None, 2**63, 10**40, float("nan"), [0], {}])
def test_a_position_is_a_whole_number_of_the_tree(position: object) -> None:
    document = {**honest("paid")}
    document["proof"] = {**document["proof"], "position": position}  # type: ignore[dict-item]
    try:
        assert outcome(document) == alone.DIFFERS
    except TypeError:
        pytest.fail("a position of another type is refused by name")


@pytest.mark.parametrize("size", ["-1", "01", "1e1", "１", "+1", "", "9223372036854775808", "1" * 30, "1 ", "0x1"])
def test_a_size_is_a_plain_number(size: str) -> None:
    root = base64.b64encode(b"\x01" * 32).decode()
    for read in (alone.read_checkpoint, parse_checkpoint):
        with pytest.raises(ValueError, match=r"checkpoint|number|int"):
            read(f"log.example/a\n{size}\n{root}\n")


def test_an_index_that_is_true_or_negative_leads_nowhere() -> None:
    leaf = b"\x02" * 32
    for index in (True, False, -1, 1):
        assert not verify_inclusion(leaf, index=index, size=1, proof=[], root=leaf)
    assert not verify_consistency(old=True, new=1, old_root=leaf, new_root=leaf, proof=[])


def test_a_checkpoint_is_none_without_a_root_of_its_hash() -> None:
    for root, size in ((b"", 3), (b"\x01" * 31, 3), (b"\x01" * 32, -1), (b"\x01" * 32, 2**63), (b"\x01" * 32, 0)):
        with pytest.raises(BadNote):
            Checkpoint(origin="log.example/a", size=size, root=root)


@pytest.mark.parametrize(
    "text", ["", "00" * 31, "00" * 33, "0G" * 32, "AA" * 32, " " + "00" * 32, "００" * 32, None, 3, True]
)
def test_hex_has_one_spelling_and_one_length(text: object) -> None:
    with pytest.raises(BadHash):
        bytes_from_hex(text)
    with pytest.raises(alone.Bad):
        alone.unhex(text)


def test_base64_has_one_spelling() -> None:
    for text in (*list(ROOTS.values())[5:], "é", "AA==\n"):
        with pytest.raises(BadHash):
            bytes_from_base64(text)
    assert require_hash(bytes_from_base64(base64.b64encode(bytes(32)).decode())) == bytes(32)


def test_keys_and_offers_have_one_spelling_too() -> None:
    name, id_, encoded = KEY.split("+", 2)
    for line in (f"{name}+{id_.upper()}X+{encoded}", f"{name}+{id_}+{encoded}\n=", f"{name}+ {id_}+{encoded}"):
        with pytest.raises(BadNote):
            parse_key(line, ED25519)
    with pytest.raises(BadNote, match="no hash in base64"):
        parse_offer(f"old 1\n{ROOTS['33 bytes']}\n\n{note(ROOTS['empty'])}")


def test_constants_and_halves_of_characters_are_refused_by_name() -> None:
    for raw in (b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b"\xff"):
        with pytest.raises(alone.Bad):
            alone.load(raw)
    with pytest.raises(alone.Bad, match="is no str"):
        alone.typed(str, "\ud800")
    assert outcome({**honest("paid"), "header": "\udfff"}) == alone.DIFFERS
    assert outcome({**honest("paid"), "number": "-"}) == alone.DIFFERS
    for number in (0, False, None, []):
        assert outcome({**honest("paid"), "number": number}) == alone.DIFFERS
