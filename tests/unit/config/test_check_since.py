"""`anlan check`: what it prints when all is well, and `--since`, which looks only at what followed."""

import json
from pathlib import Path
from typing import Any

import pytest

from anlan.ledger.models import Entry, Leader, Tile, TreeHead
from anlan.ledger.rounds import sign_newest_head
from anlan.ledger.sequencer import Sequencer
from anlan.org.scope import Actor, as_system
from anlan_cn.models import KeyPlace
from config import soundness
from config.command import main
from tests.records import list_place
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def quiet(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)
    for other in (
        "_database_role",
        "_baseline",
    ):  # the role of the tests, and that nothing told the log of the organisation yet
        monkeypatch.setattr(soundness, other, list)


def place_all() -> None:
    Leader.objects.all().delete()
    Sequencer().run()
    sign_newest_head()


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], str]:
    """Return the exit code, the places of the findings, and the place from which a later check may go on."""
    code = main(["check", "--json", *words])
    said = json.loads(capsys.readouterr().out)
    return code, [finding["place"] for finding in said["findings"]], said["place"]


@pytest.fixture
def place(world: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]) -> str:
    """Three records, checked: where a later check may begin."""
    for number in range(3):
        list_place(world.hospital_a, by=li_actor, name=f"药房{number}")
    place_all()
    code, found, place = check(capsys)
    assert (code, found) == (0, [])
    assert place == f"3:{bytes(TreeHead.objects.get().root).hex()}"
    return place


def rename(number: str) -> None:
    with as_system("somebody with SQL"):
        assert KeyPlace.objects.filter(number=number).update(name="改过的名字") == 1


def test_what_followed_a_clean_check_is_looked_at_and_the_next_place_is_told(
    place: str, world: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    list_place(world.hospital_a, by=li_actor, name="新药房")
    place_all()
    code, found, later = check(capsys, "--since", place)
    assert (code, found, later.partition(":")[0]) == (0, [], "4")
    rename("KP-2025-0004")
    code, found, nowhere = check(capsys, "--since", place)
    assert (code, [one.partition(" (")[0] for one in found], nowhere) == (2, ["key_place KP-2025-0004"], None)


def test_a_row_that_nothing_touched_since_is_seen_by_the_whole_check_alone_and_this_is_said(
    place: str, world: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    list_place(world.hospital_a, by=li_actor, name="新药房")
    place_all()
    rename("KP-2025-0001")
    assert main(["check", "--since", place]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Nothing is wrong."
    assert said[1].startswith("Not looked at: rows, files and seals that no entry since then touched")
    assert said[2] == "The running audit has not ended a whole turn yet."
    assert said[3].startswith("To look only at what follows from here: anlan check --since 4:")
    assert check(capsys)[0] == 2


def test_a_checkpoint_and_a_tile_that_came_since_and_were_changed_are_found(
    place: str, world: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    list_place(world.hospital_a, by=li_actor, name="新药房")
    place_all()
    head = TreeHead.objects.get(size=4)
    TreeHead.objects.filter(size=4).update(checkpoint=head.checkpoint.replace("\n4\n", "\n5\n"))
    tile = Tile.objects.get()
    broken = bytes(tile.hashes)[:96] + b"\x00" * 32
    Tile.objects.update(hashes=broken)
    assert set(check(capsys, "--since", "3")[1]) == {"ledger position 3", "ledger tree head 4"}
    assert set(check(capsys)[1]) == {"ledger position 3", "ledger tree head 4"}


def test_a_checkpoint_that_another_key_signed_is_a_finding(
    place: str, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path / "other")
    (tmp_path / "other").mkdir()
    code, found, _place = check(capsys)
    assert (code, found) == (2, ["ledger tree head 3"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("yesterday", '"yesterday" names no place in the log.'),
        ("3:abc", '"3:abc" names no place in the log.'),
        ("9", "The log has 3 entries, the place given is behind 9: it is of another log"),
        ("2:" + "0" * 64, "The tree of the first 2 entries has another root than the place given names"),
    ],
)
def test_a_place_of_another_log_is_refused(
    place: str, words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--since", words]) == 1
    assert said in capsys.readouterr().err


def test_what_was_checked_and_changed_since_is_found_by_its_hash(
    place: str, world: World, li_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    tile = Tile.objects.get()
    Tile.objects.update(hashes=b"\x00" * 32 + bytes(tile.hashes)[32:])
    assert main(["check", "--since", place]) == 1
    assert "what was checked has changed since" in capsys.readouterr().err
    assert Entry.objects.count() == 3
