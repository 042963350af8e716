"""Folders of encrypted files: renewal beside readers, writers and erasures; plain files of an older release; what is destroyed stays so."""

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from anlan.vault import folders
from anlan.vault.errors import FileBroken, FileGone, KeyMissing
from anlan.vault.folders import SealedFolder, destroy, holds_plain
from anlan.vault.ring import ring

FILES = SealedFolder(kind="evidence")
PACKAGES = SealedFolder(kind="archives", below="archives", is_by_hash=False)


@pytest.fixture(autouse=True)
def own_places(settings, tmp_path):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "fields")
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")
    ring().make_first()


def put(raw: bytes) -> str:
    name = hashlib.sha256(raw).hexdigest()
    FILES.put(name, [raw])
    return name


def read(name: str, folder: SealedFolder = FILES) -> bytes:
    with folder.open(name) as stream:
        return stream.read()


def plain(raw: bytes) -> str:
    """Keep a file as an older release did."""
    name = hashlib.sha256(raw).hexdigest()
    path = FILES.path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return name


def walk(folder: SealedFolder = FILES, *, limit: int = 200) -> tuple[int, list[str]]:
    """Renew everything as the job does."""
    key, after, done, broken = ring().current().id, None, 0, []
    while True:
        batch = folder.renew(key, after=after, limit=limit)
        done, after, broken = done + batch.renewed, batch.after, broken + list(batch.broken)
        if after is None:
            return done, broken


def test_a_file_lies_under_its_hash_and_nothing_else_is_left(tmp_path):
    name = put(b"a paper")

    found = sorted(str(path.relative_to(tmp_path / "evidence")) for path in (tmp_path / "evidence").rglob("*"))
    assert found == [".lock", name[:2], f"{name[:2]}/{name}"]
    assert read(name) == b"a paper"


def test_a_renewal_in_small_steps_reaches_every_file_once():
    names = [put(f"paper {number}".encode()) for number in range(25)]
    old = ring().current().id
    new = ring().make().id
    seen = {FILES.path_of(name).stat().st_ino for name in names}

    assert walk(limit=4) == (25, [])
    assert walk(limit=4) == (0, [])
    assert (FILES.used(old), FILES.used(new), FILES.total()) == (0, 25, 25)
    assert sorted(read(name) for name in names) == sorted(f"paper {number}".encode() for number in range(25))
    assert len(seen) == 25


def test_a_batch_ends_with_the_bytes_that_it_may_take(monkeypatch):
    for number in range(6):
        put(bytes([number]) * 1000)
    ring().make()
    monkeypatch.setattr(folders, "BATCH_BYTES", 2500)

    assert FILES.renew(ring().current().id, after=None, limit=200).renewed == 3


def test_plain_files_of_an_older_release_are_read_named_and_encrypted():
    name = plain(b"%PDF- of an older release")
    put(b"a newer one")

    assert read(name) == b"%PDF- of an older release"
    assert [path.name for path in FILES.plain()] == [name]
    assert holds_plain()
    assert FILES.total() == 1
    assert walk() == (1, [])
    assert list(FILES.plain()) == []
    assert not holds_plain()
    assert b"older release" not in FILES.path_of(name).read_bytes()
    assert read(name) == b"%PDF- of an older release"


def test_a_plain_file_with_other_bytes_is_named_and_never_blessed():
    name = plain(b"%PDF- as it was")
    FILES.path_of(name).write_bytes(b"%PDF- as somebody would like it")

    assert walk() == (0, [f"evidence, {name}"])
    with pytest.raises(FileBroken):
        read(name)
    assert [path.name for path, _what in FILES.broken()] == [name]
    assert list(FILES.folder.glob(".draft-*")) == []


def test_a_file_swapped_with_another_is_named_and_keeps_its_key():
    one, two = put(b"one"), put(b"two")
    old = ring().current().id
    first, second = FILES.path_of(one).read_bytes(), FILES.path_of(two).read_bytes()
    FILES.path_of(one).write_bytes(second)
    FILES.path_of(two).write_bytes(first)
    ring().make()

    assert walk() == (0, sorted([f"evidence, {one}", f"evidence, {two}"]))
    assert FILES.used(old) == 2
    for name in (one, two):
        with pytest.raises(FileBroken):
            read(name)


def test_a_reader_keeps_what_it_opened_while_the_file_is_renewed_and_its_key_goes():
    raw = os.urandom(300_000)
    name = put(raw)
    old = ring().current().id
    stream = FILES.open(name)
    begun = stream.read(100_000)
    ring().make()
    walk()
    ring().retire(old)

    assert begun + stream.read() == raw
    assert read(name) == raw


