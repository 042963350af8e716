"""The lake over runs: what the footer decides, where an institution spans row groups and files, and when DuckDB takes over."""

from __future__ import annotations

import datetime
import logging
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anlan.kernel.period import Period
from anlan.measures.algebra import Change, Count, Distinct, Figure, MonthsInForce, PeriodsCovered, Sum
from anlan.measures.engines import evaluate
from anlan.measures.errors import BadDefinition, LakeIncomplete, LakeUnsuited, UnknownFigure
from anlan.measures.opening import open_lake
from anlan.measures.plan import Plan, make_plan
from anlan.measures.predicate import PERIOD_END, Predicate, col
from anlan.measures.runs.engine import RunLake
from tests.unit.measures.records import SCHEMA, D, activity, lake_engine, measure, place, run_engine
from tests.unit.measures.test_plan import plan_of_everything

YEAR, NEXT_YEAR = Period.year(2025), datetime.date(2026, 1, 1)


def _plan(**figures: Figure) -> Plan:
    return make_plan([measure(code, figure) for code, figure in figures.items()], schema=SCHEMA)


def _figure(engine: Any, figure: Figure, **asked: Any) -> tuple[object, ...]:
    return evaluate(_plan(a=figure), period=YEAR, as_of=NEXT_YEAR, engine=engine, **asked).figure("a")


def _by_year(folder: Path, years: Sequence[int]) -> None:
    """Turn the lake's file of activities into one folder for each year."""
    table = pq.read_table(folder / "activity.parquet")
    (folder / "activity.parquet").unlink()
    for year in years:
        (folder / "activity" / f"year={year}").mkdir(parents=True)
        days = [day.year == year for day in table.column("occurred_on").to_pylist()]
        pq.write_table(table.filter(pa.array(days)), folder / "activity" / f"year={year}" / "part-0.parquet")


def test_distinct_values_of_an_institution_in_many_row_groups_count_once(tmp_path: Path) -> None:
    staff = [activity(1, D(2025, 1, day), staff_no=name) for day, name in enumerate("abacabadab", start=1)]
    staff += [activity(2, D(2025, 1, 1), staff_no=name) for name in ("a", None, "a", "b")]
    for rows in (1, 2, 3, 100):
        engine = run_engine(tmp_path, {"activity": tuple(staff)}, rows_per_group=rows)
        assert _figure(engine, Distinct(register="activity", column="staff_no")) == (4, 2, 0)


@pytest.mark.parametrize(
    ("column", "expected"), [("hours", (3, 0, 1)), ("has_check", (2, 0, 1)), ("due_on", (2, 0, 0))]
)
def test_distinct_numbers_flags_and_days(tmp_path: Path, column: str, expected: tuple[int, ...]) -> None:
    rows = [
        activity(1, D(2025, 1, 1), check=hours > 0, hours=hours, due_on=D(2025, 1, 1 + hours % 2))
        for hours in (5, -7, 5, 0)
    ]
    rows += [activity(3, D(2025, 1, 1), hours=5), activity(1, D(2024, 1, 1), hours=99, due_on=D(2020, 1, 1))]
    assert (
        _figure(run_engine(tmp_path, {"activity": tuple(rows)}), Distinct(register="activity", column=column))
        == expected
    )


def test_an_institution_in_the_files_of_two_years_adds_up(tmp_path: Path) -> None:
    rows = [activity(at, D(year, 3, 1), staff_no=name) for at in (1, 2) for year in (2024, 2025) for name in "ab"]
    engine = run_engine(tmp_path, {"activity": (*rows, activity(2, D(2025, 5, 1), staff_no="c"))})
    _by_year(tmp_path, (2024, 2025))
    assert _figure(engine, Count(register="activity", window="ever")) == (4, 5, 0)
    assert _figure(engine, Change(measure=Count(register="activity"))) == ((2, 2), (3, 2), (0, 0))
    assert _figure(engine, Change(measure=Distinct(register="activity", column="staff_no"))) == ((2, 2), (3, 2), (0, 0))


def test_values_counted_across_two_files_are_left_to_duckdb(tmp_path: Path) -> None:
    rows = [activity(at, D(year, 3, 1), staff_no="a") for at in (1, 2, 3) for year in (2024, 2025)]
    engine = run_engine(tmp_path, {"activity": tuple(rows)})
    _by_year(tmp_path, (2024, 2025))
    ever = Distinct(register="activity", column="staff_no", window="ever")
    with pytest.raises(LakeUnsuited, match="across files that are not in one order"):
        _figure(engine, ever)
    assert _figure(open_lake(tmp_path), ever) == (1, 1, 1)


