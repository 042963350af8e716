"""The lake's tables: each column has the type of the schema, whatever the database's driver calls it."""

import datetime

import pyarrow as pa

from anlan.facts.lake import _typed
from anlan.measures.schema import Column, RegisterTable

REGISTER = RegisterTable(
    code="place",
    table="place",
    is_standing=True,
    columns=(
        Column(name="kind", type="text"),
        Column(name="area", type="decimal"),
        Column(name="is_crowded", type="bool"),
    ),
)


def test_a_column_without_any_value_keeps_its_type() -> None:
    """SQLite's driver calls a column of nulls one of integers; a place that nobody closed has no end."""
    nothing = pa.array([None, None], pa.int64())
    table = pa.table(
        {
            "institution_id": pa.array([1, 2]),
            "occurred_on": pa.array(["2025-01-01", "2025-12-31"]),
            "ended_on": nothing,
            "is_counted": pa.array([1, 1]),
            "kind": nothing,
            "area": nothing,
            "is_crowded": nothing,
        }
    )
    typed = _typed(table, REGISTER)
    assert {field.name: str(field.type) for field in typed.schema} == {
        "institution_id": "int64",
        "occurred_on": "date32[day]",
        "ended_on": "date32[day]",
        "is_counted": "bool",
        "kind": "string",
        "area": "decimal128(14, 2)",
        "is_crowded": "bool",
    }
    assert typed.column("occurred_on").to_pylist() == [datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)]
    assert typed.column("ended_on").to_pylist() == [None, None]
