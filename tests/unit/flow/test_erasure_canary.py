"""After an erasure no byte of the destroyed text is left below the home: database, write-ahead log, files, log lines."""

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from anlan.flow.erasure import approve, request_erasure
from anlan.flow.perform import perform
from anlan.org.scope import acting
from tests.records import report_hazard

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


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_postgresql_holds_nothing_in_its_tables_after_a_full_vacuum(world, li_actor, wang_actor, chen_actor):
    """What docs/operations.md tells to run after an erasure. The server's own log is its own affair, and is named there."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: SQLite is searched whole above.")
    at = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
    hazard = report_hazard(world.hospital_a, by=li_actor, at=at, occurred_on=dt.date(2020, 3, 9), description=CANARY)
    with acting(li_actor):
        perform(hazard, "annul", by=li_actor, at=at, reason=f"{CANARY}误录")
    tables = ("ledger_entry", "anlan_cn_hazard")
    # the ledger's content is encrypted where it lies
    assert [table for table in tables if CANARY.encode() in _bytes_of(table)] == ["anlan_cn_hazard"]

    asked = request_erasure(hazard, by=li_actor, ground="pipl-47-unlawful", reason="误录")
    approve(asked, by=wang_actor)
    approve(asked, by=chen_actor)
    for _ in range(20):
        with connection.cursor() as cursor:
            # what another test left open may still see the old row, and would keep it
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
            for table in tables:
                cursor.execute(f"VACUUM FULL {table}")
        if not (left := [table for table in tables if CANARY.encode() in _bytes_of(table)]):
            break
        time.sleep(0.5)  # a transaction beside it (the server's own autovacuum) may still see the old row

    assert left == [], f"beside it: {_beside()}"


def _beside() -> list[object]:
    """Who else works on this database: a transaction that is still open keeps rows that it may see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, xact_start, backend_xmin, application_name, left(query, 200) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return list(cursor.fetchall())


def _bytes_of(table: str) -> bytes:
    """The bytes of a table as they lie on the disk, its long values included."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
        cursor.execute("SELECT pg_relation_filepath(c.oid), pg_relation_filepath(nullif(c.reltoastrelid, 0)) "
                       "FROM pg_class c WHERE c.oid = %s::regclass", [table])  # fmt: skip
        return b"".join((folder / path).read_bytes() for path in cursor.fetchone() if path)
