"""The Parquet lake evaluated by DuckDB: a region or the nation on one machine.

Layout: ``<folder>/<register>/year=YYYY/*.parquet`` or ``<folder>/<register>.parquet``, and ``institution.parquet``; the
columns are those of the live tables. Files are sorted by institution_id: the lake is evaluated in ranges of
institutions, whose row groups are found by their zone maps and whose groups fit small arrays instead of hash tables.
An unsorted lake gives the same figures, more slowly.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import duckdb

from anlan.kernel.period import Period
from anlan.measures.aggregate import Scan, spanning
from anlan.measures.bindings import bindings, is_closed
from anlan.measures.errors import LakeIncomplete
from anlan.measures.figures import FigureTable, table_from_rows
from anlan.measures.plan import Plan, narrowed
from anlan.measures.sql import lower

RANGE = 125_000  # most institutions per statement: fewer cost planning, more cost memory
_CELLS = 26_000_000  # institutions × columns of a range that two threads hold within the memory limit
_ARRAY_BITS = 24  # group by array, not by hash table, while the keys of a range span fewer than 2^24


class DuckDBLake:
    """One folder of Parquet files."""

    def __init__(
        self,
        folder: Path | str,
        *,
        threads: int | None = None,
        memory_limit: str = "1GB",
        institutions_per_range: int | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._per_range = institutions_per_range
        self._connection = duckdb.connect()
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute(f"SET perfect_ht_threshold = {_ARRAY_BITS}")
        self._connection.execute(f"SET memory_limit = '{memory_limit}'")
        self._threads = threads or os.cpu_count() or 1
        self._connection.execute(f"SET threads = {self._threads}")

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures in memory; see ``evaluate``. For the nation prefer ``write``."""
        statements = self._statements(plan, period, as_of, institutions)
        rows: list[tuple[int | None, ...]] = []
        for text, values in statements:
            rows.extend(self._connection.execute(text, values).fetchall())
        if institutions is not None:
            wanted = frozenset(institutions)
            rows = [row for row in rows if row[0] in wanted]
        return table_from_rows(plan, rows)

    def write(
        self,
        plan: Plan,
        *,
        period: Period,
        as_of: datetime.date,
        target: Path | str,
        columns: Sequence[str] | None = None,
    ) -> int:
        """Write the plan's figures as Parquet files into the folder ``target`` and return the number of institutions.

        ``columns`` limits them to those named: only what these need is read and reckoned.
        Shape:  columns institution_id and ``plan.columns()``; one file per range, named in order of institution.
        Nulls:  null is no data or unknown.
        Raises: LakeIncomplete; FileExistsError when the folder holds Parquet files already.
        """
        folder = Path(target)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.parquet")):
            raise FileExistsError(f"{folder} holds figures already. Choose an empty folder, or empty this one.")
        if columns is not None:
            plan = _narrowed(plan, tuple(columns))
        listed = ", ".join(f'"{name}"' for name in (columns or plan.columns()))
        tasks = []
        for number, (text, values) in enumerate(self._statements(plan, period, as_of, None)):
            file = _quoted(folder / f"part-{number:05d}.parquet")
            copy = f"COPY (SELECT institution_id, {listed} FROM ({text})) TO {file} (FORMAT parquet)"  # noqa: S608
            tasks.append((copy, values))
        # a range is a row group or two of most registers, too few for DuckDB to share out: ranges run side by side
        with ThreadPoolExecutor(max_workers=self._threads) as workers:
            return sum(workers.map(self._copy, tasks))

    def _copy(self, task: tuple[str, dict[str, object]]) -> int:
        with self._connection.cursor() as cursor:
            row = cursor.execute(*task).fetchone()
            return int(row[0]) if row else 0

    def close(self) -> None:
        """Free the engine's memory."""
        self._connection.close()

    def _statements(
        self, plan: Plan, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> Iterator[tuple[str, dict[str, object]]]:
        self._declare_views(plan, period)
        statement = lower(plan, "duckdb", reach="range", is_closed=is_closed(period, as_of))
        values: dict[str, object] = dict(bindings(statement.parameters, period=period, as_of=as_of))
        for low, high in self._ranges(plan, institutions):
            yield statement.text, {**values, "institution_low": low, "institution_high": high}

    def _ranges(self, plan: Plan, institutions: tuple[int, ...] | None) -> list[tuple[int, int]]:
        """Bounds of consecutive ranges of institutions that together hold all that are asked for."""
        table = plan.schema.institution
        every = f"SELECT {table.key} AS id, row_number() OVER (ORDER BY {table.key}) - 1 AS place FROM {table.table}"
        per_range = self._per_range or min(RANGE, _CELLS // len(plan.columns()))
        bounds = f"SELECT min(id), max(id) FROM ({every}) GROUP BY place // {per_range} ORDER BY 1"
        ranges: list[tuple[int, int]] = self._connection.execute(bounds).fetchall()
        if institutions is None:
            return ranges
        narrowed = []
        for low, high in ranges:
            inside = [institution for institution in institutions if low <= institution <= high]
            if inside:
                narrowed.append((min(inside), max(inside)))
        return narrowed

    def _declare_views(self, plan: Plan, period: Period) -> None:
        for scan in plan.scans:
            self._view(scan.register.table, self._files(scan, period))
        file = self._folder / "institution.parquet"
        if not file.exists():
            raise LakeIncomplete(f"The lake {self._folder} has no institution.parquet. Export the institutions.")
        self._view(plan.schema.institution.table, [file])

    def _view(self, name: str, files: list[Path]) -> None:
        listed = ", ".join(_quoted(file) for file in files)
        self._connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS FROM read_parquet([{listed}])')

    def _files(self, scan: Scan, period: Period) -> list[Path]:
        code = scan.register.code
        whole = self._folder / f"{code}.parquet"
        files = [whole] if whole.exists() else sorted((self._folder / code).glob("year=*/*.parquet"))
        if not files:
            raise LakeIncomplete(
                f'The lake {self._folder} has no files of register "{code}". Export it, or leave its measures out.'
            )
        first = _first_year(scan, period)
        recent = [file for file in files if file == whole or int(file.parent.name.removeprefix("year=")) >= first]
        return recent or files[-1:]


@lru_cache(maxsize=32)
def _narrowed(plan: Plan, columns: tuple[str, ...]) -> Plan:
    """Equal questions get the same plan, so that its SQL is made once."""
    return narrowed(plan, columns)


def _first_year(scan: Scan, period: Period) -> int:
    """The year of the oldest day of a record that the scan can use; 0 where it looks back to the first record.

    Folders are by the year of the register's own date, so a range over another column prunes nothing.
    """
    days = spanning(scan.days)
    if days is None or days.lower is None or days.column != scan.register.date:
        return 0
    return period.start.year - max(each.years_back for each in scan.days)


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"
