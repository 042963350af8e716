"""Definitions as JSON data and back: what a sealed score carries, so that it can be recomputed when the content has moved on.

The algebra is closed, and so is this: a class that is not listed here is refused. A value is written as its class name
under ``is`` and its fields; plain JSON values stand for themselves, dates and decimals say what they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from anlan.measures import algebra, predicate, schema
from anlan.measures.catalogue import Catalogue, Measure
from anlan.measures.errors import BadDefinition

Json = dict[str, Any]
_CLASSES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *algebra.KINDS,
        *(predicate.Always, predicate.Compare, predicate.IsIn, predicate.IsNull, predicate.IsTrue),
        *(predicate.And, predicate.Or, predicate.Not, predicate.ColumnName),
        *(schema.Schema, schema.RegisterTable, schema.InstitutionTable, schema.Column),
    )
}


def to_data(value: Any) -> Any:
    """Return a definition, a predicate or a schema as JSON data.

    Raises: BadDefinition for anything that is none of them.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, predicate.Symbol):
        return {"is": "Symbol", "name": value.value}
    if isinstance(value, datetime.date):
        return {"is": "date", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {"is": "decimal", "value": str(value)}
    if isinstance(value, tuple):
        return [to_data(item) for item in value]
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        named = {field.name: to_data(getattr(value, field.name)) for field in fields(value) if field.init}
        return {"is": type(value).__name__, **named}
    raise BadDefinition(f"{value!r} has no JSON form; see anlan/measures/jsonform.py.")


def from_data(data: Any) -> Any:
    """Return the value that the data stand for.

    Raises: BadDefinition, naming what is not known.
    """
    if isinstance(data, list):
        return tuple(from_data(item) for item in data)
    if not isinstance(data, dict):
        return data
    word = str(data.get("is"))
    if word in _PLAIN:
        return _PLAIN[word](data)
    if word not in _CLASSES:
        raise BadDefinition(f'"{word}" is no part of the algebra of measures that this version knows.')
    try:
        return _CLASSES[word](**{name: from_data(value) for name, value in data.items() if name != "is"})
    except TypeError as error:
        raise BadDefinition(f"{word} does not have these fields: {error}.") from error


_PLAIN: Mapping[str, Callable[[Json], Any]] = {
    "Symbol": lambda data: predicate.Symbol(data["name"]),
    "date": lambda data: datetime.date.fromisoformat(data["value"]),
    "decimal": lambda data: Decimal(data["value"]),
}


def measure_data(measure: Measure) -> Json:
    """Return what a measure counts: unit, clause and definition. Its name is for people and belongs to the content."""
    return {"unit": measure.unit, "clause": measure.clause, "definition": to_data(measure.definition)}


def catalogue_from(data: Mapping[str, Json]) -> Catalogue:
    """Return measures by code from their data; each is named by its code.

    Raises: BadDefinition.
    """
    found = Catalogue()
    for code, one in data.items():
        definition = from_data(one["definition"])
        found.add(
            Measure(code=code, name=code, unit=one["unit"], clause=one["clause"], subsystem="", definition=definition)
        )
    return found
