"""The tree's hash: SM3 as GB/T 32905 publishes it, and a log that keeps the hash it began with."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.checkpoint import BadNote, Checkpoint, parse_checkpoint
from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import SHA256, SM3, CryptographySm3, UnknownHash, tree_hash
from anlan.ledger.models import Entry, Log, TreeHead
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import VerifierKey, sign_newest
from anlan.ledger.store import _known, log_hash, stored_consistency, stored_inclusion
from anlan.ledger.tree import verify_consistency, verify_inclusion
from anlan.ledger.verify import Outcome, verify_record
from tests.unit.ledger.log import write

# GB/T 32905-2016, annex A
PUBLISHED = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)


@pytest.fixture
def sm3_log(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A log that begins with SM3."""
    settings.ANLAN_TREE_HASH, settings.ANLAN_KEYS_FOLDER = "sm3", str(tmp_path)
    _known.clear()
    yield
    _known.clear()


@pytest.mark.parametrize(("content", "expected"), PUBLISHED)
def test_the_published_sm3_hashes_come_out_by_both_ways(content: bytes, expected: str) -> None:
    assert SM3.digest(content).hex() == expected
    assert CryptographySm3(content).digest().hex() == expected


def test_leaves_and_nodes_are_prefixed_as_rfc_6962_prefixes_them() -> None:
    left, right = b"\x11" * 32, b"\x22" * 32
    assert SM3.leaf(b"abc") == hashlib.new("sm3", b"\x00abc").digest()
    assert SM3.node(left, right) == hashlib.new("sm3", b"\x01" + left + right).digest()
    assert SM3.parents(left + right + right + left) == SM3.node(left, right) + SM3.node(right, left)
    assert SHA256.leaf(b"") != SM3.leaf(b"")


def test_an_unknown_hash_is_refused_by_name() -> None:
    with pytest.raises(UnknownHash, match='"md5" is no hash of a tree; use sha256 or sm3'):
        tree_hash("md5")


def test_a_checkpoint_names_sm3_in_an_extension_line_and_sha256_in_none() -> None:
    plain = Checkpoint(origin="a.cn/ledger", size=1, root=b"\x00" * 32)
    with_sm3 = Checkpoint(origin="a.cn/ledger", size=1, root=b"\x00" * 32, tree_hash="sm3")
    assert plain.text() == f"a.cn/ledger\n1\n{'A' * 43}=\n"
    assert with_sm3.text() == f"a.cn/ledger\n1\n{'A' * 43}=\ntree-hash sm3\n"
    assert (parse_checkpoint(plain.text()), parse_checkpoint(with_sm3.text())) == (plain, with_sm3)


@pytest.mark.parametrize("lines", ["tree-hash md5\n", "tree-hash sm3\ntree-hash sha256\n", "\n"])
def test_a_checkpoint_whose_tree_cannot_be_verified_is_refused(lines: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(f"a.cn/ledger\n1\n{'A' * 43}=\n{lines}")


@pytest.mark.database
@pytest.mark.django_db
def test_an_sm3_log_is_sequenced_signed_proven_and_checked(sm3_log: None, tmp_path: Path) -> None:
    entries = write(300)
    Sequencer().run(batch=120)
    assert sign_newest()
    head, old = TreeHead.objects.get(size=300), TreeHead.objects.get(size=120)
    root = bytes(head.root)
    assert bytes(entries[7].leaf) == hashlib.new("sm3", b"\x00" + entries[7].header.encode()).digest()
    assert "\ntree-hash sm3\n" in head.checkpoint
    key = VerifierKey.from_text((tmp_path / "ledger-ed25519.pub").read_text())
    assert key.open_checkpoint(head.checkpoint).tree_hash == "sm3"

    proof = stored_inclusion(7, 300)
    assert verify_inclusion(bytes(entries[7].leaf), index=7, size=300, proof=proof, root=root, by=SM3)
    assert not verify_inclusion(bytes(entries[7].leaf), index=7, size=300, proof=proof, root=root)
    path = stored_consistency(120, 300)
    assert verify_consistency(old=120, new=300, old_root=bytes(old.root), new_root=root, proof=path, by=SM3)
    assert (list(broken_entries()), list(broken_tree())) == ([], [])
    record = verify_record(entries[7].record_uid)
    assert record.outcome is Outcome.HOLDS
    assert record.entries[0].steps[2].said.startswith("SM3(0x00, header) is ")


@pytest.mark.database
@pytest.mark.django_db
def test_a_log_keeps_the_hash_of_its_first_entry(sm3_log: None, settings: Any) -> None:
    write(1)
    assert Log.objects.get().tree_hash == "sm3"
    settings.ANLAN_TREE_HASH = "sha256"
    with pytest.raises(LedgerError, match=r"hashed with sm3 since its first entry.*Set ANLAN_TREE_HASH=sm3") as refused:
        write(1)
    assert refused.value.code == "ledger.E002"
    assert Entry.objects.count() == 1


@pytest.mark.django_db
def test_a_log_from_before_the_setting_is_hashed_with_sha256(sm3_log: None, settings: Any) -> None:
    settings.ANLAN_TREE_HASH = "sha256"
    write(1)
    Log.objects.all().delete()
    settings.ANLAN_TREE_HASH = "sm3"
    with pytest.raises(LedgerError, match="hashed with sha256 since its first entry"):
        log_hash()


@pytest.mark.django_db
def test_until_the_first_entry_the_hash_may_be_chosen_anew(sm3_log: None, settings: Any) -> None:
    assert log_hash() is SM3
    settings.ANLAN_TREE_HASH = "sha256"
    assert log_hash() is SHA256
    settings.ANLAN_TREE_HASH = "md5"
    with pytest.raises(LedgerError, match='ANLAN_TREE_HASH: "md5" is no hash of a tree'):
        log_hash()


@pytest.mark.django_db
def test_headers_say_nothing_of_the_tree_so_contents_hash_as_ever(sm3_log: None) -> None:
    [entry] = write(1)
    said = json.loads(entry.header)["content"]
    assert said == hashlib.sha256(bytes(entry.salt) + entry.content.encode()).hexdigest()
