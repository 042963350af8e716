"""After an erasure no byte of the destroyed text is left below the home: database, write-ahead log, files, log lines."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CANARY = "金丝雀甲乙丙丁戊己庚辛"


def run(home: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "ANLAN_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "ANLAN_DATABASE_URL": "",
    }
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def holding(home: Path) -> list[str]:
    """The files below the home that hold the canary in any form in which SQLite, JSON or a sheet would write it."""
    forms = (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("unicode_escape"), CANARY.encode("gb18030"))
    files = [file for file in home.rglob("*") if file.is_file()]
    return [str(file.relative_to(home)) for file in files if any(form in file.read_bytes() for form in forms)]


def test_no_file_holds_the_destroyed_text(tmp_path: Path) -> None:
    said = run(tmp_path, "tests.erase_a_canary", CANARY)

    assert said.splitlines() == ["HZ-2020-0001 erased 5 1", "HZ-2020-0002 erased 2 0", "write-ahead log: 0"]
    assert (tmp_path / "anlan.sqlite3").stat().st_size > 100_000
    assert holding(tmp_path) == []


def test_the_search_would_find_a_canary(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(f'{{"reason": "{CANARY}"}}', encoding="utf-8")
    (tmp_path / "y.csv").write_bytes(CANARY.encode("gb18030"))

    assert sorted(holding(tmp_path)) == ["x.json", "y.csv"]
