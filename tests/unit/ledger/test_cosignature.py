"""Cosignatures and offers: the forms of C2SP, and the refusal of whatever is not exactly that."""

import datetime as dt
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger.checkpoint import BadNote, Checkpoint, Note, parse_checkpoint, parse_note
from anlan.ledger.cosignature import Cosigner, CosignerKey, open_cosigner
from anlan.ledger.keyfile import parse_key
from anlan.ledger.offer import Offer, parse_offer
from anlan.ledger.signing import BadSignature, Signer, VerifierKey
from tests.properties.test_tree import flipped

# C2SP tlog-cosignature, the example: a log's signature, then a cosignature of 20 March 2023
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
# C2SP tlog-witness, the example of a request: three signatures are of two keys
REQUEST = (
    "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
) + COSIGNED.rpartition("— witness")[0]
# the key line of a published worked example: its id is SHA-256(name, newline, 04, key)
PUBLISHED_KEY = "witness.example.org/w1+257cc7f1+BGG3op9v3HIXXDPBmFc/0CioJHhGCXc+pyvvFPlBZdYO"
AT = dt.datetime(2025, 3, 20, 8, 0, tzinfo=dt.UTC)
COSIGNER = Cosigner(name="wei.example.cn/witness", seed=b"\x07" * 32)
TEXT = Checkpoint(origin="anlan.example.cn/ledger", size=8, root=b"\x5d" * 32).text()
NOTE = Signer(name="anlan.example.cn/ledger", seed=b"\x01" * 32).sign(TEXT)


def cosigned(note: Note, *, at: dt.datetime = AT) -> Note:
    return Note(text=note.text, signatures=(*note.signatures, COSIGNER.cosign(note.text, at=at)))


def test_the_published_checkpoint_is_read_with_the_time_of_its_cosignature() -> None:
    note = parse_note(COSIGNED)
    assert parse_checkpoint(note.text).size == 20852163
    assert [one.name for one in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    value = note.signatures[1].value
    assert (len(value), int.from_bytes(value[:8], "big")) == (72, 1679315147)
    assert str(note) == COSIGNED


def test_the_published_request_is_read_and_written_back() -> None:
    offer = parse_offer(REQUEST)
    assert (offer.old, len(offer.proof)) == (20852014, 4)
    assert offer.proof[0].hex() == "3e544d0abc07a6a846aeea6e7b42fb8316e36cc88a03db5e9afb996430e991ac"
    assert str(offer) == REQUEST


def test_the_published_key_has_the_published_id() -> None:
    key = CosignerKey.from_text(PUBLISHED_KEY)
    assert (key.name, key.key_id.hex(), str(key)) == ("witness.example.org/w1", "257cc7f1", PUBLISHED_KEY)


def test_the_signed_words_are_those_of_the_specification() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signature = COSIGNER.cosign(TEXT, at=dt.datetime(2025, 3, 20, 8, 0, 0, 999, tzinfo=dt.UTC))
    assert signature.value[:8] == (1742457600).to_bytes(8, "big")
    words = f"cosignature/v1\ntime 1742457600\n{TEXT}".encode()
    assert signature.value[8:] == Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).sign(words)


def test_a_cosignature_holds_and_tells_its_time() -> None:
    assert COSIGNER.key.time_of(cosigned(NOTE)) == AT
    twice = cosigned(cosigned(NOTE), at=AT + dt.timedelta(hours=1))
    assert COSIGNER.key.time_of(twice) == AT + dt.timedelta(hours=1)


def test_a_note_without_this_witness_is_refused() -> None:
    with pytest.raises(BadSignature, match=r"bears no cosignature of wei\.example\.cn/witness"):
        COSIGNER.key.time_of(NOTE)


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    other = Note(text=TEXT.replace("\n8\n", "\n9\n"), signatures=cosigned(NOTE).signatures)
    with pytest.raises(BadSignature, match="does not belong to this checkpoint and time"):
        COSIGNER.key.time_of(other)


@given(st.integers(0, 72 * 8 - 1))
def test_any_flipped_bit_breaks_a_cosignature_its_time_included(bit: int) -> None:
    *others, mine = cosigned(NOTE).signatures
    wrong = type(mine)(name=mine.name, key_id=mine.key_id, value=flipped(mine.value, bit))
    with pytest.raises(BadSignature):
        COSIGNER.key.time_of(Note(text=TEXT, signatures=(*others, wrong)))


@given(st.integers(0, len(TEXT.encode()) * 8 - 1))
def test_any_flipped_bit_of_the_text_breaks_it(bit: int) -> None:
    try:
        text = flipped(TEXT.encode(), bit).decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(BadSignature):
        COSIGNER.key.time_of(Note(text=text, signatures=cosigned(NOTE).signatures))


def test_the_key_of_a_log_is_no_key_of_a_witness() -> None:
    log_key = str(Signer(name="a.cn/ledger", seed=b"\x01" * 32).verifier)
    with pytest.raises(BadNote, match="no Ed25519 key of the kind that is needed here"):
        CosignerKey.from_text(log_key)
    with pytest.raises(BadNote):
        VerifierKey.from_text(str(COSIGNER.key))
    assert parse_key(str(COSIGNER.key), b"\x04")[0] == "wei.example.cn/witness"


def test_the_witness_has_a_key_file_of_its_own(tmp_path: Path) -> None:
    first = open_cosigner(tmp_path, "wei.example.cn/witness")
    assert first == open_cosigner(tmp_path, "wei.example.cn/witness")
    assert stat.S_IMODE((tmp_path / "witness-ed25519").stat().st_mode) == 0o600
    assert (tmp_path / "witness-ed25519.pub").read_text() == f"{first.key}\n"
    assert repr(first) == "Cosigner('wei.example.cn/witness')"


def test_an_offer_from_nothing_has_no_proof() -> None:
    offer = Offer(old=0, proof=(), note=str(NOTE))
    assert str(offer) == f"old 0\n\n{NOTE}"
    assert parse_offer(str(offer)) == offer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 1\n",
        REQUEST.replace("old 2", "old 02"),
        REQUEST.replace("old 2", "old -2"),
        REQUEST.replace("old 20852014", "old 99999999999999999999"),
        REQUEST.replace("old ", "old  "),
        REQUEST.replace("PlRN", "PlR"),
        REQUEST.replace("kaw=", "kax="),
        REQUEST.replace("kaw=\n", "kaw=\r\n"),
        "old 1\n" + "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 64 + "\n" + COSIGNED,
        REQUEST + "x" * 70_000,
    ],
)
def test_what_is_no_offer_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_offer(text)


@pytest.mark.parametrize("size", ["9223372036854775808", "9" * 40])
def test_a_checkpoint_larger_than_any_tree_is_refused(size: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(TEXT.replace("\n8\n", f"\n{size}\n"))
