"""The planner: fusion, refusals, and the SQL text of each dialect held against golden files."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from anlan.kernel.period import Period
from anlan.measures.aggregate import Aggregate
from anlan.measures.algebra import (
    Attribute,
    Change,
    Count,
    Distinct,
    Figure,
    InForce,
    MonthsInForce,
    Overdue,
    PeriodsCovered,
    PeriodsDue,
    Ratio,
    Sum,
)  # fmt: skip
from anlan.measures.bindings import bindings
from anlan.measures.catalogue import Catalogue, Measure
from anlan.measures.engines import evaluate
from anlan.measures.errors import (
    BadDefinition,
    BadExpression,
    DuplicateMeasure,
    LakeIncomplete,
    UnknownColumn,
    UnknownDialect,
    UnknownFigure,
    UnknownMeasure,
    UnknownRegister,
)  # fmt: skip
from anlan.measures.expression import Const, Ref, case, fig, least
from anlan.measures.lake import DuckDBLake
from anlan.measures.plan import Output, Plan, make_plan
from anlan.measures.predicate import ALWAYS, AS_OF, Predicate, col
from anlan.measures.schema import RegisterTable, Schema
from anlan.measures.sql import lower, lower_one
from tests.unit.measures.records import SCHEMA, activity, engines, lake_engine, measure, sqlite_engine

D = datetime.date
GOLDEN = Path(__file__).parent / "golden"
HOSPITAL = col("level") == "hospital"


def plan_of_everything() -> Plan:
    """Return a plan that uses every kind of figure and two levels of outputs."""
    figures: dict[str, Figure] = {
        "level": Attribute(column="class_level"),
        "large": Attribute(column="is_large"),
        "records": Count(register="activity"),
        "hours": Sum(register="activity", column="hours", where=HOSPITAL),
        "amount": Sum(register="activity", column="amount"),
        "staff": Distinct(register="activity", column="staff_no"),
        "months_short": PeriodsDue(per="month") - PeriodsCovered(register="activity", per="month"),
        "quarters": PeriodsCovered(register="activity", per="quarter", each=(HOSPITAL, ~col("has_check"))),
        "late": Overdue(register="activity", due="due_on", done="done_on"),
        "checked": Ratio(
            numerator=Count(register="activity", where=col("has_check").is_true()),
            denominator=Count(register="activity"),
        ),
        "change": Change(measure=Count(register="activity")),
        "places": InForce(register="place", where=col("kind") != "it's 100%"),
        "place_months": MonthsInForce(register="place"),
    }
    outputs = (
        Output(name="points", expression=Const(1000) - least(1000, Ref("k1") + Ref("k2"))),
        Output(
            name="k1", expression=case((fig("checked", "num") * 100 < fig("checked", "den") * 95, 200), otherwise=0)
        ),
        Output(name="k2", expression=(fig("change", "now") - fig("change", "before")) * 100 // fig("change", "before")),
    )
    return make_plan([measure(code, figure) for code, figure in figures.items()], schema=SCHEMA, outputs=outputs)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "duckdb", "spark"])
@pytest.mark.parametrize("reach", ["one", "all"])
def test_sql_text_is_the_golden_text(dialect: str, reach: str) -> None:
    """Write the files anew with ANLAN_WRITE_GOLDEN=1 and read the difference."""
    text = (lower_one if reach == "one" else lower)(plan_of_everything(), dialect).text + "\n"
    file = GOLDEN / f"everything.{reach}.{dialect}.sql"
    if os.environ.get("ANLAN_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_each_register_is_scanned_once_and_grouped() -> None:
    tree = parse_one(lower(plan_of_everything(), "duckdb").text, dialect="duckdb")
    tables = sorted(table.name for table in tree.find_all(exp.Table))
    assert tables == ["anlan_cn_activity", "anlan_cn_place", "org_institution"]
    assert len(list(tree.find_all(exp.Group))) == 2


def test_equal_aggregates_are_computed_once() -> None:
    plan = make_plan(
        [
            measure("a", Count(register="activity", where=(col("level") == "x") & col("has_check"))),
            measure("b", Count(register="activity", where=(col("level") == "x") & col("has_check")) * 2),
            measure("c", Ratio(numerator=Count(register="activity"), denominator=Count(register="activity"))),
        ],
        schema=SCHEMA,
    )
    assert [scan.aliases for scan in plan.scans] == [("count_1", "count_2")]


def test_scan_asks_only_for_the_columns_it_needs() -> None:
    plan = make_plan([measure("a", Sum(register="activity", column="hours", where=HOSPITAL))], schema=SCHEMA)
    assert plan.scans[0].columns() == ("institution_id", "is_counted", "hours", "occurred_on", "level")


def test_range_of_days_is_pushed_down_when_every_aggregate_has_one() -> None:
    year = make_plan([measure("a", Change(measure=Count(register="activity")))], schema=SCHEMA)
    ever = make_plan([measure("a", Count(register="activity", window="ever"))], schema=SCHEMA)
    where = [parse_one(lower(plan, "duckdb").text, dialect="duckdb").find(exp.Group) for plan in (year, ever)]
    texts = [
        group.parent.args["where"].sql(dialect="duckdb")
        for group in where
        if group is not None and group.parent is not None
    ]
    assert texts == [
        "WHERE is_counted AND occurred_on >= $period_start_1 AND occurred_on <= $as_of",
        "WHERE is_counted AND occurred_on <= $as_of",
    ]


def test_one_institution_is_named_inside_each_scan() -> None:
    statement = lower_one(plan_of_everything(), "sqlite")
    assert statement.text.count(":institution") == 3
    assert "institution" in statement.parameters


def test_text_is_made_once_per_plan_and_dialect() -> None:
    plan = plan_of_everything()
    assert lower(plan, "sqlite") is lower(plan, "sqlite")


def test_distinct_alone_is_not_additive() -> None:
    kinds = {kind: Aggregate(kind=kind).is_additive for kind in ("count", "sum", "mask", "months", "distinct")}
    assert kinds == {"count": True, "sum": True, "mask": True, "months": True, "distinct": False}


DEFINITIONS: tuple[tuple[Figure, type[Exception], str], ...] = (
    (Count(register="activitiy"), UnknownRegister, 'Did you mean "activity"'),
    (Sum(register="activity", column="hour"), UnknownColumn, 'Register "activity" has no column "hour". Did you mean "hours"'),
    (Count(register="activity", where=col("extra") == "x"), UnknownColumn, '"extra"'),
    (Sum(register="activity", column="level"), BadDefinition, "a sum needs a number"),
    (Count(register="activity", where=col("level") == 3), BadDefinition, "is a text; it cannot be compared with the int"),
    (Count(register="activity", where=col("hours").is_true()), BadDefinition, "is not a boolean"),
    (Count(register="activity", by="hours"), BadDefinition, "needs a date column"),
    (Count(register="activity", where=col("due_on") < col("level")), BadDefinition, "cannot be compared"),
    (InForce(register="activity"), BadDefinition, "not a standing register"),
    (Attribute(column="kind"), BadDefinition, "only int and bool"),
    (Attribute(column="class_lvl"), UnknownColumn, 'Did you mean "class_level"'),
)  # fmt: skip


@pytest.mark.parametrize(("definition", "error", "message"), DEFINITIONS)
def test_a_definition_that_cannot_be_meant_is_refused(definition: Figure, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message.replace("(", r"\(")):
        make_plan([measure("a", definition)], schema=SCHEMA)


OUTPUTS: tuple[tuple[tuple[Output, ...], str], ...] = (
    ((Output(name="x", expression=fig("recods")),), 'Did you mean "records"'),
    ((Output(name="x", expression=fig("checked")),), "Its parts: num, den"),
    ((Output(name="x", expression=Ref("y")),), 'No figure or output is called "y"'),
    ((Output(name="x", expression=Ref("y")), Output(name="y", expression=Ref("x") + 1)), "circle: x, y"),
)


@pytest.mark.parametrize(("outputs", "message"), OUTPUTS)
def test_an_output_that_refers_to_nothing_is_refused(outputs: tuple[Output, ...], message: str) -> None:
    known = [
        measure("records", Count(register="activity")),
        measure("checked", Ratio(numerator=Count(register="activity"), denominator=Count(register="activity"))),
    ]
    with pytest.raises(BadExpression, match=message):
        make_plan(known, schema=SCHEMA, outputs=outputs)


def test_names_that_databases_confuse_are_refused() -> None:
    twice = [measure("Records", Count(register="activity")), measure("records", Count(register="place"))]
    with pytest.raises(BadDefinition, match="share one name: Records, records"):
        make_plan(twice, schema=SCHEMA)
    with pytest.raises(BadDefinition, match="cannot name a column"):
        make_plan([measure('a"; --', Count(register="activity"))], schema=SCHEMA)
    with pytest.raises(DuplicateMeasure, match='"records" is declared twice'):
        make_plan([twice[1], twice[1]], schema=SCHEMA)


def test_registers_declared_twice_are_refused() -> None:
    register = RegisterTable(code="a", table="a", columns=())
    with pytest.raises(BadDefinition, match="declared twice in one schema: a"):
        Schema(institution=SCHEMA.institution, registers=(register, register))


def test_unknown_dialect_is_refused() -> None:
    with pytest.raises(UnknownDialect, match='"oracle"'):
        lower(plan_of_everything(), "oracle")


def test_catalogue_gives_measures_by_code_and_refuses_a_second() -> None:
    catalogue = Catalogue()
    first = catalogue.add(measure("night_checks", Count(register="activity")))
    assert catalogue.get("night_checks") is first
    assert catalogue.all() == catalogue.pick(["night_checks"]) == (first,)
    with pytest.raises(DuplicateMeasure, match="night_checks"):
        catalogue.add(first)
    with pytest.raises(UnknownMeasure, match='Did you mean "night_checks"'):
        catalogue.get("nightly_checks")


def test_kind_is_read_off_the_definition_and_may_not_contradict_it() -> None:
    assert measure("a", Change(measure=Count(register="activity"))).kind == "change"
    with pytest.raises(BadDefinition, match='says kind "sum" but its definition is a count'):
        Measure(code="a", name="a", kind="sum", unit="", clause="", subsystem="", definition=Count(register="activity"))


def test_predicates_have_no_truth_and_take_only_known_values() -> None:
    with pytest.raises(BadDefinition, match="join predicates with &"):
        bool(HOSPITAL)
    with pytest.raises(BadDefinition, match="is_null"):
        col("level") == None  # noqa: B015, E711
    with pytest.raises(BadDefinition, match="List at least one"):
        col("level").isin(())
    with pytest.raises(BadDefinition, match="is not a predicate"):
        Count(register="activity", where=True)  # type: ignore[arg-type]
    bare: Predicate = col("has_check")  # type: ignore[assignment]
    assert Count(register="activity", where=bare).where == col("has_check").is_true()
    assert (ALWAYS & HOSPITAL) == HOSPITAL


def test_days_and_months_are_bound_from_period_and_as_of() -> None:
    names = ("as_of", "as_of_1", "period_start_2", "month_due_end", "quarter_due_end", "months_due", "after_due_months")
    values = bindings(names, period=Period.year(2025), as_of=D(2025, 2, 28))
    assert values == {
        "as_of": D(2025, 2, 28),
        "as_of_1": D(2024, 2, 29),
        "period_start_2": D(2023, 1, 1),
        "month_due_end": D(2025, 2, 28),
        "quarter_due_end": D(2024, 12, 31),
        "months_due": 2,
        "after_due_months": 2025 * 12 + 3,
    }


def test_quote_and_percent_in_a_text_change_no_answer(tmp_path: Path) -> None:
    plan = make_plan([measure("a", Count(register="activity", where=col("level") == "it's 100% :x $y"))], schema=SCHEMA)
    records = {"activity": (activity(1, D(2025, 1, 1), level="it's 100% :x $y"), activity(1, D(2025, 1, 2)))}
    for engine in engines(tmp_path, records):
        assert evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=engine).figure("a") == (1, 0, 0)


def test_chosen_institutions_give_rows_of_their_own_only(tmp_path: Path) -> None:
    plan = make_plan([measure("a", Count(register="activity"))], schema=SCHEMA)
    for engine in engines(tmp_path, {"activity": (activity(3, D(2025, 1, 1)),)}):
        table = evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=engine, institutions=[3, 99, 2, 3])
        assert (table.institution_ids, table.figure("a")) == ((2, 3), (0, 1))
        assert table.row(3) == {"a": 1}
        with pytest.raises(KeyError, match="Institution 1 was not evaluated"):
            table.row(1)
        with pytest.raises(UnknownFigure, match='"b"'):
            table.column("b")


def test_no_institution_gives_an_empty_table() -> None:
    plan = make_plan([measure("a", Count(register="activity"))], schema=SCHEMA)
    table = evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=sqlite_engine({}), institutions=[])
    assert (table.institution_ids, tuple(table.column("a"))) == ((), ())


def test_lake_without_a_register_says_which(tmp_path: Path) -> None:
    plan = make_plan([measure("a", Count(register="activity", where=col("due_on") < AS_OF))], schema=SCHEMA)
    with pytest.raises(LakeIncomplete, match='no files of register "activity"'):
        evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=DuckDBLake(tmp_path))


def test_lake_by_year_reads_only_the_years_it_needs(tmp_path: Path) -> None:
    records = {"activity": (activity(1, D(2025, 1, 1)),)}
    lake_engine(tmp_path, records)
    for year in (2020, 2025):
        folder = tmp_path / "activity" / f"year={year}"
        folder.mkdir(parents=True)
        (folder / "part.parquet").write_bytes(
            (tmp_path / "activity.parquet").read_bytes() if year == 2025 else b"broken"
        )
    (tmp_path / "activity.parquet").unlink()
    plan = make_plan([measure("a", Change(measure=Count(register="activity")))], schema=SCHEMA)
    table = evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=DuckDBLake(tmp_path))
    assert table.figure("a") == ((1, 0), (0, 0), (0, 0))


def test_lake_writes_the_figures_of_every_range(tmp_path: Path) -> None:
    plan = make_plan([measure("a", Count(register="activity"))], schema=SCHEMA)
    engine = lake_engine(tmp_path, {"activity": (activity(3, D(2025, 1, 1)),)}, institutions_per_range=1)
    year, target = Period.year(2025), tmp_path / "figures"
    assert engine.write(plan, period=year, as_of=D(2026, 1, 1), target=target) == 3
    assert sorted(file.name for file in target.iterdir()) == [f"part-0000{part}.parquet" for part in range(3)]
    with pytest.raises(FileExistsError, match="Choose an empty folder"):
        engine.write(plan, period=year, as_of=D(2026, 1, 1), target=target)


def test_lake_out_of_order_and_with_records_of_nobody_gives_the_same_figures(tmp_path: Path) -> None:
    levels = [(1, "b"), (3, "a"), (1, "a"), (99, "a"), (3, "a"), (1, "b"), (2, None)]
    records = {"activity": tuple(activity(unit, D(2025, 1, 1), level=level) for unit, level in levels)}
    plan = make_plan([measure("levels", Distinct(register="activity", column="level"))], schema=SCHEMA)
    for engine in (*engines(tmp_path, records), lake_engine(tmp_path, records, institutions_per_range=99)):
        table = evaluate(plan, period=Period.year(2025), as_of=D(2026, 1, 1), engine=engine)
        assert table.figure("levels") == (2, 0, 1)
