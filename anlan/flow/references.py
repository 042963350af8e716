"""References from one record to another: found by id or receipt, fetched in bulk, named for people. Always in the reader's scope."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models

from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.models import Unit
from anlan.org.roles import Sensitivity, rank


def find_target(field: "models.ForeignKey[Any, Any]", value: Any) -> Any:
    """Return what a value names: the primary key, the receipt of a record, or the code of a unit; null when there is nothing."""
    if isinstance(value, models.Model):
        return value
    rows = field.related_model._default_manager
    if issubclass(field.related_model, Unit) and not str(value).isdecimal():
        return rows.filter(code=value).first()
    try:
        if issubclass(field.related_model, Register) and not str(value).isdecimal():
            return rows.filter(uid=uuid.UUID(str(value))).first()
        return rows.filter(pk=int(value)).first()
    except (ValueError, TypeError, OverflowError):
        return None


def lies_in(target: models.Model, record: Register) -> bool:
    """Tell whether the target belongs to the record's institution; what belongs to none may be named anywhere."""
    if isinstance(target, Unit):
        return bool(target.path.startswith(record.institution.unit.path))
    return bool(getattr(target, "institution_id", record.institution_id) == record.institution_id)


def attach_references(spec: RegisterSpec, rows: Sequence[Register]) -> None:
    """Fetch the records that rows refer to, one query per column, in the reader's scope. What is hidden stays unattached."""
    for field in spec.fields:
        related = field.related_model
        if not (isinstance(field, models.ForeignKey) and isinstance(related, type) and issubclass(related, Register)):
            continue
        wanted = {getattr(row, field.attname) for row in rows} - {None}
        found = {item.pk: item for item in related.objects.filter(pk__in=wanted)} if wanted else {}
        for row in rows:
            if getattr(row, field.attname) in found:
                field.set_cached_value(row, found[getattr(row, field.attname)])


def reference_text(target: Any) -> str:
    """Return how a record is named where another refers to it: its number and its first free text that is not delicate."""
    if not isinstance(target, Register):
        return str(target)
    spec = spec_of(target)
    for name in spec.columns:
        field = spec.field(name)
        is_text = isinstance(field, models.CharField) and not field.choices
        if is_text and rank(spec.field_sensitivity[name]) <= rank(Sensitivity.INTERNAL) and getattr(target, name):
            return f"{target.number} {getattr(target, name)}"
    return target.number
