"""Aggregates that share a number of 64 bits give the values that they have apart, however large or negative."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from anlan.kernel.period import Period
from anlan.measures.algebra import Count, PeriodsCovered, Sum
from anlan.measures.dense import lower_dense
from anlan.measures.engines import evaluate
from anlan.measures.packing import packs_of
from anlan.measures.plan import Plan, make_plan
from anlan.measures.predicate import col
from tests.unit.measures.records import SCHEMA, D, activity, engines, measure

LEVELS = ("a", "b", "c", "d", "e")
ASKED = {"period": Period.year(2025), "as_of": datetime.date(2026, 1, 1)}


def _sums(column: str = "hours") -> Plan:
    sums = [measure(x, Sum(register="activity", column=column, where=col("level") == x)) for x in LEVELS]
    return make_plan([*sums, measure("n", Count(register="activity"))], schema=SCHEMA)


def test_sums_over_one_column_are_packed_four_to_a_number() -> None:
    plan = _sums()
    assert [pack.aliases for pack in packs_of(plan.scans[0])] == [("sum_1", "sum_2", "sum_3", "sum_4"), ("sum_5",)]
    (table,) = lower_dense(plan, plan.columns()).tables
    assert table.quick.text.count("TRY_CAST(SUM(") == 2
    assert table.plain.text.count("CAST(SUM(") == 5


def test_two_sums_stay_as_they_are() -> None:
    sums = [measure(x, Sum(register="activity", column="hours", where=col("level") == x)) for x in "ab"]
    assert packs_of(make_plan(sums, schema=SCHEMA).scans[0]) == ()


@pytest.mark.parametrize("hours", [0, 7, 32767, 32768, 2_000_000_000, -1, -32768])
def test_packed_sums_are_exact_beyond_their_bits(tmp_path: Path, hours: int) -> None:
    rows = [activity(1, D(2025, 3, day), level=level, hours=day) for day, level in enumerate(LEVELS, start=1)]
    rows += [activity(2, D(2025, 3, 1), level="d", hours=hours), activity(2, D(2025, 3, 1), level="d", hours=None)]
    rows += [activity(3, D(2025, 3, 1), level=None, hours=5), activity(3, D(2024, 3, 1), level="a", hours=5)]
    for engine in engines(tmp_path, {"activity": tuple(rows)}):
        table = evaluate(_sums(), engine=engine, **ASKED)
        assert [table.figure(level) for level in LEVELS] == [(1, 0, 0), (2, 0, 0), (3, 0, 0), (4, hours, 0), (5, 0, 0)]
        assert table.figure("n") == (5, 2, 1)


def test_sums_that_outgrow_their_bits_together_are_exact(tmp_path: Path) -> None:
    rows = tuple(activity(1, D(2025, 3, 1), level=level, hours=20_000) for level in "aab")
    for engine in engines(tmp_path, {"activity": rows}):
        table = evaluate(_sums(), engine=engine, **ASKED)
        assert [table.figure(level)[0] for level in "abc"] == [40_000, 20_000, 0]


def test_packed_amounts_are_in_hundredths(tmp_path: Path) -> None:
    rows = tuple(activity(1, D(2025, 3, 1), level=level, amount=Decimal("12.34")) for level in "aab")
    for engine in engines(tmp_path, {"activity": rows}):
        table = evaluate(_sums("amount"), engine=engine, **ASKED)
        assert [table.figure(level)[0] for level in "abc"] == [2468, 1234, 0]


def test_packed_months_are_those_of_each_line(tmp_path: Path) -> None:
    each = tuple(col("level") == level for level in LEVELS)
    checked = col("has_check").is_true()
    covered = [measure("all", PeriodsCovered(register="activity", per="month", each=each, where=checked))]
    covered += [
        measure(x, PeriodsCovered(register="activity", per="month", where=(col("level") == x) & checked))
        for x in LEVELS
    ]
    plan = make_plan(covered, schema=SCHEMA)
    assert packs_of(plan.scans[0])
    rows = [activity(1, D(2025, month, 9), level=level) for level in LEVELS for month in (1, 12)]
    rows += [activity(1, D(2025, 5, 9), level="e"), activity(1, D(2025, 6, 9), level="a", check=False)]
    rows += [activity(2, D(2025, 12, 31), level="b")]
    for engine in engines(tmp_path, {"activity": tuple(rows)}):
        table = evaluate(plan, engine=engine, **ASKED)
        assert [table.figure(name) for name in ("all", "a", "b", "e")] == [(2, 0, 0), (2, 0, 0), (2, 1, 0), (3, 0, 0)]
