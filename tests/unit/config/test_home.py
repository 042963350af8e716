"""The home is for its owner only: new ones, standing ones, and what is written later."""

import os
import stat
from pathlib import Path

import pytest

from config.home import Home, listening


def mode(file: Path) -> str:
    return oct(stat.S_IMODE(file.stat().st_mode))


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_home_and_what_is_written_later_is_readable_by_its_owner_only(tmp_path, monkeypatch, umask):
    monkeypatch.setenv("ANLAN_HOME", str(tmp_path / "home"))
    home = Home.from_environment(tmp_path)
    (home.logs / "anlan.log").write_text("later")

    folders = (home.path, home.keys, home.evidence, home.lake, home.logs, home.static, home.spool)
    assert {mode(folder) for folder in folders} == {"0o700"}
    assert mode(home.logs / "anlan.log") == "0o600"


def test_a_standing_home_is_put_right_and_links_are_left_alone(tmp_path, monkeypatch, umask):
    place = tmp_path / "home"
    for folder in ("evidence/ab", "logs", "keys", "lake", "backups/files"):
        (place / folder).mkdir(parents=True)
    files = ("anlan.sqlite3", "anlan.sqlite3-wal", "anlan.sqlite3-shm", "evidence/ab/abc", "logs/anlan.log", "accounts.txt", "backups/a.backup")  # fmt: skip
    for file in files:
        (place / file).touch(0o644)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(0o644)
    (place / "evidence/link").symlink_to(elsewhere)
    own_database = tmp_path / "own.sqlite3"
    own_database.touch(0o666)
    monkeypatch.setenv("ANLAN_HOME", str(place))

    home = Home.from_environment(tmp_path)
    assert mode(place) == "0o700"  # from the first command on nobody else gets in
    closed = home.close_to_others(own_database)

    assert {mode(place / file) for file in files} == {"0o600"}
    assert {mode(place / folder) for folder in ("evidence", "evidence/ab", "logs", "backups", "backups/files")} == {
        "0o700"
    }
    assert mode(elsewhere) == "0o644"
    assert closed >= 13
    assert home.close_to_others(own_database) == 0


def test_a_database_on_another_disk_that_a_link_leads_to_is_put_right_too(tmp_path, monkeypatch, umask):
    place, disk = tmp_path / "home", tmp_path / "disk"
    place.mkdir()
    disk.mkdir()
    for end in ("", "-wal"):
        (disk / f"real.sqlite3{end}").touch(0o644)
    (place / "anlan.sqlite3").symlink_to(disk / "real.sqlite3")
    monkeypatch.setenv("ANLAN_HOME", str(place))

    home = Home.from_environment(tmp_path)
    assert home.close_to_others(home.database) >= 2
    assert {mode(disk / f"real.sqlite3{end}") for end in ("", "-wal")} == {"0o600"}


@pytest.mark.parametrize("place", ["/", "/tmp"])
def test_a_folder_of_the_system_is_no_home(place, monkeypatch, umask):
    monkeypatch.setenv("ANLAN_HOME", place)
    with pytest.raises(ValueError, match="a folder of the system"):
        Home.from_environment(Path("/nowhere"))


@pytest.mark.parametrize("text", ["9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", ":9464", "127.0.0.1:x"])
def test_a_place_to_listen_needs_address_and_port(text):
    with pytest.raises(ValueError, match='ANLAN_METRICS_LISTEN is "'):
        listening("ANLAN_METRICS_LISTEN", text)
    assert listening("X", "[::1]:9464") == ("::1", 9464)
    assert listening("X", "") is None