def test_a_row_group_that_cannot_count_is_not_read(tmp_path: Path) -> None:
    engine = run_engine(tmp_path, {"activity": (activity(1, D(2025, 1, 1)),)})
    (tmp_path / "old").mkdir()
    run_engine(tmp_path / "old", {"activity": (activity(1, D(2020, 1, 1)),)})
    folder = tmp_path / "activity" / "year=2026"
    folder.mkdir(parents=True)
    data = (tmp_path / "old" / "activity.parquet").read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    (folder / "part-0.parquet").write_bytes(b"x" * (len(data) - footer) + data[-footer:])  # a footer over rubbish
    (tmp_path / "activity" / "year=2025").mkdir()
    (tmp_path / "activity.parquet").rename(tmp_path / "activity" / "year=2025" / "part-0.parquet")
    assert _figure(engine, Count(register="activity")) == (1, 0, 0)


def test_records_of_no_institution_are_left_out(tmp_path: Path) -> None:
    rows = tuple(activity(at, D(2025, 1, 1), staff_no="a") for at in (-5, 0, 1, 2, 2, 3, 4, 900))
    for size in (1, 2, 3):
        engine = run_engine(tmp_path, {"activity": rows}, institutions_per_range=size)
        assert _figure(engine, Count(register="activity")) == (1, 2, 1)
        assert _figure(engine, Distinct(register="activity", column="staff_no")) == (1, 1, 1)


@pytest.mark.parametrize("ids", [(7, 8, 9), (3, 20, 30), (1, 10_000, 2_000_000_000_000)])
def test_ids_need_not_follow_each_other(tmp_path: Path, ids: tuple[int, ...]) -> None:
    orphans = sorted({ids[0] + 1, ids[1] + 5} - set(ids))  # of no institution, between those that there are
    rows = [activity(at, D(2025, 1, 1)) for at in (ids[0], ids[2], ids[2], *orphans)]
    engine = run_engine(tmp_path, {"activity": tuple(rows)}, institutions_per_range=3)
    file = tmp_path / "institution.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(0, "unit_id", pa.array(ids[::-1], pa.int64())), file)
    found = evaluate(_plan(a=Count(register="activity")), period=YEAR, as_of=NEXT_YEAR, engine=engine)
    assert (found.institution_ids, found.figure("a")) == (ids, (1, 0, 2))
    few = evaluate(
        _plan(a=Count(register="activity")), period=YEAR, as_of=NEXT_YEAR, engine=engine, institutions=[ids[2], 5]
    )
    assert (few.institution_ids, few.figure("a")) == ((ids[2],), (2,))


WORDS: tuple[tuple[str, Predicate, int], ...] = (
    ("after a word", col("level") > "department", 3),
    ("a word that nobody wrote", col("level") == "ward", 0),
    ("not a word that nobody wrote", col("level") != "ward", 4),
    ("one of", col("level").isin(("hospital", "ward", "城")), 3),
    ("none of, nulls included", ~col("level").isin(("hospital", "ward")), 3),
    ("two texts", col("level") < col("staff_no"), 1),
    ("two texts that are equal", col("level") == col("staff_no"), 1),
    ("a number and a fraction", col("hours") > Decimal("2.5"), 2),
    ("a number is no fraction", col("hours") != Decimal("2.5"), 4),
    ("a number below a negative fraction", col("hours") < Decimal("-0.5"), 1),
    ("a number and an amount", col("hours") <= col("amount"), 2),
    ("an amount and a number", col("amount") == 3, 1),
    ("an amount and a finer fraction", col("amount") >= Decimal("2.995"), 1),
    ("numbers that no column holds", col("hours") < 2**70, 4),
    ("days of the record and of the period", (col("due_on") <= PERIOD_END) | col("due_on").is_null(), 4),
    ("two days", col("done_on") > col("due_on"), 1),
    ("the first day alone", col("occurred_on") == D(2025, 1, 1), 1),
    ("every day but the last", col("occurred_on") != D(2025, 1, 6), 5),
    ("known false", col("has_check").is_false(), 1),
)


