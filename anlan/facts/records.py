"""From a predicate of the measures to the records behind a figure, within the acting person's scope."""

from typing import Any

from django.db.models import F, Q, QuerySet

from anlan.flow.spec import find_register
from anlan.measures.predicate import Always, And, ColumnName, Compare, IsIn, IsNull, IsTrue, Not, Or, Predicate

_LOOKUPS = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def records_where(register: str, where: Predicate, *, institution_id: int) -> "QuerySet[Any]":
    """Return the visible records of one institution that meet the predicate, newest first.

    Nulls: a comparison with null is false, as in the measures; its negation is true.
    Raises: LookupError for an unknown register; Unscoped when nobody acts.
    """
    rows = find_register(register).model.objects.filter(institution_id=institution_id)
    return rows.filter(as_q(where)).order_by("-occurred_on", "-id")


def as_q(predicate: Predicate) -> Q:
    """Return the predicate as Django's condition. It may hold no symbol any more."""
    match predicate:
        case Always():
            return Q()
        case Compare():
            return _comparison(predicate)
        case IsIn(column=column, values=values):
            return Q(**{f"{column}__in": values})
        case IsNull(column=column):
            return Q(**{f"{column}__isnull": True})
        case IsTrue(column=column):
            return Q(**{column: True})
    return _joined(predicate)


def _joined(predicate: Predicate) -> Q:
    match predicate:
        case And(parts=parts):
            return Q(*(as_q(part) for part in parts))
        case Or(parts=parts):
            whole = Q(pk__in=[])
            for part in parts:
                whole |= as_q(part)
            return whole
        case Not(part=part):
            return ~as_q(part)
    raise TypeError(f"{type(predicate).__name__} has no form as a condition on records; add one in facts/records.py.")


def _comparison(predicate: Compare) -> Q:
    operand: Any = predicate.operand
    value = F(operand.name) if isinstance(operand, ColumnName) else operand
    if predicate.op == "<>":
        return ~Q(**{predicate.column: value}) & Q(**{f"{predicate.column}__isnull": False})
    return Q(**{f"{predicate.column}__{_LOOKUPS[predicate.op]}": value})
