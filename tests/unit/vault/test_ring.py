"""The key ring: a missing key is named and never replaced; another process's rotation is seen at once; a command serves too."""

import stat
import sys

import pytest

from anlan.vault.errors import KeyMissing, VaultError
from anlan.vault.ring import KeyCommand, KeyFiles, Ring

VAULT = """
import base64, pathlib, sys
folder = pathlib.Path({folder!r})
word = sys.argv[1]
if word == "make":
    key_id = f"{{sys.argv[2]}}-{{len(list(folder.iterdir())):08x}}"
    (folder / key_id).write_text(base64.b64encode(bytes(range(32))).decode())
    (folder / ".now").write_text(key_id)
    print("a line that says hello\\n" + key_id)
elif word == "current":
    print((folder / ".now").read_text())
elif word == "ids":
    print(" ".join(sorted(file.name for file in folder.iterdir() if file.name != ".now")))
elif word == "get":
    print((folder / sys.argv[2]).read_text())
else:
    (folder / sys.argv[2]).unlink()
"""


@pytest.fixture
def files(tmp_path):
    return KeyFiles(tmp_path / "fields")


def test_the_first_key_is_made_once_and_only_its_owner_reads_it(files, tmp_path):
    ring = Ring(files)
    ring.make_first()
    ring.make_first()

    [file] = (tmp_path / "fields").glob("*.key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert ring.current().id == file.stem
    assert file.stem.startswith("aes-")


def test_without_a_current_key_nothing_is_made_in_silence(files, tmp_path):
    with pytest.raises(KeyMissing, match="Restore the folder") as caught:
        Ring(files).current()

    assert caught.value.code == "vault.E001"
    assert not (tmp_path / "fields").exists()


def test_a_key_that_is_gone_is_named(files, tmp_path):
    key = Ring(files).make()
    (tmp_path / "fields" / f"{key.id}.key").unlink()

    with pytest.raises(KeyMissing, match=f"The key {key.id} is missing") as caught:
        Ring(files).current()
    assert caught.value.code == "vault.E002"


def test_a_damaged_key_is_refused(files, tmp_path):
    key = Ring(files).make()
    (tmp_path / "fields" / f"{key.id}.key").write_text("AAAA\n")

    with pytest.raises(KeyMissing, match="holds no key of 32 bytes"):
        Ring(files).get(key.id)


def test_a_rotation_elsewhere_is_seen_at_the_next_write(files):
    here, there = Ring(files), Ring(files)
    old = here.make()
    assert there.current().id == old.id

    new = here.make()

    assert there.current().id == new.id != old.id
    assert [key.id for key in there.every()] == sorted([old.id, new.id])


def test_a_retired_key_leaves_the_ring_and_stays_beside_it(files, tmp_path):
    ring = Ring(files)
    old, new = ring.make(), ring.make()

    ring.retire(old.id)

    assert [key.id for key in ring.every()] == [new.id]
    assert (tmp_path / "fields" / "retired" / f"{old.id}.key").exists()
    with pytest.raises(KeyMissing):
        ring.get(old.id)


def test_an_unknown_cipher_is_refused(files, settings):
    settings.ANLAN_CIPHER = "rot13"

    with pytest.raises(VaultError, match='ANLAN_CIPHER is "rot13"; it may be: aes, sm4'):
        Ring(files).make()


def test_a_command_holds_the_keys(tmp_path):
    script, folder = tmp_path / "vault.py", tmp_path / "safe"
    folder.mkdir()
    script.write_text(VAULT.format(folder=str(folder)))
    ring = Ring(KeyCommand(f"{sys.executable} {script}"))
    ring.make_first()

    assert ring.current().id == "aes-00000000"
    assert ring.current().master == bytes(range(32))
    assert [key.id for key in ring.every()] == ["aes-00000000"]


@pytest.mark.parametrize("command", ["false", "/no/such/command"])
def test_a_command_that_fails_is_named_without_its_arguments(command):
    with pytest.raises(KeyMissing, match=f'The key command "{command} current" failed') as caught:
        Ring(KeyCommand(f"{command} --token s3cret")).current()

    assert "s3cret" not in str(caught.value)