@pytest.mark.parametrize(("where", "expected"), [case[1:] for case in WORDS], ids=[case[0] for case in WORDS])
@pytest.mark.parametrize("rows_per_group", [1, 100])
def test_conditions_hold_row_group_by_row_group(
    tmp_path: Path, where: Predicate, expected: int, rows_per_group: int
) -> None:
    rows = (
        activity(1, D(2025, 1, 1), level="hospital", staff_no="hospital", hours=3, amount=Decimal("3.00")),
        activity(1, D(2025, 1, 2), level="hospital", check=False, hours=2, due_on=D(2025, 2, 1), done_on=D(2025, 2, 2)),
        activity(1, D(2025, 1, 3), level=None, check=None, hours=None, amount=Decimal("2.99"), due_on=D(2026, 5, 5)),
        activity(1, D(2025, 1, 4), level="department", staff_no="城", hours=4, due_on=D(2025, 1, 1)),
        activity(1, D(2025, 1, 5), level="城", staff_no="a", hours=-1, amount=Decimal("-0.50")),
        activity(1, D(2025, 1, 6), counted=False, hours=3, amount=Decimal("3.00")),
    )
    counted = Count(register="activity", where=where)
    assert _figure(lake_engine(tmp_path, {"activity": rows}), counted) == (expected, 0, 0)
    engine = run_engine(tmp_path, {"activity": rows}, rows_per_group=rows_per_group)
    assert _figure(engine, counted) == (expected, 0, 0)


def test_amounts_of_other_scales_are_rounded_to_hundredths(tmp_path: Path) -> None:
    rows = tuple(activity(1, D(2025, 1, 1), amount=Decimal(amount)) for amount in ("1.25", "-1.25", "0.50"))
    engine = run_engine(tmp_path, {"activity": rows})
    file = tmp_path / "activity.parquet"
    table = pq.read_table(file)
    at = table.schema.get_field_index("amount")
    for kind, expected in ((pa.decimal128(18, 4), 50), (pa.decimal128(5, 2), 50)):
        pq.write_table(table.set_column(at, "amount", table.column(at).cast(kind)), file)
        assert _figure(engine, Sum(register="activity", column="amount")) == (expected, 0, 0)
    thirds = pa.array([Decimal("0.1250"), Decimal("-0.1250"), Decimal("0.0049")], pa.decimal128(18, 4))
    pq.write_table(table.set_column(at, "amount", thirds), file)
    assert _figure(engine, Sum(register="activity", column="amount")) == (0, 0, 0)
    tens = pa.array([Decimal("0.1"), Decimal("0.3"), None], pa.decimal128(5, 1))
    pq.write_table(table.set_column(at, "amount", tens), file)
    assert _figure(engine, Sum(register="activity", column="amount")) == (40, 0, 0)


def test_months_of_records_centuries_apart(tmp_path: Path) -> None:
    rows = (
        activity(1, D(2025, 3, 1)),
        activity(1, D(1600, 3, 1)),
        activity(1, D(2400, 3, 1)),
        activity(1, D(2025, 12, 1)),
    )
    engine = run_engine(
        tmp_path, {"activity": rows, "place": (place(2, D(1650, 5, 2)), place(2, D(2500, 1, 1)))}, rows_per_group=9
    )
    assert _figure(engine, PeriodsCovered(register="activity", per="month")) == (2, 0, 0)
    assert _figure(engine, MonthsInForce(register="place", whole=True)) == (0, 12, 0)


