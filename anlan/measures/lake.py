"""The Parquet lake evaluated by DuckDB: a region or the nation on one machine.

Layout: ``<folder>/<register>/year=YYYY/*.parquet``, or ``<folder>/<register>.parquet``; and ``institution.parquet``.
Columns are those of the live tables. Files are sorted by institution_id.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb

from anlan.kernel.period import Period
from anlan.measures.aggregate import Scan
from anlan.measures.bindings import bindings, is_closed
from anlan.measures.errors import LakeIncomplete
from anlan.measures.figures import FigureTable, table_from_rows
from anlan.measures.plan import Plan
from anlan.measures.sql import lower


class DuckDBLake:
    """One folder of Parquet files."""

    def __init__(self, folder: Path | str, *, threads: int | None = None, memory_limit: str = "4GB") -> None:
        self._folder = Path(folder)
        self._connection = duckdb.connect()
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute(f"SET memory_limit = '{memory_limit}'")
        if threads is not None:
            self._connection.execute(f"SET threads = {int(threads)}")

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures; see ``evaluate``."""
        self._declare_views(plan)
        statement = lower(plan, "duckdb", is_closed=is_closed(period, as_of))
        values = bindings(statement.parameters, period=period, as_of=as_of)
        rows = self._connection.execute(statement.text, values).fetchall()
        if institutions is not None:
            wanted = frozenset(institutions)
            rows = [row for row in rows if row[0] in wanted]
        return table_from_rows(plan, rows)

    def _declare_views(self, plan: Plan) -> None:
        for scan in plan.scans:
            self._view(scan.register.table, self._files(scan))
        self._view(plan.schema.institution.table, [self._folder / "institution.parquet"])

    def _view(self, name: str, files: list[Path]) -> None:
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        self._connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS FROM read_parquet([{listed}])')

    def _files(self, scan: Scan) -> list[Path]:
        code = scan.register.code
        whole = self._folder / f"{code}.parquet"
        files = [whole] if whole.exists() else sorted((self._folder / code).glob("year=*/*.parquet"))
        if not files:
            raise LakeIncomplete(
                f'The lake {self._folder} has no files of register "{code}". Export it, or leave its measures out.'
            )
        return files
