"""Commands on a database without tables or of an older version: one sentence, an id and an exit code; never "nothing is wrong"."""

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config.command import ON_A_PREPARED_DATABASE, main

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ASKING = [
    ["check"],
    ["content"],
    ["score", "--year", "2025"],
    ["import", "hazard", "sheet.xlsx", "--institution", "A"],
    ["account", "li", "--unlock"],
    ["access-log", "check"],
    ["worker", "--once"],
    ["keys"],
    ["keys", "rotate"],
    ["backup"],
    ["lake"],
    ["seal", "--year", "2025", "--institution", "A"],
    ["export-score", "--year", "2025", "--institution", "A"],
    ["receipt", "YH-1"],
    ["archive", "out.zip", "--institution", "A"],
    ["verify", "YH-1"],
    ["verify", "--log"],
    ["verify", "--register", "hazard"],
    ["template", "hazard", "out.xlsx", "--institution", "A"],
    ["witness", "offer", "offer.txt"],
    ["witness", "cosign", "offer.txt", "back.txt"],
    ["witness", "accept", "back.txt"],
    ["demo", "--reset-passwords"],
]


@pytest.fixture
def no_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])
    return tmp_path


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_database_without_tables_is_named_and_nothing_is_written(
    no_tables: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(words) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith('anlan: The database "')
    assert "is not prepared: it holds no tables. `anlan demo` makes them" in printed.err
    assert printed.err.endswith("[database.E001]\n")
    assert list(no_tables.iterdir()) == []


def test_every_command_that_asks_is_tried() -> None:
    assert {words[0] for words in ASKING} >= ON_A_PREPARED_DATABASE


@pytest.mark.parametrize("words", [["check"], ["score", "--year", "2025"], ["verify", "--log"]], ids=" ".join)
def test_a_database_of_an_older_version_waits_for_the_start(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    MigrationRecorder.Migration.objects.filter(app="ledger").delete()
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "is of an older version: " in said
    assert "Make a backup (`anlan backup`), then start `anlan serve`: the start migrates. [database.E002]" in said


def test_declarations_are_checked_without_a_database(no_tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--declarations"]) == 0
    assert capsys.readouterr().out == "Nothing is wrong.\n"
