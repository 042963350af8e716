"""The Parquet lake evaluated by DuckDB: every lake, sorted or not, of whatever types DuckDB reads.

``opening.py`` chooses between this and ``runs``, which is quicker where the lake is sorted; ``folder.py`` has the layout.
Here too order helps: the lake is evaluated in ranges of institutions, whose row groups are found by their zone maps and
whose groups fit small arrays instead of hash tables. Each thread takes a range of its own and shares nothing with the
others. A register whose distinct values are counted is sorted by institution and that value.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import duckdb

from anlan.kernel.period import Period
from anlan.measures.bindings import bindings, is_closed
from anlan.measures.dense import SPINE, DensePlan, DenseTable, lower_dense
from anlan.measures.figures import FigureTable, table_from_rows
from anlan.measures.folder import institution_file, new_folder, register_files
from anlan.measures.plan import Plan, narrowed
from anlan.measures.sql import Statement

_LEAST = 5_000
RANGE = 250_000  # institutions at a time: fewer cost statements, more cost memory; just below a power of two
_CELLS = 50_000_000  # institutions × columns of a range that two threads hold within the memory limit
_ROWS = 61_440  # of a row group that is written: it is held in memory until it is full
_ARRAY_BITS = 24  # group by array, not by hash table, while the keys of a range span fewer than 2^24
Row = tuple[int | None, ...]
Bounds = tuple[int, int]
Part = TypeVar("Part")


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
        self._connection.execute(f"SET memory_limit = '{memory_limit}'")
        row = self._connection.execute("SELECT current_setting('threads')").fetchone()
        self._threads = threads or (int(row[0]) if row else 1)
        # the threads are ours, one range each: DuckDB's own would have to merge their groups
        self._connection.execute(f"SET threads = {self._threads}; SET external_threads = {self._threads}")

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures in memory; see ``evaluate``. For the nation prefer ``write``."""
        evaluation = self._evaluation(plan, plan.columns(), period, as_of)
        parts = self._each(evaluation.rows, self._ranges(plan, institutions))
        rows = [row for part in parts for row in part]
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
        folder = new_folder(target)
        if columns is not None:
            plan = _narrowed(plan, tuple(columns))
        evaluation = self._evaluation(plan, tuple(columns or plan.columns()), period, as_of)
        ranges = self._ranges(plan, None)
        files = {bounds: folder / f"part-{number:05d}.parquet" for number, bounds in enumerate(ranges)}
        return sum(self._each(lambda link, bounds: evaluation.write(link, bounds, files[bounds]), ranges))

    def close(self) -> None:
        """Free the engine's memory."""
        self._connection.close()

    def _evaluation(self, plan: Plan, columns: tuple[str, ...], period: Period, as_of: datetime.date) -> _Evaluation:
        self._declare_views(plan, period)
        dense = lower_dense(plan, columns, is_closed=is_closed(period, as_of))
        statements = (dense.spine, dense.figures, *(each for t in dense.tables for each in (t.quick, t.plain)))
        names = tuple(dict.fromkeys(name for statement in statements for name in statement.parameters))
        return _Evaluation(plan=dense, values=dict(bindings(names, period=period, as_of=as_of)))

    def _each(self, work: Callable[[duckdb.DuckDBPyConnection, Bounds], Part], ranges: Iterable[Bounds]) -> list[Part]:
        """Do the work for every range, a range to a thread, and return the results in order."""

        def one(bounds: Bounds) -> Part:
            with self._connection.cursor() as link:
                link.execute(f"SET perfect_ht_threshold = {_ARRAY_BITS}")  # holds for one connection only
                return work(link, bounds)

        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(one, ranges))

    def _ranges(self, plan: Plan, institutions: tuple[int, ...] | None) -> list[Bounds]:
        """Bounds of consecutive ranges of institutions that together hold all that are asked for."""
        table = plan.schema.institution
        every = f"SELECT {table.key} AS id, row_number() OVER (ORDER BY {table.key}) - 1 AS place FROM {table.table}"  # noqa: S608
        # every thread has a range, unless they would be so small that the statements cost more than the records
        per_range = self._per_range or min(RANGE, _CELLS // len(plan.columns()))
        share = f"least({per_range}, greatest({_LEAST}, ceil(count(*) OVER () / {self._threads})::BIGINT))"
        shared = f"SELECT *, {share} AS share FROM ({every})"  # noqa: S608
        bounds = f"SELECT min(id), max(id) FROM ({shared}) GROUP BY place // share ORDER BY 1"  # noqa: S608
        ranges: list[Bounds] = self._connection.execute(bounds).fetchall()
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
            self._view(scan.register.table, register_files(self._folder, scan, period))
        self._view(plan.schema.institution.table, [institution_file(self._folder)])

    def _view(self, name: str, files: list[Path]) -> None:
        listed = ", ".join(_quoted(file) for file in files)
        self._connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS FROM read_parquet([{listed}])')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluation:
    """A plan's statements and the values of their parameters, ready for any range."""

    plan: DensePlan
    values: dict[str, object]

    def rows(self, link: duckdb.DuckDBPyConnection, bounds: Bounds) -> list[Row]:
        """Return the rows of the range, in order of institution."""
        self._prepare(link, bounds)
        rows: list[Row] = self._run(link, self.plan.figures, bounds).fetchall()
        return rows

    def write(self, link: duckdb.DuckDBPyConnection, bounds: Bounds, file: Path) -> int:
        """Write the rows of the range, in order of institution, and return their number."""
        self._prepare(link, bounds)
        target = f") TO {_quoted(file)} (FORMAT parquet, ROW_GROUP_SIZE {_ROWS})"
        copied = self._run(link, self.plan.figures, bounds, before="COPY (", after=target)
        row = copied.fetchone()
        return int(row[0]) if row else 0

    def _prepare(self, link: duckdb.DuckDBPyConnection, bounds: Bounds) -> None:
        self._run(link, self.plan.spine, bounds, before=_keep(SPINE))
        for table in self.plan.tables:
            self._run(link, table.quick, bounds, before=_keep(table.name))
        for table in self._unfit(link):
            self._run(link, table.plain, bounds, before=_keep(table.name))
        for table in self._unfit(link):
            link.execute(_keep(table.name) + self.plan.repair(table))

    def _unfit(self, link: duckdb.DuckDBPyConnection) -> list[DenseTable]:
        row = link.execute(self.plan.checks()).fetchone() if self.plan.tables else ()
        return [table for table, fits in zip(self.plan.tables, row or (), strict=True) if fits is False]

    def _run(
        self,
        link: duckdb.DuckDBPyConnection,
        statement: Statement,
        bounds: Bounds,
        *,
        before: str = "",
        after: str = "",
    ) -> duckdb.DuckDBPyConnection:
        values = {**self.values, "institution_low": bounds[0], "institution_high": bounds[1]}
        used = {name: values[name] for name in statement.parameters}
        return link.execute(before + statement.text + after, used)


def _keep(name: str) -> str:
    return f"CREATE OR REPLACE TEMP TABLE {name} AS "


@lru_cache(maxsize=32)
def _narrowed(plan: Plan, columns: tuple[str, ...]) -> Plan:
    """Equal questions get the same plan, so that its SQL is made once."""
    return narrowed(plan, columns)


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"
