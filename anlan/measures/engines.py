"""Where a plan runs: one function, ``evaluate``, over any engine.

The live database answers for one institution at once (``SqlConnection``); the Parquet lake answers for a region or the
nation (``anlan.measures.opening.open_lake``). Every engine gives the same figures for the same records.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from anlan.kernel.period import Period
from anlan.measures.bindings import bindings, is_closed
from anlan.measures.figures import FigureTable, table_from_rows
from anlan.measures.plan import Plan
from anlan.measures.program import program_of
from anlan.measures.sql import Statement, lower, lower_one

_POSITION = re.compile(r"%\((\w+)\)s")
# For this transaction: compiling thirty joins takes a thousand times their run, planning them for each institution many times.
_SETTINGS = "SELECT set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true), "
_IS_THERE = "EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE name = %(name)s)"
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

    @property
    def connection(self) -> Any:
        """The driver's connection."""
        ...

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


def _binding_here(cursor: Cursor) -> Cursor:
    """Return a cursor of the same connection that puts values into the text itself: EXECUTE takes no bound parameters."""
    from psycopg import ClientCursor

    if isinstance(cursor, ClientCursor):
        return cursor
    connection = cursor.connection
    cursor.close()
    return ClientCursor(connection)


class SqlConnection:
    """A live SQLite or PostgreSQL database, reached through plain DB-API cursors; on PostgreSQL within a transaction.

    ``cursor`` makes a cursor of the driver itself (of Django: ``connection.connection.cursor``, after
    ``connection.ensure_connection()``), because Django's own would rewrite the parameters.
    """

    def __init__(self, cursor: Callable[[], Cursor], *, dialect: str) -> None:
        self._cursor, self._dialect = cursor, dialect

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures; see ``evaluate``."""
        values = _Values(self._dialect, period, as_of)
        cursor = _binding_here(self._cursor()) if self._dialect == "postgres" else self._cursor()
        try:
            if institutions is not None and len(institutions) <= ONE_BY_ONE:
                rows = self._one_by_one(cursor, plan, values, institutions)
            else:
                rows = self._all(cursor, plan, values, institutions)
        finally:
            cursor.close()
        return table_from_rows(plan, rows)

    def _all(
        self, cursor: Cursor, plan: Plan, values: _Values, institutions: tuple[int, ...] | None
    ) -> list[Sequence[int | None]]:
        statement = lower(plan, self._dialect, is_closed=values.is_closed)
        if self._dialect == "postgres":
            cursor.execute("SET LOCAL jit = off")  # compiling thirty joins takes a thousand times their run
        cursor.execute(statement.text, values.of(statement.parameters))
        rows = list(cursor.fetchall())
        if institutions is None:
            return rows
        wanted = frozenset(institutions)
        return [row for row in rows if row[0] in wanted]

    def _one_by_one(
        self, cursor: Cursor, plan: Plan, values: _Values, institutions: tuple[int, ...]
    ) -> list[Sequence[int | None]]:
        program = program_of(plan)
        statement = lower_one(plan, self._dialect, is_closed=values.is_closed)
        text = self._prepared(cursor, statement) if self._dialect == "postgres" else statement.text
        given, bounds = values.of(statement.parameters), values.integers(program.bounds)
        found: list[Sequence[int | None]] = []
        for institution in institutions:
            cursor.execute(text, {**given, "institution": institution})
            found.extend((row[0], *program.run(row, bounds)) for row in cursor.fetchall())
        return found

    def _prepared(self, cursor: Cursor, statement: Statement) -> str:
        """Prepare the statement on PostgreSQL unless the server's session holds it, and return the text that runs it.

        A pooler lends another session to each transaction, so the session is asked. The name is that of the text: whoever
        prepared it there, it is this statement.
        """
        name, definition = _definition(statement.text, statement.parameters)
        cursor.execute(_SETTINGS + _IS_THERE, {"name": name})
        if not cursor.fetchall()[0][2]:
            cursor.execute(f"PREPARE {name} AS {definition}")
        return f"EXECUTE {name} ({', '.join(f'%({name})s' for name in statement.parameters)})"


@lru_cache(maxsize=64)
def _definition(text: str, parameters: tuple[str, ...]) -> tuple[str, str]:
    """Return a statement's name and its text with numbered parameters, as PREPARE takes it."""
    places = {parameter: f"${place}" for place, parameter in enumerate(parameters, start=1)}
    definition = _POSITION.sub(lambda mark: places[mark[1]], text).replace("%%", "%")
    return f"anlan_figures_{hashlib.sha256(definition.encode()).hexdigest()[:40]}", definition


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of parameters for one evaluation, as the dialect's driver takes them."""

    dialect: str
    period: Period
    as_of: datetime.date

    @property
    def is_closed(self) -> bool:
        return is_closed(self.period, self.as_of)

    def of(self, names: tuple[str, ...]) -> dict[str, Any]:
        values = bindings(names, period=self.period, as_of=self.as_of)
        if self.dialect != "sqlite":
            return dict(values)
        return {
            name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in values.items()
        }

    def integers(self, names: tuple[str, ...]) -> dict[str, int]:
        values = bindings(names, period=self.period, as_of=self.as_of)
        return {name: value for name, value in values.items() if isinstance(value, int)}
