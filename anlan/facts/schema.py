"""The schema that measures read, made from the registers' declarations: no column is named twice."""

from functools import cache
from typing import Any

from django.db import models

from anlan.flow.spec import RegisterSpec, all_registers
from anlan.measures.schema import Column, ColumnType, InstitutionTable, RegisterTable, Schema
from anlan.org.models import Institution
from anlan.vault.fields import encrypted_fields

# Columns of the base that measures may read; numbers, receipts, people and local extras are none of their business.
_BASE = ("id", "due_on", "recorded_at", "department")
_HIDDEN = frozenset(
    {"id", "uid", "institution", "number", "state", "occurred_on", "ended_on", "recorded_at", "recorded_by"}
)
_SKIPPED = _HIDDEN | {"is_counted", "version", "batch", "extra", "due_on", "department"}


def column_type(field: "models.Field[Any, Any]") -> ColumnType:
    """Return the type under which a model field is read by measures; references are integers."""
    if isinstance(field, models.BooleanField):
        return "bool"
    if isinstance(field, models.DateField):
        return "date"
    if isinstance(field, models.DecimalField):
        return "decimal"
    if isinstance(field, models.IntegerField | models.ForeignKey | models.AutoField):
        return "int"
    return "text"


def register_table(spec: RegisterSpec) -> RegisterTable:
    """Return the table of one register: its typed columns, with `due_on` and `recorded_at` of the base.

    Encrypted columns are no columns to a measure, so neither a figure nor the lake ever holds one.
    """
    hidden = _SKIPPED | {field.name for field in encrypted_fields(spec.model)}
    own = [field for field in spec.model._meta.concrete_fields if field.name not in hidden]
    base = [spec.model._meta.get_field(name) for name in _BASE]
    columns = tuple(Column(name=field.attname, type=column_type(field)) for field in (*base, *own))  # type: ignore[arg-type,union-attr]
    return RegisterTable(code=spec.code, table=spec.model._meta.db_table, columns=columns, is_standing=spec.is_standing)


def institution_table() -> InstitutionTable:
    """Return the institutions' profile as measures see it; `unit_id` is the key."""
    names = ("code", "class_level", "is_large_specialist", "kind", "beds", "staff")
    columns = tuple(Column(name=name, type=column_type(Institution._meta.get_field(name))) for name in names)  # type: ignore[arg-type]
    return InstitutionTable(table=Institution._meta.db_table, key="unit_id", columns=columns)


@cache
def live_schema() -> Schema:
    """Return the schema of every register of this installation. Call it after Django loaded the models."""
    return Schema(institution=institution_table(), registers=tuple(register_table(spec) for spec in all_registers()))
