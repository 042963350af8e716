"""SQLite, DuckDB, PostgreSQL and the interpreter agree on every expression and every figure, nulls included."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from anlan.kernel.period import Period
from anlan.measures.algebra import Change, Count, Distinct, Figure, PeriodsCovered, Sum, Window
from anlan.measures.dialects import dialect_of
from anlan.measures.engines import SqlConnection, evaluate
from anlan.measures.expression import (
    Add,
    And,
    BitCount,
    Case,
    Compare,
    Condition,
    Const,
    Fig,
    FloorDiv,
    IfUnknown,
    IsUnknown,
    Max,
    Min,
    Mul,
    Not,
    Number,
    Or,
    Slot,
    Sub,
    walk,
)  # fmt: skip
from anlan.measures.expression_sql import ExpressionLowering
from anlan.measures.interpret import value_of
from anlan.measures.plan import Output, Plan, PlannedFigure, make_plan
from anlan.measures.predicate import AS_OF, PERIOD_END, PERIOD_START, Predicate, col
from anlan.measures.program import program_of
from anlan.measures.runs.numbers import Column, Sheet
from anlan.measures.schema import InstitutionTable, Schema
from tests.unit.measures.records import (
    SCHEMA,
    Records,
    activity,
    engines,
    fill,
    measure,
    place,
    run_engine,
    sqlite_engine,
)  # fmt: skip
from tests.unit.measures.test_plan import plan_of_everything

NAMES = ("a", "b", "c")
Row = tuple[int | None, int | None, int | None]
leaves: st.SearchStrategy[Number] = st.one_of(
    st.sampled_from(NAMES).map(Fig), st.integers(-30, 30).map(Const), st.just(Const(None))
)


def _larger(numbers: st.SearchStrategy[Number]) -> st.SearchStrategy[Number]:
    compared: st.SearchStrategy[Condition] = st.builds(
        Compare, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers, numbers
    )
    simple: st.SearchStrategy[Condition] = st.one_of(compared, numbers.map(IsUnknown))
    several = st.lists(simple, min_size=0, max_size=3).map(tuple)
    conditions = st.one_of(
        simple, several.map(And), several.map(Or), simple.map(Not), several.map(And).map(Not), compared.map(IsUnknown)
    )
    branch = st.tuples(conditions, numbers)
    decided = st.builds(
        lambda when, yes, no, rest: Case(((when, yes), (Not(when), no)), rest), conditions, numbers, numbers, numbers
    )
    binary = [st.builds(node, numbers, numbers) for node in (Add, Sub, Mul, FloorDiv, Min, Max, IfUnknown)]
    masks = st.lists(st.integers(0, 4095).map(Const), min_size=1, max_size=2).map(lambda some: BitCount(tuple(some)))
    cases = st.builds(Case, st.lists(branch, min_size=1, max_size=2).map(tuple), numbers)
    return st.one_of(*binary, cases, decided, masks)


numbers = st.recursive(leaves, _larger, max_leaves=10).filter(
    lambda node: sum(isinstance(part, Mul) for part in walk(node)) <= 6  # 30^7 stays within 64 bits
)
values = st.one_of(st.none(), st.integers(-30, 30))
NO_TABLES = Schema(institution=InstitutionTable(columns=()), registers=())
rows = st.lists(st.tuples(values, values, values), min_size=1, max_size=4)


def _statement(node: Number, dialect: str, given_rows: Sequence[Row]) -> str:
    """SELECT the expression over literal rows, numbered to keep their order."""
    lowering = ExpressionLowering(
        dialect=dialect_of(dialect),
        leaf=lambda leaf: exp.column(getattr(leaf, "name")),  # noqa: B009
        resolve=lambda _: Slot("t", "sum_1"),
    )
    number = lowering.number(node).sql(dialect=dialect)
    kind = {"sqlite": "INTEGER"}.get(dialect, "BIGINT")
    cells = [
        ", ".join(
            f"CAST({'NULL' if cell is None else cell} AS {kind}) AS {name}"
            for name, cell in zip(NAMES, row, strict=True)
        )
        for row in given_rows
    ]
    union = " UNION ALL ".join(f"SELECT {index} AS place, {row}" for index, row in enumerate(cells))
    return f"SELECT {number} FROM ({union}) AS t ORDER BY place"


def _interpreted(node: Number, given_rows: Sequence[Row]) -> list[int | None]:
    tables = [dict(zip(NAMES, row, strict=True)) for row in given_rows]
    return [value_of(node, lambda leaf, table=table: table[leaf.name]) for table in tables]  # type: ignore[misc]


SQLITE, DUCKDB = sqlite3.connect(":memory:", check_same_thread=False), duckdb.connect()
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@quick
@given(node=numbers, given_rows=rows)
def test_sqlite_and_duckdb_give_what_the_interpreter_gives(node: Number, given_rows: list[Row]) -> None:
    expected = _interpreted(node, given_rows)
    assert [row[0] for row in SQLITE.execute(_statement(node, "sqlite", given_rows))] == expected
    assert [row[0] for row in DUCKDB.execute(_statement(node, "duckdb", given_rows)).fetchall()] == expected


@quick
@given(node=numbers, given_rows=rows)
def test_columns_of_numbers_give_what_the_interpreter_gives(node: Number, given_rows: list[Row]) -> None:
    expected = _interpreted(node, given_rows)
    columns = {name: _column([row[at] for row in given_rows]) for at, name in enumerate(NAMES)}
    sheet = Sheet({"x": node}, resolve=lambda leaf: Slot("t", leaf.name))
    found = sheet.columns(lambda leaf: columns[getattr(leaf, "name")])["x"]  # noqa: B009
    values = np.broadcast_to(found.values, len(given_rows)).tolist()
    unknown = np.broadcast_to(False if found.unknown is None else found.unknown, len(given_rows)).tolist()
    assert [None if hidden else value for value, hidden in zip(values, unknown, strict=True)] == expected


def _column(cells: Sequence[int | None]) -> Column:
    unknown = np.array([cell is None for cell in cells])
    return Column(np.array([cell or 0 for cell in cells], np.int64), unknown if unknown.any() else None)


@quick
@given(node=numbers, given_rows=rows)
def test_the_compiled_program_gives_what_the_interpreter_gives(node: Number, given_rows: list[Row]) -> None:
    figures = tuple(
        PlannedFigure(name=name, figure=Count(register="none"), parts=(("", Slot("t", f"sum_{name}")),))
        for name in NAMES
    )
    levels = ((Output(name="it", expression=node),),)
    program = program_of(Plan(schema=NO_TABLES, scans=(), figures=figures, levels=levels))
    assert [slot.name for slot in program.slots] == [f"sum_{name}" for name in NAMES]
    found = [program.run((1, *row), {})[-1] for row in given_rows]
    assert found == _interpreted(node, given_rows)


@pytest.mark.database
@quick
@given(node=numbers, given_rows=rows)
def test_postgresql_gives_what_the_interpreter_gives(postgres: Any, node: Number, given_rows: list[Row]) -> None:
    expected = _interpreted(node, given_rows)
    statement = _statement(node, "postgres", given_rows)
    assert [row[0] for row in postgres.execute(statement.replace("%", "%%"), {}).fetchall()] == expected


days = st.dates(datetime.date(2023, 12, 25), datetime.date(2026, 1, 5))
maybe_days = st.one_of(st.none(), days)
activities = st.builds(
    activity,
    st.integers(1, 3),
    days,
    level=st.sampled_from([None, "hospital", "department"]),
    check=st.sampled_from([None, True, False]),
    hours=st.one_of(st.none(), st.integers(-5, 40)),
    staff_no=st.sampled_from([None, "a", "b", "c"]),
    amount=st.one_of(st.none(), st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100)),
    due_on=maybe_days,
    done_on=maybe_days,
    counted=st.booleans(),
)
places = st.builds(
    place,
    st.integers(1, 3),
    days,
    ended=maybe_days,
    kind=st.sampled_from([None, "pharmacy", "it's 100%"]),
    counted=st.booleans(),
)
records = st.fixed_dictionaries({"activity": st.lists(activities, max_size=12), "place": st.lists(places, max_size=8)})
periods = st.sampled_from([Period.year(2025), Period.quarter(2025, 2), Period.month(2025, 3)])
PLAN = plan_of_everything()


@settings(quick, max_examples=40)
@given(given_records=records, period=periods, as_of=days)
def test_live_database_and_lake_give_equal_figures(
    tmp_path: Path, given_records: Records, period: Period, as_of: datetime.date
) -> None:
    live, duckdb_lake, run_lake = engines(tmp_path, given_records)
    first = evaluate(PLAN, period=period, as_of=as_of, engine=live)
    one_by_one = evaluate(PLAN, period=period, as_of=as_of, engine=live, institutions=[1, 2, 3])
    assert first.columns == one_by_one.columns
    for lake in (duckdb_lake, run_lake):
        assert first.columns == evaluate(PLAN, period=period, as_of=as_of, engine=lake).columns


words = st.sampled_from(["hospital", "department", "a", "c", "it's"])
comparisons = st.sampled_from(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])
fractions = st.one_of(st.integers(-5, 100), st.integers(-500, 10_000).map(lambda cents: Decimal(cents) / 100))
date_columns = st.sampled_from(["occurred_on", "due_on", "done_on"])
text_columns, number_columns = st.sampled_from(["level", "staff_no"]), st.sampled_from(["hours", "amount"])


def _compared(columns: st.SearchStrategy[str], others: st.SearchStrategy[Any]) -> st.SearchStrategy[Predicate]:
    return st.builds(lambda name, operator, other: getattr(col(name), operator)(other), columns, comparisons, others)


atoms: st.SearchStrategy[Predicate] = st.one_of(
    _compared(text_columns, st.one_of(words, text_columns.map(col))),
    _compared(number_columns, st.one_of(fractions, number_columns.map(col))),
    _compared(date_columns, st.one_of(days, st.sampled_from([AS_OF, PERIOD_START, PERIOD_END]), date_columns.map(col))),
    st.sampled_from([col("has_check").is_true(), col("has_check").is_false(), col("has_check").is_null()]),
    st.one_of(text_columns, number_columns, date_columns).map(lambda name: col(name).is_null()),
    st.lists(words, min_size=1, max_size=3).map(col("level").isin),
    st.lists(st.integers(-5, 40), min_size=1, max_size=3).map(col("hours").isin),
)
predicates = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        inner.map(lambda one: ~one),
    ),
    max_leaves=6,
)


def _figures_of(where: Predicate) -> tuple[Figure, ...]:
    windows: tuple[Window, ...] = ("period", "ever", "due_months", "any")
    return (
        *(Count(register="activity", where=where, window=window) for window in windows),
        *(Change(measure=Count(register="activity", where=where, by=by), years=2) for by in ("occurred_on", "due_on")),
        Sum(register="activity", column="hours", where=where, by="done_on"),
        Sum(register="activity", column="amount", where=where, window="ever"),
        Distinct(register="activity", column="staff_no", where=where, window="any"),
        PeriodsCovered(register="activity", per="quarter", where=where, by="due_on"),
        PeriodsCovered(register="activity", per="month", each=(where, ~where)),
    )


@settings(quick, max_examples=60)
@given(
    given_records=records,
    wheres=st.lists(predicates, min_size=1, max_size=3),
    period=periods,
    as_of=days,
    rows_per_group=st.integers(1, 5),
)
def test_any_condition_counts_the_same_in_a_lake_of_runs(
    tmp_path: Path,
    given_records: Records,
    wheres: list[Predicate],
    period: Period,
    as_of: datetime.date,
    rows_per_group: int,
) -> None:
    figures = [figure for where in wheres for figure in _figures_of(where)]
    plan = make_plan([measure(f"f{at}", figure) for at, figure in enumerate(figures)], schema=SCHEMA)
    live = evaluate(plan, period=period, as_of=as_of, engine=sqlite_engine(given_records))
    lake = run_engine(tmp_path, given_records, rows_per_group=rows_per_group)
    assert evaluate(plan, period=period, as_of=as_of, engine=lake).columns == live.columns


@pytest.mark.database
@settings(quick, max_examples=40)
@given(given_records=records, period=periods, as_of=days)
def test_postgresql_gives_equal_figures(
    postgres: Any, given_records: Records, period: Period, as_of: datetime.date
) -> None:
    fill(postgres.execute, given_records, "%s")
    served = SqlConnection(postgres.cursor, dialect="postgres")
    first = evaluate(PLAN, period=period, as_of=as_of, engine=served)
    assert first.columns == evaluate(PLAN, period=period, as_of=as_of, engine=served, institutions=[1, 2, 3]).columns
    assert first.columns == evaluate(PLAN, period=period, as_of=as_of, engine=sqlite_engine(given_records)).columns
