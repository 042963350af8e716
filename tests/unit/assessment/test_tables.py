"""The tables typed out for the spec tests are those of the registers themselves."""

import pytest

from anlan.assessment.score import score_plan
from anlan.facts.schema import live_schema
from tests.spec.tables import rubric, schema


@pytest.mark.parametrize("code", [register.code for register in schema().registers])
def test_every_typed_out_column_exists_with_its_type(code):
    typed, live = schema().register(code), live_schema().register(code)
    assert typed.is_standing == live.is_standing
    for column in typed.columns:
        if column.name != "state":
            assert live.type_of(column.name) == column.type, column.name


def test_the_rubric_can_be_planned_over_the_live_tables():
    plan = score_plan(rubric(), year=2025, schema=live_schema())
    assert {"raw", "A5-k2.deducted"} <= set(plan.plan.columns())
