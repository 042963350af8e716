"""A tiny schema and its records as literals, loadable into SQLite, PostgreSQL and a Parquet lake."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from anlan.measures.algebra import Figure
from anlan.measures.catalogue import Measure
from anlan.measures.engines import Engine, SqlConnection
from anlan.measures.lake import DuckDBLake
from anlan.measures.runs.engine import RunLake
from anlan.measures.schema import Column, InstitutionTable, RegisterTable, Schema

D = datetime.date
SCHEMA = Schema(
    institution=InstitutionTable(
        columns=(Column(name="class_level", type="int"), Column(name="is_large", type="bool"), Column(name="kind", type="text"))
    ),
    registers=(
        RegisterTable(
            code="activity",
            table="anlan_cn_activity",
            columns=(
                Column(name="level", type="text"),
                Column(name="has_check", type="bool"),
                Column(name="hours", type="int"),
                Column(name="staff_no", type="text"),
                Column(name="amount", type="decimal"),
                Column(name="due_on", type="date"),
                Column(name="done_on", type="date"),
            ),
        ),
        RegisterTable(code="place", table="anlan_cn_place", is_standing=True, columns=(Column(name="kind", type="text"),)),
    ),
)  # fmt: skip
TYPES = {
    "activity": "institution_id BIGINT, is_counted BOOLEAN, occurred_on DATE, level VARCHAR(20), has_check BOOLEAN, "
    "hours INTEGER, staff_no VARCHAR(20), amount DECIMAL(12, 2), due_on DATE, done_on DATE",
    "place": "institution_id BIGINT, is_counted BOOLEAN, occurred_on DATE, ended_on DATE, kind VARCHAR(20)",
    "institution": "unit_id BIGINT, class_level INTEGER, is_large BOOLEAN, kind VARCHAR(20)",
}
TABLES = {"activity": "anlan_cn_activity", "place": "anlan_cn_place", "institution": "org_institution"}
Records = Mapping[str, Sequence[Sequence[Any]]]
INSTITUTIONS = ((1, 2, False, "general"), (2, None, True, "township"), (3, 0, None, "general"))


def activity(
    institution: int, day: D, level: str | None = "hospital", check: bool | None = True, **values: object
) -> tuple[object, ...]:
    """Return one row of the activity register; it counts unless ``counted=False``."""
    rest = [values.get(name) for name in ("hours", "staff_no", "amount", "due_on", "done_on")]
    return (institution, values.get("counted", True), day, level, check, *rest)


def place(institution: int, begun: D, ended: D | None = None, kind: str | None = "pharmacy", counted: bool = True) -> tuple[object, ...]:  # fmt: skip
    """Return one row of the place register."""
    return (institution, counted, begun, ended, kind)


def measure(code: str, definition: Figure) -> Measure:
    """Return a measure with nothing but a definition."""
    return Measure(code=code, name=code, unit="", clause="", subsystem="", definition=definition)


def sqlite_engine(records: Records) -> SqlConnection:
    """Return an engine over an SQLite database that holds the records."""
    connection = sqlite3.connect(":memory:")
    fill(connection.execute, records, "?", as_sqlite)
    return SqlConnection(connection.cursor, dialect="sqlite")


def as_sqlite(value: object) -> object:
    """Return the value as SQLite stores it: dates as ISO text, decimals as numbers."""
    return value.isoformat() if isinstance(value, D) else float(value) if isinstance(value, Decimal) else value


def fill(
    execute: Callable[..., object], records: Records, mark: str, convert: Callable[[Any], Any] = lambda value: value
) -> None:
    """Create the tables and insert the records."""
    for name, columns in TYPES.items():
        execute(f"DROP TABLE IF EXISTS {TABLES[name]}")
        execute(f"CREATE TABLE {TABLES[name]} ({columns})")
        for row in INSTITUTIONS if name == "institution" else records.get(name, ()):
            marks = ", ".join([mark] * len(row))
            execute(f"INSERT INTO {TABLES[name]} VALUES ({marks})", tuple(convert(value) for value in row))


def lake_engine(folder: Path, records: Records, *, institutions_per_range: int = 2) -> DuckDBLake:
    """Return an engine over a Parquet lake that holds the records."""
    connection = duckdb.connect()
    fill(connection.execute, records, "?")
    for name, table in TABLES.items():
        connection.execute(f"COPY {table} TO '{folder}/{name}.parquet' (FORMAT parquet)")
    return DuckDBLake(folder, threads=1, institutions_per_range=institutions_per_range)


def run_engine(
    folder: Path, records: Records, *, institutions_per_range: int = 2, rows_per_group: int = 2, threads: int = 2
) -> RunLake:
    """Return an engine over the same lake, sorted by institution in row groups so small that institutions span several."""
    lake_engine(folder, records)
    for name in TYPES:
        file = folder / f"{name}.parquet"
        table = pq.read_table(file)
        key = "unit_id" if name == "institution" else "institution_id"
        pq.write_table(table.sort_by(key), file, row_group_size=rows_per_group)
    return RunLake(folder, threads=threads, institutions_per_range=institutions_per_range)


def engines(folder: Path, records: Records) -> tuple[Engine, ...]:
    """Return every engine that needs no server."""
    (folder / "sorted").mkdir(exist_ok=True)
    return sqlite_engine(records), lake_engine(folder, records), run_engine(folder / "sorted", records)
