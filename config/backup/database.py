"""The database of a backup: a copy of one moment while others write, with the tree head and the counts of that moment."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo

from anlan.ledger.models import TreeHead
from config.backup.errors import BackupError
from config.backup.server import AROUND, direct_database, find_tool, linked, run_tool, server_major

SQLITE, POSTGRES = "database.sqlite3", "database.pgdump"
HEAD = "SELECT size, root, checkpoint FROM ledger_treehead ORDER BY size DESC LIMIT 1"
_COPY = re.compile(rb'COPY (?:"(?:[^"]|"")*"|\w+)\."?((?:[^" ]|"")+)"? \(')
_END = b"\\.\n"
_LISTED = re.compile(
    r"\d+; \d+ \d+ (COMMENT - )?(?P<kind>SCHEMA|EXTENSION|PUBLICATION|SUBSCRIPTION|EVENT TRIGGER) (- )?(?P<name>\S+)"
)


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
    """Dump with the snapshot of a transaction of ours, in which the head is read and the rows are counted.

    Raises: BackupError when the dump holds fewer rows of a table, or more, than the transaction sees.
    """
    target, database = folder / POSTGRES, direct_database()
    with linked(database) as link, link.transaction():
        link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [(name,)] = link.execute("SELECT pg_export_snapshot()").fetchall()
        # What others keep in the database beside it is theirs: this role may not read it, and could not restore it.
        [(schema,)] = link.execute("SELECT quote_ident(current_schema())").fetchall()
        arguments = ("-Fc", "-Z1", "--enable-row-security", f"--schema={schema}", f"--snapshot={name}")
        run_tool("pg_dump", database, *arguments, f"--file={target}")
        tables = link.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        ).fetchall()
        counts = {str(table): _count(link, table) for (table,) in tables}
        head = _head(link.execute(HEAD).fetchone())
    target.chmod(0o600)
    _compare(counts, dumped_rows(target))
    return Snapshot(file=target, kind="postgresql", head=head, counts=counts)


def _compare(counts: dict[str, int], dumped: dict[str, int]) -> None:
    """Refuse a dump from which rows were left out silently, as row-level security does to a role that says nothing."""
    for table, count in counts.items():
        if dumped.get(table, 0) != count:
            raise BackupError(
                "backup.E090",
                f"The dump holds {dumped.get(table, 0)} rows of {table}, not {count}: it is thrown away. {AROUND}",
            )


def dumped_rows(dump: Path) -> dict[str, int]:
    """Return how many rows of each table stand in a dump, as they would be restored."""
    program = str(find_tool("pg_restore", least=server_major()))
    counts: dict[str, int] = {}
    table = ""
    with subprocess.Popen([program, "--data-only", "--file=-", str(dump)], stdout=subprocess.PIPE) as running:
        for line in running.stdout or ():
            if table and line == _END:
                table = ""
            elif table:
                counts[table] += 1
            elif found := _COPY.match(line):
                table = found[1].decode().replace('""', '"')
                counts[table] = 0
    if running.returncode:
        raise BackupError("backup.E001", f"pg_restore cannot read the dump {dump.name} that was just made.")
    return counts


def restore_sqlite(file: Path, home: Path) -> None:
    """Put the file into its place in a home."""
    file.replace(home / "anlan.sqlite3")


def restore_postgres(file: Path, database: dict[str, Any]) -> None:
    """Fill an empty database, in one transaction. What is restored belongs to the role that restores it.

    Raises: BackupError when it fails or when the database is not empty or in another encoding; nothing was changed then.
    """
    with linked(database) as link:
        [(there,)] = link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        [(encoding,)] = link.execute("SHOW server_encoding").fetchall()
        schemas = frozenset(str(name) for (name,) in link.execute("SELECT nspname FROM pg_namespace").fetchall())
    if encoding != "UTF8":
        raise BackupError(
            "backup.E093",
            f"The database \"{database['NAME']}\" is encoded in {encoding}; make it with ENCODING 'UTF8' TEMPLATE template0.",
        )
    if there:
        raise BackupError(
            "backup.E091",
            f'The database "{database["NAME"]}" holds {there} tables already; name an empty one with --database-url.',
        )
    entries = file.with_suffix(".list")
    run_tool("pg_restore", database, "--list", f"--file={entries}", str(file))
    ours = [line for line in entries.read_text(encoding="utf-8").splitlines() if not _is_the_servers(line, schemas)]
    entries.write_text("\n".join([*ours, ""]), encoding="utf-8")
    arguments = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--use-list={entries}")
    named = make_conninfo(dbname=str(database["NAME"]))  # a bare name with an = in it would be read as a whole address
    run_tool("pg_restore", database, *arguments, f"--dbname={named}", str(file))
    entries.unlink()


def _is_the_servers(line: str, schemas: frozenset[str]) -> bool:
    """Tell whether a line of a dump's list names what only the server's administrator may make, or a schema that is there."""
    found = _LISTED.match(line)
    return found is not None and (found["kind"] != "SCHEMA" or found["name"].strip('"') in schemas)


def newest_head() -> tuple[int, str, str]:
    """Return the newest head of the database in use."""
    head = TreeHead.objects.order_by("-size").first()
    return (head.size, bytes(head.root).hex(), head.checkpoint) if head else (0, "", "")
