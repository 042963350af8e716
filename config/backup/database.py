"""The database of a backup: a copy of one moment while others write, with the tree head and the counts of that moment."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from anlan.ledger.models import TreeHead
from config.backup.errors import BackupError

SQLITE, POSTGRES = "database.sqlite3", "database.pgdump"
HEAD = "SELECT size, root, checkpoint FROM ledger_treehead ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A copied database: the file, its kind, the newest head as (size, root in hex, checkpoint), rows by table."""

    file: Path
    kind: str
    head: tuple[int, str, str]
    counts: dict[str, int]


def snapshot(folder: Path) -> Snapshot:
    """Copy the database into a folder while writes go on. Raises: BackupError."""
    return _sqlite(folder) if connection.vendor == "sqlite" else _postgres(folder)


def _sqlite(folder: Path) -> Snapshot:
    target = folder / SQLITE
    connection.ensure_connection()
    with _opened(target) as copy:
        source: Any = connection.connection
        source.backup(copy)  # one step: in WAL mode nobody waits for it
        copy.execute("PRAGMA journal_mode=DELETE")
        tables = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")]
        counts = {name: _count(copy, name) for name in tables if not name.startswith("sqlite_")}
        found = copy.execute(HEAD).fetchone()
    return Snapshot(file=target, kind="sqlite", head=_head(found), counts=counts)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(handle)
    link = sqlite3.connect(file)
    try:
        yield link
        link.commit()
    finally:
        link.close()


def _count(link: Any, table: str) -> int:
    return int(link.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608  names from the catalogue


def _head(row: Any) -> tuple[int, str, str]:
    return (int(row[0]), bytes(row[1]).hex(), str(row[2])) if row else (0, "", "")


def _postgres(folder: Path) -> Snapshot:
    """Dump with the snapshot of a transaction of ours, in which the head is read and the rows are counted."""
    target = folder / POSTGRES
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        name = cursor.fetchone()[0]
        run_tool("pg_dump", connection.settings_dict, "-Fc", "-Z1", f"--snapshot={name}", f"--file={target}")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        counts = {}
        for table in [row[0] for row in cursor.fetchall()]:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  names from the catalogue
            counts[table] = int(cursor.fetchone()[0])
        cursor.execute(HEAD)
        head = _head(cursor.fetchone())
    target.chmod(0o600)
    return Snapshot(file=target, kind="postgresql", head=head, counts=counts)


def run_tool(name: str, database: dict[str, Any], *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database. The password goes through the environment, never through arguments."""
    places = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    own = {key: str(database[place]) for key, place in places.items() if database.get(place)}
    done = subprocess.run(
        [str(find_tool(name, least=_server_major())), "--no-password", *arguments],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BackupError("backup.E001", f"{name} failed: {said[0]}. Look at ANLAN_DATABASE_URL and ANLAN_PG_BIN.")


def find_tool(name: str, *, least: int = 0) -> Path:
    """Return a program of PostgreSQL, no older than the server: in `ANLAN_PG_BIN`, on the path, or among those installed.

    Raises: BackupError, saying what to set.
    """
    if folder := os.environ.get("ANLAN_PG_BIN"):
        found = Path(folder) / name
        if found.exists():
            return found
        raise BackupError("backup.E002", f"ANLAN_PG_BIN is {folder}, and there is no {name} in it.")
    on_path = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    for found in [*([Path(on_path)] if on_path else []), *installed]:
        if _major(found) >= least:
            return found
    raise BackupError(
        "backup.E002",
        f"No {name} of version {least} or newer was found. Install the server's client programs, or name their folder in ANLAN_PG_BIN.",
    )


def _server_major() -> int:
    connection.ensure_connection()
    return int(getattr(connection, "pg_version", 0)) // 10_000


def _major(program: Path) -> int:
    """Return the main version of a program: `pg_dump (PostgreSQL) 15.3 (Debian 15.3-1)` is 15."""
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def restore_sqlite(file: Path, home: Path) -> None:
    """Put the file into its place in a home."""
    file.replace(home / "anlan.sqlite3")


def restore_postgres(file: Path, database: dict[str, Any]) -> None:
    """Fill an empty database. Raises: BackupError when it fails; the database may then hold a part and is to be dropped."""
    name = str(database["NAME"])
    run_tool(
        "pg_restore", database, "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(file)
    )


def newest_head() -> tuple[int, str, str]:
    """Return the newest head of the database in use."""
    head = TreeHead.objects.order_by("-size").first()
    return (head.size, bytes(head.root).hex(), head.checkpoint) if head else (0, "", "")
