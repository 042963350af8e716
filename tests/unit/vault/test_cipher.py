"""One encrypted value: it opens at its place and nowhere else, with either cipher."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.vault.cipher import FieldKey, Sm4Gcm, key_id_of, place
from anlan.vault.errors import BrokenSeal

HERE = place("anlan_cn_dispute", "summary", "0" * 32)
KEYS = {cipher: FieldKey(id=f"{cipher}-00000001", master=bytes(range(32))) for cipher in ("aes", "sm4")}
both = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


@both
@given(plain=st.text())
def test_a_value_opens_at_its_place(key, plain):
    assert key.open(key.encrypt(plain.encode(), place=HERE), place=HERE).decode() == plain


@both
@pytest.mark.parametrize(
    "elsewhere",
    [
        place("anlan_cn_dispute", "summary", "1" * 32),
        place("anlan_cn_dispute", "note", "0" * 32),
        place("other", "summary", "0" * 32),
    ],
)
def test_a_value_that_was_copied_does_not_open(key, elsewhere):
    stored = key.encrypt(b"secret", place=HERE)

    with pytest.raises(BrokenSeal, match="does not open with key"):
        key.open(stored, place=elsewhere)


@both
@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_breaks_it(key, at, bit):
    head, _, payload = key.encrypt(b"secret", place=HERE, blind="ab" * 12).rpartition(":")
    raw = bytearray(base64.b64decode(payload))
    raw[at % len(raw)] ^= 1 << bit

    with pytest.raises(BrokenSeal):
        key.open(f"{head}:{base64.b64encode(raw).decode()}", place=HERE)


@both
def test_another_blind_index_breaks_it(key):
    stored = key.encrypt(b"secret", place=HERE, blind="ab" * 12)

    with pytest.raises(BrokenSeal):
        key.open(stored.replace("ab" * 12, "cd" * 12), place=HERE)


@both
def test_the_same_value_is_never_stored_alike(key):
    assert key.encrypt(b"secret", place=HERE) != key.encrypt(b"secret", place=HERE)


def test_a_blind_index_is_that_of_the_normalised_value_in_its_column():
    key = KEYS["aes"]

    assert key.blind(" Zhang  QIANG", column="t.name") == key.blind("zhang qiang", column="t.name")
    assert key.blind("張強", column="t.name") != key.blind("张强", column="t.name")
    assert key.blind("张强", column="t.name") != key.blind("张强", column="t.other")
    assert len(key.blind("张强", column="t.name")) == 24


def test_sm4_gcm_is_that_of_rfc_8998():
    """RFC 8998, appendix A.1."""
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")  # fmt: skip
    beside = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    cipher = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"  # fmt: skip

    assert Sm4Gcm(key).encrypt(nonce, plain, beside).hex() == cipher + "83de3541e4c2b58177e065a9bf7b62ec"


@pytest.mark.parametrize("text", ["", "plain", "e1:a:b", "e2:aes-1:x:y", '{"summary":"e1:a:b:c"}'])
def test_what_is_no_stored_value_names_no_key(text):
    assert key_id_of(text) == ""


def test_a_key_never_shows_itself():
    assert repr(KEYS["aes"]) == "FieldKey('aes-00000001')"
