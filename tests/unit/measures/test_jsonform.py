"""Every declared measure and the live schema survive the way into JSON and back."""

import datetime
import json
from decimal import Decimal

import pytest

import anlan.measures.catalogue as catalogue
from anlan.facts.schema import live_schema
from anlan.measures.algebra import Count, Ratio
from anlan.measures.errors import BadDefinition
from anlan.measures.jsonform import catalogue_from, from_data, measure_data, to_data
from anlan.measures.predicate import AS_OF, col


def test_every_declared_measure_comes_back_the_same() -> None:
    declared = {measure.code: measure for measure in catalogue.all()}
    assert len(declared) > 40
    written = json.dumps({code: measure_data(measure) for code, measure in declared.items()}, ensure_ascii=False)
    read = catalogue_from(json.loads(written))
    assert {m.code: m.definition for m in read.all()} == {code: m.definition for code, m in declared.items()}


def test_the_live_schema_comes_back_the_same() -> None:
    assert from_data(json.loads(json.dumps(to_data(live_schema())))) == live_schema()


def test_dates_decimals_days_and_columns_say_what_they_are() -> None:
    where = (
        (col("occurred_on") >= datetime.date(2025, 1, 1))
        & (col("amount") < Decimal("1.50"))
        & (col("due_on") <= AS_OF)
        & (col("a") == col("b"))
    )
    figure = Ratio(numerator=Count(register="hazard", where=where), denominator=Count(register="hazard") + 1)
    assert from_data(json.loads(json.dumps(to_data(figure)))) == figure
    assert to_data(AS_OF) == {"is": "Symbol", "name": "as_of"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"is": "Median", "register": "hazard"}, '"Median" is no part of the algebra'),
        ({"is": "Count", "register": "hazard", "colour": 1}, "Count does not have these fields"),
    ],
)
def test_what_the_algebra_does_not_know_is_refused(data: dict[str, object], said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        from_data(data)


def test_what_is_no_definition_is_refused() -> None:
    with pytest.raises(BadDefinition, match="has no JSON form"):
        to_data(1.5)