def test_readers_never_fail_while_everything_is_renewed_again_and_again():
    raws = {put(raw): raw for raw in (os.urandom(90_000) for _ in range(4))}
    stop = threading.Event()

    def look() -> int:
        count = 0
        while not stop.is_set() or count < 10:
            assert {name: read(name) for name in raws} == raws
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(look) for _ in range(2)]
        for _ in range(10):
            ring().make()
            walk()
        stop.set()
        assert [reader.result() >= 10 for reader in readers] == [True, True]


def test_what_was_destroyed_while_it_was_renewed_does_not_come_back(monkeypatch):
    name = put(b"erased meanwhile")
    ring().make()
    changing = folders.changing

    def destroyed_first():
        monkeypatch.setattr(folders, "changing", changing)
        assert destroy(FILES.path_of(name), before=time.time() + 1)
        return changing()

    monkeypatch.setattr(folders, "changing", destroyed_first)
    assert walk() == (0, [])
    with pytest.raises(FileGone):
        read(name)
    assert list(FILES.folder.glob(".draft-*")) == []


def test_a_renewed_file_is_as_old_as_before_so_that_its_destruction_still_finds_it():
    name = put(b"to be erased")
    os.utime(FILES.path_of(name), (1_000_000, 1_000_000))
    ring().make()
    walk()

    assert destroy(FILES.path_of(name), before=1_000_001)
    assert not FILES.path_of(name).exists()


def test_what_was_stored_after_the_erasure_stays():
    name = put(b"the same paper, of somebody else")

    assert not destroy(FILES.path_of(name), before=time.time() - 60)
    assert read(name) == b"the same paper, of somebody else"
    assert not destroy(FILES.path_of("0" * 64), before=time.time())


def test_the_bytes_of_a_destroyed_file_are_overwritten(tmp_path):
    name = put(b"secret" * 100)
    os.link(FILES.path_of(name), tmp_path / "other name")
    size = FILES.path_of(name).stat().st_size

    assert destroy(FILES.path_of(name), before=time.time() + 1)
    assert (tmp_path / "other name").read_bytes() == b"\0" * size


def test_a_file_that_was_stored_anew_while_it_was_renewed_is_left_alone(monkeypatch):
    name = put(b"a paper")
    key = ring().make()
    changing = folders.changing

    def stored_first():
        monkeypatch.setattr(folders, "changing", changing)
        put(b"a paper")
        return changing()

    monkeypatch.setattr(folders, "changing", stored_first)
    inode = FILES.path_of(name).stat().st_ino
    assert FILES.renew(key.id, after=None, limit=1).renewed == 0
    assert FILES.path_of(name).stat().st_ino != inode
    assert (FILES.used(key.id), read(name)) == (1, b"a paper")


def test_a_file_that_is_being_written_keeps_its_key():
    old = ring().current().id
    draft = PACKAGES.draft()
    with folders.sealing(draft, place=PACKAGES.place_of("a.zip")) as writer:
        writer.write(b"PK")
        ring().make()
        assert walk(PACKAGES) == (0, [])
        assert PACKAGES.used(old) == 1
    PACKAGES.settle(draft, "a.zip")

    assert walk(PACKAGES) == (1, [])
    assert (PACKAGES.used(old), read("a.zip", PACKAGES)) == (0, b"PK")


def test_a_draft_of_a_killed_process_is_swept_after_a_day():
    fresh, stale = PACKAGES.draft(), PACKAGES.draft()
    fresh.parent.mkdir(parents=True)
    for path in (fresh, stale):
        path.write_bytes(b"half")
    os.utime(stale, (time.time() - 25 * 3600,) * 2)
    walk(PACKAGES)

    assert (fresh.exists(), stale.exists()) == (True, False)


def test_a_killed_renewal_leaves_every_file_whole_and_goes_on(monkeypatch):
    names = [put(bytes([number]) * 100) for number in range(8)]
    old = ring().current().id
    ring().make()
    replace, done = Path.replace, []

    def die(self, target):
        if len(done) == 3:
            raise SystemExit
        done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(SystemExit):
        walk()
    monkeypatch.setattr(Path, "replace", replace)

    assert FILES.used(old) == 5
    assert [read(name) for name in names] == [bytes([number]) * 100 for number in range(8)]
    assert walk() == (5, [])
    assert FILES.used(old) == 0


def test_a_file_under_a_lost_key_stops_the_renewal_by_name():
    put(b"a paper")
    lost = ring().current().id
    ring().make()
    ring().retire(lost)

    with pytest.raises(KeyMissing, match=f"The key {lost} is missing"):
        walk()
