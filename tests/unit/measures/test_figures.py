"""What each kind of figure counts: records and figures as literals, the same on SQLite and on the lake."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from anlan.kernel.period import Period
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
from anlan.measures.engines import evaluate
from anlan.measures.figures import Value
from anlan.measures.plan import make_plan
from anlan.measures.predicate import AS_OF, PERIOD_START, col
from tests.unit.measures.records import SCHEMA, Records, activity, engines, measure, place

D = datetime.date
NEXT_YEAR, END_OF_JUNE, MID_MARCH = D(2026, 2, 1), D(2025, 6, 30), D(2025, 3, 15)
ACTIVITIES: Records = {
    "activity": (
        activity(1, D(2025, 1, 1), hours=2, staff_no="a", amount=Decimal("10.50")),
        activity(1, D(2025, 1, 31), check=False, hours=3, staff_no="a", amount=Decimal("0.05")),
        activity(1, D(2025, 3, 15), level="department", staff_no="b"),
        activity(1, D(2025, 3, 16), level=None, check=None, hours=5, staff_no=None),
        activity(1, D(2025, 12, 31), level="department", check=False, hours=7, staff_no="c"),
        activity(1, D(2025, 5, 1), counted=False, hours=100, staff_no="z"),
        activity(1, D(2024, 3, 15), hours=11),
        activity(1, D(2024, 12, 31), hours=13),
        activity(1, D(2023, 1, 1), hours=17),
        activity(1, D(2026, 1, 1), hours=19),
        activity(2, D(2024, 6, 30)),
    )
}
LEVEL, CHECK = col("level"), col("has_check")
COUNTS: tuple[tuple[str, Figure, D, tuple[Value, ...]], ...] = (
    ("every record of the year", Count(register="activity"), NEXT_YEAR, (5, 0, 0)),
    ("up to and including the as-of day", Count(register="activity"), MID_MARCH, (3, 0, 0)),
    ("equal text; null is not equal", Count(register="activity", where=LEVEL == "hospital"), NEXT_YEAR, (2, 0, 0)),
    ("unequal text; null is not unequal", Count(register="activity", where=LEVEL != "hospital"), NEXT_YEAR, (2, 0, 0)),
    ("not equal text; null is not equal", Count(register="activity", where=~(LEVEL == "hospital")), NEXT_YEAR, (3, 0, 0)),
    ("not unequal text", Count(register="activity", where=~(LEVEL != "hospital")), NEXT_YEAR, (3, 0, 0)),
    ("true", Count(register="activity", where=CHECK.is_true()), NEXT_YEAR, (2, 0, 0)),
    ("false; null is not false", Count(register="activity", where=CHECK.is_false()), NEXT_YEAR, (2, 0, 0)),
    ("not true; null is not true", Count(register="activity", where=~CHECK), NEXT_YEAR, (3, 0, 0)),
    ("one of; null is none of them", Count(register="activity", where=LEVEL.isin(("hospital", "ward"))), NEXT_YEAR, (2, 0, 0)),
    ("not one of", Count(register="activity", where=~LEVEL.isin(("hospital", "ward"))), NEXT_YEAR, (3, 0, 0)),
    ("null", Count(register="activity", where=LEVEL.is_null()), NEXT_YEAR, (1, 0, 0)),
    ("any of two", Count(register="activity", where=(LEVEL == "department") | LEVEL.is_null()), NEXT_YEAR, (3, 0, 0)),
    ("neither of two", Count(register="activity", where=~((LEVEL == "department") | (col("hours") > 2))), NEXT_YEAR, (1, 0, 0)),
    ("number and the wider decimal", Count(register="activity", where=col("amount") >= Decimal("0.05")), NEXT_YEAR, (2, 0, 0)),
    ("against days that move", Count(register="activity", where=(col("occurred_on") < AS_OF) & (col("occurred_on") > PERIOD_START)), NEXT_YEAR, (3, 0, 0)),
    ("since the first record", Count(register="activity", window="ever"), NEXT_YEAR, (8, 1, 0)),
    ("sum skips nulls", Sum(register="activity", column="hours"), NEXT_YEAR, (17, 0, 0)),
    ("sum under a condition", Sum(register="activity", column="hours", where=~CHECK), NEXT_YEAR, (15, 0, 0)),
    ("decimal in hundredths", Sum(register="activity", column="amount"), NEXT_YEAR, (1055, 0, 0)),
    ("distinct skips nulls", Distinct(register="activity", column="staff_no"), NEXT_YEAR, (3, 0, 0)),
    ("months with a record", PeriodsCovered(register="activity", per="month"), NEXT_YEAR, (3, 0, 0)),
    ("only due months are covered", PeriodsCovered(register="activity", per="month"), MID_MARCH, (1, 0, 0)),
    ("quarters with a record", PeriodsCovered(register="activity", per="quarter"), NEXT_YEAR, (2, 0, 0)),
    ("only due quarters", PeriodsCovered(register="activity", per="quarter"), MID_MARCH, (0, 0, 0)),
    ("each condition within the month", PeriodsCovered(register="activity", per="month", each=(LEVEL == "hospital", ~CHECK)), NEXT_YEAR, (1, 0, 0)),
    ("each condition within the quarter", PeriodsCovered(register="activity", per="quarter", each=(LEVEL == "department", CHECK.is_true(), ~CHECK)), NEXT_YEAR, (1, 0, 0)),
    ("due months of a closed year", PeriodsDue(per="month"), NEXT_YEAR, (12, 12, 12)),
    ("due months in June", PeriodsDue(per="month"), END_OF_JUNE, (6, 6, 6)),
    ("due quarters in mid-March", PeriodsDue(per="quarter"), MID_MARCH, (0, 0, 0)),
    ("shortfall", PeriodsDue(per="month") - PeriodsCovered(register="activity", per="month"), NEXT_YEAR, (9, 12, 12)),
    ("arithmetic rounds down", (Count(register="activity") - 6) // 2, NEXT_YEAR, (-1, -3, -3)),
    ("division by zero is no data", Sum(register="activity", column="hours") // Count(register="activity"), NEXT_YEAR, (3, None, None)),
    ("ratio; no data for denominator 0", Ratio(numerator=Count(register="activity", where=CHECK.is_true()), denominator=Count(register="activity")), NEXT_YEAR, ((2, 5), None, None)),
    ("change on the year before", Change(measure=Count(register="activity")), NEXT_YEAR, ((5, 2), (0, 1), (0, 0))),
    ("change up to the same day", Change(measure=Count(register="activity")), MID_MARCH, ((3, 1), (0, 0), (0, 0))),
    ("change on two years", Change(measure=Count(register="activity"), years=2), NEXT_YEAR, ((5, 3), (0, 1), (0, 0))),
    ("attribute; null stays unknown", Attribute(column="class_level"), NEXT_YEAR, (2, None, 0)),
    ("attribute that is true or false", Attribute(column="is_large"), NEXT_YEAR, (0, 1, None)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "as_of", "expected"), [case[1:] for case in COUNTS], ids=[case[0] for case in COUNTS]
)
def test_figure_of_events(definition: Figure, as_of: D, expected: tuple[Value, ...], tmp_path: Path) -> None:
    assert _figures(definition, as_of, ACTIVITIES, tmp_path) == [expected] * 3


DEADLINES: Records = {
    "activity": (
        activity(1, D(2024, 12, 1), due_on=D(2025, 1, 1), done_on=D(2025, 1, 2)),  # due in the year: late
        activity(1, D(2025, 1, 1), due_on=D(2025, 6, 30), done_on=None),  # missed on the as-of day itself
        activity(1, D(2025, 1, 1), due_on=D(2025, 6, 29), done_on=D(2025, 6, 29)),  # on time
        activity(1, D(2025, 1, 1), due_on=D(2025, 7, 1), done_on=None),  # not yet due in June
        activity(1, D(2025, 1, 1), due_on=None, done_on=None),
        activity(1, D(2024, 1, 1), due_on=D(2024, 12, 31), done_on=None),  # missed in the year before
        activity(1, D(2025, 1, 1), due_on=D(2025, 2, 1), done_on=None, counted=False),
    )
}


@pytest.mark.parametrize(
    ("as_of", "expected"), [(END_OF_JUNE, (2, 0, 0)), (D(2025, 6, 29), (1, 0, 0)), (NEXT_YEAR, (3, 0, 0))]
)
def test_overdue_counts_deadlines_of_the_period_that_were_missed(
    as_of: D, expected: tuple[int, ...], tmp_path: Path
) -> None:
    definition = Overdue(register="activity", due="due_on", done="done_on")
    assert _figures(definition, as_of, DEADLINES, tmp_path) == [expected] * 3


PLACES: Records = {
    "place": (
        place(1, D(2020, 1, 1)),  # always
        place(1, D(2025, 3, 31), D(2025, 6, 30)),  # begun on a month's last day, ended on another's
        place(1, D(2025, 7, 1), D(2025, 7, 31), kind="cashier"),  # gone before the month's last day is over
        place(2, D(2025, 12, 31)),
        place(2, D(2026, 1, 1)),
        place(2, D(2020, 1, 1), counted=False),
    )
}
STANDING: tuple[tuple[str, Figure, D, tuple[int, ...]], ...] = (
    ("at the end of the year", InForce(register="place"), NEXT_YEAR, (1, 1, 0)),
    ("on the day before it ends", InForce(register="place"), D(2025, 6, 29), (2, 0, 0)),
    ("not on the day it ends", InForce(register="place"), END_OF_JUNE, (1, 0, 0)),
    ("at the start of the period", InForce(register="place", at="period_start"), NEXT_YEAR, (1, 0, 0)),
    ("of a kind", InForce(register="place", where=col("kind") == "cashier"), D(2025, 7, 1), (1, 0, 0)),
    ("months at whose last day", MonthsInForce(register="place"), NEXT_YEAR, (12 + 3, 1, 0)),
    ("months that are due", MonthsInForce(register="place"), D(2025, 4, 29), (3 + 1, 0, 0)),
    ("no month is due yet", MonthsInForce(register="place"), D(2025, 1, 30), (0, 0, 0)),
    ("whole months only", MonthsInForce(register="place", whole=True), NEXT_YEAR, (12 + 2, 0, 0)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "as_of", "expected"), [case[1:] for case in STANDING], ids=[case[0] for case in STANDING]
)
def test_figure_of_standing_records(definition: Figure, as_of: D, expected: tuple[int, ...], tmp_path: Path) -> None:
    assert _figures(definition, as_of, PLACES, tmp_path) == [expected] * 3


def _figures(definition: Figure, as_of: D, records: Records, folder: Path) -> list[tuple[Value, ...]]:
    plan = make_plan([measure("figure", definition)], schema=SCHEMA)
    found = []
    for engine in engines(folder, records):
        table = evaluate(plan, period=Period.year(2025), as_of=as_of, engine=engine)
        assert table.institution_ids == (1, 2, 3)
        found.append(table.figure("figure"))
    return found