def test_a_lake_that_is_not_sorted_is_read_by_duckdb(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = tuple(activity(at, D(2025, 1, 1)) for at in (3, 1, 2, 3, 1, 3))
    lake_engine(tmp_path, {"activity": rows})
    with pytest.raises(LakeUnsuited, match="do not ascend by institution"):
        _figure(RunLake(tmp_path), Count(register="activity"))
    with caplog.at_level(logging.INFO):
        assert _figure(open_lake(tmp_path), Count(register="activity")) == (2, 1, 3)
    assert "DuckDB reads the lake" in caplog.text


def test_row_groups_in_no_order_are_read_by_duckdb(tmp_path: Path) -> None:
    rows = tuple(activity(at, D(2025, 1, 1)) for at in (1, 3) * 6)
    lake_engine(tmp_path, {"activity": rows})
    file = tmp_path / "activity.parquet"
    pq.write_table(pq.read_table(file), file, row_group_size=2)
    with pytest.raises(LakeUnsuited, match="not sorted by institution"):
        _figure(RunLake(tmp_path), Count(register="activity"))
    assert _figure(open_lake(tmp_path), Count(register="activity")) == (6, 0, 6)


def test_columns_of_types_that_runs_do_not_read_are_left_to_duckdb(tmp_path: Path) -> None:
    engine = run_engine(tmp_path, {"activity": (activity(1, D(2025, 1, 1), hours=4),)})
    file = tmp_path / "activity.parquet"
    table = pq.read_table(file)
    at = table.schema.get_field_index("hours")
    pq.write_table(table.set_column(at, "hours", table.column(at).cast(pa.float64())), file)
    with pytest.raises(LakeUnsuited, match="do not read the types of hours"):
        _figure(engine, Sum(register="activity", column="hours"))
    assert _figure(open_lake(tmp_path), Sum(register="activity", column="hours")) == (4, 0, 0)


def test_without_the_extra_duckdb_reads_the_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_engine(tmp_path, {"activity": (activity(1, D(2025, 1, 1)),)})
    monkeypatch.setitem(sys.modules, "anlan.measures.runs.engine", None)
    monkeypatch.delattr("anlan.measures.runs.engine", raising=False)
    lake = open_lake(tmp_path)
    assert _figure(lake, Count(register="activity")) == (1, 0, 0)
    lake.close()


def test_both_engines_write_the_same_files_of_figures(tmp_path: Path) -> None:
    records = {
        "activity": tuple(activity(at, D(2025, at, 1), hours=at) for at in (1, 3, 3)),
        "place": (place(2, D(2020, 1, 1)),),
    }
    plan, names = plan_of_everything(), ("points", "change_now", "checked_num", "level", "hours")
    asked = {"period": YEAR, "as_of": NEXT_YEAR, "columns": names}
    runs = run_engine(tmp_path, records, institutions_per_range=2)
    assert runs.write(plan, target=tmp_path / "runs", **asked) == 3
    assert lake_engine(tmp_path, records).write(plan, target=tmp_path / "duckdb", **asked) == 3
    first, second = (pq.read_table(tmp_path / folder).to_pydict() for folder in ("runs", "duckdb"))
    assert first == second
    assert first["checked_num"] == [1, None, 2]
    assert sorted(file.name for file in (tmp_path / "runs").iterdir()) == ["part-00000.parquet", "part-00001.parquet"]
    with pytest.raises(FileExistsError, match="Choose an empty folder"):
        runs.write(plan, target=tmp_path / "runs", **asked)
    with pytest.raises(UnknownFigure, match='"pints"'):
        runs.write(plan, period=YEAR, as_of=NEXT_YEAR, target=tmp_path / "no", columns=("pints",))


def test_figures_written_before_a_fault_are_taken_away(tmp_path: Path) -> None:
    rows = tuple(activity(at, D(2025, 1, 1)) for at in (1, 2, 2, 3, 2, 3))
    lake_engine(tmp_path, {"activity": rows})
    file = tmp_path / "activity.parquet"
    pq.write_table(pq.read_table(file), file, row_group_size=3)
    plan, target = _plan(a=Count(register="activity")), tmp_path / "figures"
    with pytest.raises(LakeUnsuited):
        RunLake(tmp_path, threads=1, institutions_per_range=1).write(plan, period=YEAR, as_of=NEXT_YEAR, target=target)
    assert list(target.iterdir()) == []
    assert open_lake(tmp_path).write(plan, period=YEAR, as_of=NEXT_YEAR, target=target) == 3


def test_a_lake_without_files_is_incomplete_for_both(tmp_path: Path) -> None:
    with pytest.raises(LakeIncomplete, match='no files of register "activity"'):
        _figure(open_lake(tmp_path), Count(register="activity"))


def test_no_institution_gives_an_empty_table(tmp_path: Path) -> None:
    engine = run_engine(tmp_path, {"activity": (activity(1, D(2025, 1, 1)),)})
    assert _figure(engine, Count(register="activity"), institutions=[]) == ()
    file = tmp_path / "institution.parquet"
    pq.write_table(pq.read_table(file).slice(0, 0), file)
    assert _figure(engine, Count(register="activity")) == ()


def test_a_predicate_of_another_world_is_refused() -> None:
    from anlan.measures.runs.conditions import atom

    with pytest.raises(BadDefinition, match="not a bound predicate"):
        atom(Predicate())


def test_texts_too_many_for_one_dictionary_are_read(tmp_path: Path) -> None:
    """A writer gives a dictionary up when it grows too large; the row group then holds codes and plain texts."""
    rows = tuple(activity(1 + at // 150, D(2025, 1, 1), staff_no=f"{at % 100:05}") for at in range(300))
    engine = run_engine(tmp_path, {"activity": rows})
    file = tmp_path / "activity.parquet"
    pq.write_table(pq.read_table(file), file, dictionary_pagesize_limit=50, data_page_size=50, write_batch_size=10)
    encodings = pq.read_metadata(file).row_group(0).column(5).encodings
    assert {"PLAIN", "RLE_DICTIONARY"} <= set(encodings)
    assert _figure(engine, Distinct(register="activity", column="staff_no")) == (100, 100, 0)
    assert _figure(engine, Count(register="activity", where=col("staff_no") < "00010")) == (20, 10, 0)
    table = pq.read_table(file)
    at = table.schema.get_field_index("staff_no")
    for kind in (pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        words = pa.array([f"{number % 70:05}" for number in range(300)]).cast(kind)
        pq.write_table(table.set_column(at, "staff_no", words), file, row_group_size=70)
        assert _figure(engine, Distinct(register="activity", column="staff_no")) == (70, 70, 0)
