"""The encrypted stream of a backup: it opens whole or not at all."""

import io

import pytest

from anlan.vault import stream
from anlan.vault.errors import BrokenSeal, KeyMissing
from anlan.vault.stream import DecryptingReader, EncryptingWriter, Secret, make_secret, read_secret

KEY = Secret(value=bytes(range(32)), is_passphrase=False)
WORDS = Secret(value="十二个字以上的口令才够长".encode(), is_passphrase=True)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", 10)


def sealed(plain, secret=KEY, cipher="aes"):
    target = io.BytesIO()
    with EncryptingWriter(target, secret, cipher=cipher) as writer:
        writer.write(plain)
    return target.getvalue()


def opened(raw, secret=KEY):
    return DecryptingReader(io.BytesIO(raw), secret).read()


@pytest.mark.parametrize("secret", [KEY, WORDS], ids=["key", "passphrase"])
@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 35])
def test_a_stream_of_any_length_opens(secret, cipher, size):
    plain = bytes(range(size))

    assert opened(sealed(plain, secret, cipher), secret) == plain


def test_every_flipped_bit_is_found():
    raw = sealed(bytes(25))
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(BrokenSeal):
            opened(bytes(changed))


def test_a_stream_that_was_cut_short_or_mixed_up_does_not_open():
    raw = sealed(bytes(range(25)))
    head = raw.index(b"\n") + 1
    one, two, three = raw[head : head + 26], raw[head + 26 : head + 52], raw[head + 52 :]

    for body in (b"", one, one + two, one + three, two + one + three, one + two + three[:-1], one + one + two + three):
        with pytest.raises(BrokenSeal, match="cut short"):
            opened(raw[:head] + body)
    assert opened(raw[:head] + one + two + three) == bytes(range(25))


def test_another_key_does_not_open_it():
    with pytest.raises(BrokenSeal, match="the key is another one"):
        opened(sealed(b"secret"), Secret(value=bytes(32), is_passphrase=False))


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b'anlan-stream/1 {"cipher": "rot13"}\n', b"anlan-stream/1 []\n"])
def test_what_is_no_stream_is_refused(raw):
    with pytest.raises(BrokenSeal, match="no encrypted stream of Anlan"):
        opened(raw)


def test_a_key_is_made_once_and_read_back(tmp_path):
    file = tmp_path / "keys" / "backup.key"

    assert make_secret(file)
    assert not make_secret(file)
    assert (file.stat().st_mode & 0o777, len(read_secret(file).value)) == (0o600, 32)


def test_a_passphrase_may_stand_in_the_file_and_must_be_long(tmp_path):
    file = tmp_path / "backup.key"
    file.write_text("correct horse battery\n")
    assert read_secret(file) == Secret(value=b"correct horse battery", is_passphrase=True)

    file.write_text("horse\n")
    with pytest.raises(KeyMissing, match="at least 12 characters"):
        read_secret(file)
    with pytest.raises(KeyMissing, match="does not exist"):
        read_secret(tmp_path / "other.key")
