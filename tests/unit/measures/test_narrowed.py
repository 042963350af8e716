"""A narrowed plan answers the columns that were asked for, with the same values, and reads nothing else."""

import datetime

import pytest

from anlan.kernel.period import Period
from anlan.measures.algebra import Count
from anlan.measures.catalogue import Measure
from anlan.measures.engines import evaluate
from anlan.measures.errors import UnknownFigure
from anlan.measures.expression import Ref, fig
from anlan.measures.plan import Output, Plan, make_plan, narrowed
from anlan.measures.predicate import col
from tests.spec.tables import World, schema


def _measure(code: str, definition: Count) -> Measure:
    return Measure(code=code, name=code, unit="records", clause="", subsystem="M05", definition=definition)


@pytest.fixture
def plan() -> Plan:
    measures = [
        _measure("fires", Count(register="hazard", where=col("area") == "fire")),
        _measure("boilers", Count(register="hazard", where=col("area") == "boiler")),
        _measure("visits", Count(register="officer_visit")),
    ]
    outputs = [
        Output(name="lost", expression=fig("fires") * 50),
        Output(name="left", expression=1000 - Ref("lost")),
        Output(name="seen", expression=fig("visits") * 1),
    ]
    return make_plan(measures, schema=schema(), outputs=outputs)


def test_narrowed_plan_keeps_only_what_the_columns_need(plan: Plan) -> None:
    small = narrowed(plan, ["left"])
    assert small.columns() == ("fires", "lost", "left")
    assert [(scan.register.code, len(scan.aggregates)) for scan in small.scans] == [("hazard", 1)]


def test_narrowed_plan_gives_the_values_of_the_whole_plan(plan: Plan) -> None:
    world = World()
    world.institution()
    world.add("hazard", "2025-02-03", area="fire", times=3)
    world.add("hazard", "2025-02-03", area="boiler")
    asked = {"period": Period.year(2025), "as_of": datetime.date(2025, 12, 31), "engine": world.engine}
    assert evaluate(plan, **asked).row(1)["left"] == 850
    assert evaluate(narrowed(plan, ["left"]), **asked).row(1) == {"fires": 3, "lost": 150, "left": 850}


def test_narrowing_to_an_unknown_column_names_the_nearest(plan: Plan) -> None:
    with pytest.raises(UnknownFigure, match="left"):
        narrowed(plan, ["lefft"])
