"""Values that are stored in another spelling than ours: they read the same, and the database sorts and counts them otherwise.

SQLite keeps anything in a column. The day `2025-6-1` or one in full-width digits reads as 1 June, and a query finds it behind
2026; a flag of 2 reads as no and counts as yes; a text that is no day reads as empty. PostgreSQL knows days that Python cannot
hold (`infinity`). So a comparison of rows with their entries would pass what a score, a post's end or an account rests on. Each
table is looked at as it is stored; there is nothing to find in what Anlan writes.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import connection, models

from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault
from anlan.flow.spec import all_registers

STAGE = "spelling"
_TIME = (
    "(typeof({0}) = 'text' AND datetime(substr({0}, 1, 19)) IS substr({0}, 1, 19) AND (length({0}) = 19 OR "
    "(length({0}) = 26 AND substr({0}, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]')))"
)
_UUID = "(typeof({0}) = 'text' AND length({0}) = 32 AND {0} NOT GLOB '*[^0-9a-f]*')"
# By kind of field, the more special one first: how a value stands in the table that was written through Django.
_SQLITE: tuple[tuple[type[Any], str], ...] = (
    (models.DateTimeField, _TIME),
    (models.DateField, "(typeof({0}) = 'text' AND date({0}) IS {0})"),
    (models.BooleanField, "(typeof({0}) = 'integer' AND {0} IN (0, 1))"),
    (models.UUIDField, _UUID),
)
_POSTGRESQL: tuple[tuple[type[Any], str], ...] = (
    (models.DateTimeField, "(isfinite({0}) AND {0} >= '0001-01-02' AND {0} < '9999-12-31')"),
    (models.DateField, "(isfinite({0}) AND {0} >= '0001-01-01' AND {0} <= '9999-12-31')"),
)
Model = type[models.Model]


def drift_of_spelling(*, after: str | None = None, limit: int = CHUNK) -> Chunk:
    """Look at every table as it is stored behind a place `table/key`, so many rows at once; each chunk stays in one table."""
    table, _slash, last = (after or "/").rpartition("/")
    for model in _tables():
        if model._meta.db_table < table:
            continue
        key = int(last) if model._meta.db_table == table else _BEFORE
        keys = _keys(model, key, limit)
        if not keys:
            continue
        drifts = tuple(_drift(model, key, column) for key, column in misspelt(model, keys[0], keys[-1]))
        return Chunk(drifts=drifts, last=f"{model._meta.db_table}/{keys[-1]}", seen=len(keys))
    return Chunk(drifts=(), last=None, seen=0)


def misspelt(model: Model, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Yield (key, column) of rows of a table, from one key to another, whose column is stored in another spelling. One query."""
    wanted = _conditions(model)
    if not wanted:
        return
    key, table = (connection.ops.quote_name(str(one)) for one in (model._meta.pk.column, model._meta.db_table))
    told = ", ".join(condition for _column, condition in wanted)
    said = " AND ".join(condition for _column, condition in wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {told} FROM {table} WHERE {key} BETWEEN %s AND %s AND NOT ({said}) ORDER BY {key}",  # noqa: S608
            [first, last],
        )
        for pk, *holds in cursor.fetchall():
            yield from ((pk, column) for (column, _), is_right in zip(wanted, holds, strict=True) if not is_right)


def misspelt_among(model: Model, keys: Collection[int]) -> dict[int, list[str]]:
    """Return the columns by key for those of the rows that hold something in another spelling."""
    found: dict[int, list[str]] = {}
    for pk, column in misspelt(model, min(keys), max(keys)) if keys else ():
        if pk in keys:
            found.setdefault(pk, []).append(column)
    return found


_BEFORE = -(2**63)


@lru_cache(maxsize=1)
def _tables() -> Sequence[Model]:
    """Every table whose rows have numbers, but those of the registers, which are looked at where they are compared."""
    registers = {spec.model for spec in all_registers()}
    found = [model for model in apps.get_models() if model not in registers and _is_numbered(model)]
    return sorted((model for model in found if _conditions(model)), key=lambda model: model._meta.db_table)


def _is_numbered(model: Model) -> bool:
    return isinstance(model._meta.pk, models.IntegerField | models.OneToOneField)


def _conditions(model: Model) -> list[tuple[str, str]]:
    """Return (column, what holds of it) for the columns that can be stored in more than one spelling."""
    forms = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
    found = []
    for field in model._meta.concrete_fields:
        kind = field.target_field if isinstance(field, models.ForeignKey) else field
        form = next((form for kinds, form in forms if isinstance(kind, kinds)), "")
        if form:
            column = connection.ops.quote_name(str(field.column))
            found.append((field.attname, f"({column} IS NULL OR {form.format(column)})"))
    return found


def _keys(model: Model, after: int, limit: int) -> list[int]:
    return list(model._base_manager.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def _drift(model: Model, key: int, column: str) -> Drift:
    return Drift(
        fault=Fault.UNREADABLE,
        register=model._meta.label_lower[:40],
        record_uid=None,
        institution_id=None,
        number=f"row {key}",
        column=column,
    )
