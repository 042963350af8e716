"""Encrypted files: any bytes at any position come back, and whatever was changed, cut, swapped or moved is refused."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.exchange.archive.container import Container
from anlan.vault import files
from anlan.vault.errors import FileBroken, FileGone, KeyMissing
from anlan.vault.files import BOX, CHUNK, key_in, open_sealed, open_whole, sealing
from anlan.vault.ring import ring

PLACE = "evidence\0abc"


@pytest.fixture(autouse=True)
def own_ring(settings, tmp_path):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "fields")
    ring().make_first()


def sealed(path: Path, raw: bytes, *, place: str = PLACE) -> Path:
    with sealing(path, place=place) as writer:
        writer.write(raw)
    return path


def read(path: Path, *, place: str = PLACE) -> bytes:
    with open_sealed(path, place=place) as stream:
        return stream.read()


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
def test_a_file_of_any_size_comes_back_and_is_not_on_the_disk(tmp_path, settings, cipher, size):
    settings.ANLAN_CIPHER = cipher
    key = ring().make()
    raw = os.urandom(size)
    path = sealed(tmp_path / "file", raw)

    assert read(path) == raw
    assert key_in(path) == key.id
    assert key.id.startswith(cipher)
    assert size < 16 or raw[:16] not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_files_of_the_same_bytes_have_nothing_in_common(tmp_path):
    one, two = (sealed(tmp_path / name, b"x" * 1000).read_bytes() for name in "ab")

    assert len(one) == len(two)
    assert all(one[at : at + 4] not in two for at in range(60, 1000, 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 90)), max_size=12), st.data())
def test_bytes_written_again_at_any_position_are_those_that_are_read(tmp_path_factory, moves, data):
    """As in a zip whose heads are filled in when their file has ended; held against a plain file."""
    folder = tmp_path_factory.mktemp("moves")
    plain = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch, sealing(folder / "file", place=PLACE) as writer:
        patch.setattr(files, "CHUNK", 32)
        patch.setattr(files, "BOX", 32 + 28)
        for percent, count in moves:
            raw = data.draw(st.binary(min_size=count, max_size=count))
            for stream in (plain, writer):
                stream.seek(percent * len(plain.getvalue()) // 100)
            assert plain.tell() == writer.tell()
            plain.write(raw)
            writer.write(raw)
        writer.close()
        assert read(folder / "file") == plain.getvalue()


def test_a_zip_is_written_and_read_in_the_encrypted_file(tmp_path):
    big = os.urandom(5 * CHUNK)
    with sealing(tmp_path / "file", place=PLACE) as writer:
        package = Container(writer)
        package.add("big", [big[:CHUNK], big[CHUNK:]])
        package.add("small", [b"s"])
        package.close()

    with open_sealed(tmp_path / "file", place=PLACE) as stream, zipfile.ZipFile(stream) as archive:
        assert archive.testzip() is None
        assert (archive.read("small"), archive.read("big")) == (b"s", big)


def test_a_position_behind_the_end_is_refused(tmp_path):
    with sealing(tmp_path / "file", place=PLACE) as writer:
        writer.write(b"abc")
        with pytest.raises(ValueError, match="Position 4 lies outside a file of 3 bytes"):
            writer.seek(4)


def boxes(path: Path) -> tuple[bytes, list[bytes]]:
    head, _gap, body = path.read_bytes().partition(b"\n")
    return head + b"\n", [body[at : at + BOX] for at in range(0, len(body), BOX)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda head, found: head + b"".join(found[:-1]),
        lambda head, found: head + b"".join(found)[:-1],
        lambda head, found: head + b"".join(found) + b"\0",
        lambda head, found: head + b"".join(found) + found[-1],
        lambda head, found: head + found[1] + found[0] + found[2],
        lambda head, found: head + found[0] + found[0] + found[2],
        lambda head, found: head + found[0] + found[2],
        lambda head, found: head[:-2] + (b"0" if head[-2:-1] != b"0" else b"1") + b"\n" + b"".join(found),
        lambda head, _found: head,
    ],
    ids=["last box", "last byte", "one more", "last twice", "swapped", "twice", "left out", "salt", "head alone"],
)
def test_what_was_cut_swapped_or_changed_does_not_open(tmp_path, spoil):
    path = sealed(tmp_path / "file", os.urandom(2 * CHUNK + 100))
    path.write_bytes(spoil(*boxes(path)))

    with pytest.raises(
        FileBroken, match=r"^The file evidence abc does not open with key aes-[0-9a-f]{8} at box"
    ) as caught:
        read(path)
    assert caught.value.code == "vault.E014"
    assert "from a backup" in caught.value.message


def test_any_flipped_bit_behind_the_head_is_found(tmp_path):
    path = sealed(tmp_path / "file", b"a short paper")
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for at in range(start * 8, len(whole) * 8, 3):
        spoilt = bytearray(whole)
        spoilt[at // 8] ^= 1 << at % 8
        path.write_bytes(spoilt)
        with pytest.raises(FileBroken):
            read(path)


def test_a_file_does_not_open_at_the_place_of_another(tmp_path):
    path = sealed(tmp_path / "file", b"a paper")

    with pytest.raises(FileBroken, match="put there from elsewhere"):
        read(path, place="evidence\0abd")
    with pytest.raises(FileBroken):
        read(path, place="imports\0abc")


def test_nothing_of_a_file_is_given_before_all_of_it_is_checked(tmp_path):
    raw = os.urandom(3 * CHUNK)
    path, name = sealed(tmp_path / "file", raw), hashlib.sha256(raw).hexdigest()
    with open_whole(path, place=PLACE, sha256=name) as stream:
        assert stream.read() == raw
    spoilt = bytearray(path.read_bytes())
    spoilt[BOX + 200] ^= 1
    path.write_bytes(spoilt)

    with open_sealed(path, place=PLACE) as stream:
        assert stream.read(CHUNK) == raw[:CHUNK]
        with pytest.raises(FileBroken, match="at box 2"):
            stream.read(CHUNK)
    with pytest.raises(FileBroken, match="at box 2"):
        open_whole(path, place=PLACE, sha256=name)


def test_other_bytes_under_a_name_are_refused_though_they_open(tmp_path):
    path = sealed(tmp_path / "file", b"another paper")

    with pytest.raises(FileBroken, match="holds other bytes than those that it is named after"):
        open_whole(path, place=PLACE, sha256=hashlib.sha256(b"a paper").hexdigest())


def test_a_plain_file_is_read_and_has_to_be_the_one_that_its_name_says(tmp_path):
    (tmp_path / "file").write_bytes(b"%PDF-1.4 of an older release")
    name = hashlib.sha256(b"%PDF-1.4 of an older release").hexdigest()

    assert key_in(tmp_path / "file") == ""
    assert open_whole(tmp_path / "file", place=PLACE, sha256=name).read() == b"%PDF-1.4 of an older release"
    (tmp_path / "file").write_bytes(b"%PDF-1.4 of somebody else")
    with pytest.raises(FileBroken):
        open_whole(tmp_path / "file", place=PLACE, sha256=name)


def test_a_sheet_in_one_box_is_still_read(tmp_path):
    key, nonce = ring().current(), b"\1" * 12
    head = f"e1:{key.id}\n".encode()
    (tmp_path / "file").write_bytes(head + nonce + key._aead.encrypt(nonce, b"a sheet", head + b"abc"))

    assert key_in(tmp_path / "file") == key.id
    assert read(tmp_path / "file", place="imports\0abc") == b"a sheet"
    with pytest.raises(FileBroken):
        read(tmp_path / "file", place="imports\0abd")


def test_a_file_that_is_gone_is_named_with_its_path(tmp_path):
    with pytest.raises(FileGone, match=f"The file evidence abc is not at {tmp_path}/none") as caught:
        open_sealed(tmp_path / "none", place=PLACE)
    assert caught.value.code == "vault.E015"


def test_a_missing_key_is_named(tmp_path, settings):
    path = sealed(tmp_path / "file", b"a paper")
    key = ring().current().id
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "others")
    ring().make_first()

    with pytest.raises(KeyMissing, match=f"The key {key} is missing"):
        open_sealed(path, place=PLACE)


def test_a_failure_while_it_is_written_leaves_no_file(tmp_path):
    def fail():
        with sealing(tmp_path / "file", place=PLACE) as writer:
            writer.write(b"half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        fail()
    assert not (tmp_path / "file").exists()


def test_a_file_that_nobody_ended_does_not_open(tmp_path):
    """What a killed process leaves: whole boxes, the last of them without its mark."""
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        writer = files.SealedWriter(file, ring().current(), place=PLACE)
        writer.write(os.urandom(2 * CHUNK + 1))

    with pytest.raises(FileBroken):
        read(tmp_path / "file")
