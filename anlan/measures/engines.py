"""Where a plan runs: one function, ``evaluate``, over any engine.

The live database answers for one institution at once (``SqlConnection``); the Parquet lake answers for a region or the
nation (``anlan.measures.lake.DuckDBLake``). Every engine gives the same figures for the same records.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from anlan.kernel.period import Period
from anlan.measures.bindings import bindings, is_closed
from anlan.measures.figures import FigureTable, table_from_rows
from anlan.measures.plan import Plan
from anlan.measures.sql import Statement, lower

ONE_BY_ONE = 64  # up to so many institutions, as many indexed statements beat one scan of every register


class Engine(Protocol):
    """Anything that can evaluate a plan."""

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures; see ``evaluate``."""
        ...


class Cursor(Protocol):
    """The part of a DB-API cursor that is used."""

    def execute(self, statement: str, parameters: Mapping[str, Any] = ..., /) -> object:
        """Run a statement with named parameters."""
        ...

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return all rows."""
        ...

    def close(self) -> None:
        """Free the cursor."""
        ...


def evaluate(
    plan: Plan,
    *,
    period: Period,
    as_of: datetime.date,
    engine: Engine,
    institutions: Sequence[int] | None = None,
) -> FigureTable:
    """Return every figure and output of the plan for every institution, including those with no records.

    Shape:  one row per institution, ordered by institution_id; one column per figure part and output. ``institutions``
            limits the rows; ids that do not exist give no row.
    Units:  counts in records; sums of decimals in hundredths; ratios and changes as pairs of integers. ``as_of`` is the
            last day that counts, inclusive.
    Nulls:  a ratio with denominator 0 is no data (None); never 0 for want of data.
    Raises: UnknownColumn and others of ``anlan.measures.errors`` when the plan was made; LakeIncomplete.
    """
    chosen = None if institutions is None else tuple(sorted(set(institutions)))
    return engine.figures(plan, period=period, as_of=as_of, institutions=chosen)


class SqlConnection:
    """A live SQLite or PostgreSQL database, reached through plain DB-API cursors.

    ``cursor`` makes a cursor of the driver itself (of Django: ``connection.connection.cursor``, after
    ``connection.ensure_connection()``), because Django's own would rewrite the parameters.
    """

    def __init__(self, cursor: Callable[[], Cursor], *, dialect: str) -> None:
        self._cursor, self._dialect = cursor, dialect

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures; see ``evaluate``."""
        closed = is_closed(period, as_of)
        one_by_one = institutions is not None and len(institutions) <= ONE_BY_ONE
        statement = lower(plan, self._dialect, reach="one" if one_by_one else "all", is_closed=closed)
        values = self._values(statement, period, as_of)
        keys = [{"institution": institution} for institution in institutions or ()] if one_by_one else [{}]
        rows: list[Sequence[Any]] = []
        cursor = self._cursor()
        try:
            if self._dialect == "postgres":
                cursor.execute("SET jit = off")  # compiling the statement costs a thousand times its run
            for key in keys:
                cursor.execute(statement.text, {**values, **key})
                rows.extend(cursor.fetchall())
        finally:
            cursor.close()
        if institutions is not None and not one_by_one:
            wanted = frozenset(institutions)
            rows = [row for row in rows if row[0] in wanted]
        return table_from_rows(plan, rows)

    def _values(self, statement: Statement, period: Period, as_of: datetime.date) -> dict[str, Any]:
        values: dict[str, Any] = dict(bindings(statement.parameters, period=period, as_of=as_of))
        if self._dialect == "sqlite":
            return {
                name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in values.items()
            }
        return values
