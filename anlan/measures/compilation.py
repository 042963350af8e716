"""From one definition of the algebra to an expression over aggregates.

``compile_definition`` asks ``want`` for the column of each aggregate; the planner answers with a slot of the scan that
it is fusing, so that equal aggregates share one column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from anlan.measures import algebra
from anlan.measures.aggregate import Aggregate, Days, shifted
from anlan.measures.errors import BadDefinition
from anlan.measures.expression import (
    UNKNOWN,
    Add,
    Attr,
    BitCount,
    Bound,
    Case,
    Compare,
    Const,
    FloorDiv,
    IfUnknown,
    Max,
    Min,
    Mul,
    Number,
    Sub,
    total,
)  # fmt: skip
from anlan.measures.predicate import ALWAYS, AS_OF, PERIOD_START, Predicate, check_types, col, conjunction
from anlan.measures.schema import RegisterTable, Schema

Want = Callable[[RegisterTable, Aggregate], Number]
_ZERO = Const(0)
_DUE_END = {"month": "month_due_end", "quarter": "quarter_due_end"}
_OPERATORS = {"+": Add, "-": Sub, "*": Mul, "//": FloorDiv, "min": Min, "max": Max}


def compile_figure(figure: algebra.Figure, *, schema: Schema, want: Want) -> tuple[tuple[str, Number], ...]:
    """Return the expressions of the figure's parts, by name of the part.

    Nulls: both parts of a ratio are unknown where the denominator is 0.
    Raises: UnknownRegister, UnknownColumn, BadDefinition.
    """
    if isinstance(figure, algebra.Ratio):
        above = _compile(figure.numerator, schema, want, 0)
        below = _compile(figure.denominator, schema, want, 0)
        has_data = Compare("<>", below, _ZERO)
        return (("num", Case(((has_data, above),), UNKNOWN)), ("den", Case(((has_data, below),), UNKNOWN)))
    if isinstance(figure, algebra.Change):
        before = tuple(_compile(figure.measure, schema, want, years) for years in range(1, figure.years + 1))
        return (("now", _compile(figure.measure, schema, want, 0)), ("before", total(before)))
    return (("", _compile(figure, schema, want, 0)),)


def _compile(definition: algebra.Definition | int, schema: Schema, want: Want, years: int) -> Number:
    match definition:
        case algebra.Arithmetic(op=op, left=left, right=right):
            return _OPERATORS[op](_compile(left, schema, want, years), _compile(right, schema, want, years))
        case algebra.Count() | algebra.Sum() | algebra.Distinct():
            return _windowed(definition, schema, want, years)
        case algebra.PeriodsCovered():
            return _covered(definition, schema, want, years)
        case algebra.InForce() | algebra.MonthsInForce():
            return _standing(definition, schema, want, years)
        case algebra.Overdue():
            return _overdue(definition, schema, want, years)
    return _without_records(definition, schema)


def _without_records(definition: algebra.Definition | int, schema: Schema) -> Number:
    match definition:
        case int():
            return Const(definition)
        case algebra.Attribute(column=column):
            return _attribute(schema, column)
        case algebra.PeriodsDue(per=per):
            return Bound(f"{per}s_due")
    raise BadDefinition(f"{definition!r} is not a definition of the algebra. See anlan.measures.algebra.")


def _attribute(schema: Schema, column: str) -> Number:
    kind = schema.institution.type_of(column)
    if kind not in ("int", "bool"):
        raise BadDefinition(f"Institution column {column} is a {kind}; only int and bool columns are figures.")
    return Attr(column, kind == "bool")


def _windowed(
    definition: algebra.Count | algebra.Sum | algebra.Distinct, schema: Schema, want: Want, years: int
) -> Number:
    register = _register(schema, definition.register, definition.where)
    column = "" if isinstance(definition, algebra.Count) else definition.column
    kind: Literal["count", "sum", "distinct"] = "count"
    if isinstance(definition, algebra.Sum):
        kind = "sum"
        if register.type_of(column) not in ("int", "decimal"):
            raise BadDefinition(f"{register.code}.{column} is a {register.type_of(column)}; a sum needs a number.")
    elif isinstance(definition, algebra.Distinct):
        kind = "distinct"
        register.type_of(column)
    days = _window(register, definition, years)
    wanted = Aggregate(kind=kind, column=column, where=definition.where, days=days, years_back=years)
    return IfUnknown(want(register, wanted), _ZERO)


def _window(
    register: RegisterTable, definition: algebra.Count | algebra.Sum | algebra.Distinct, years: int
) -> Days | None:
    match definition.window:
        case "any":
            return None
        case "ever":
            return _days(register, definition.by, years, lower=None)
        case "due_months":
            return _days(register, definition.by, years, upper="month_due_end")
        case "period":
            return _days(register, definition.by, years)


def _covered(definition: algebra.PeriodsCovered, schema: Schema, want: Want, years: int) -> Number:
    register = _register(schema, definition.register, definition.where, *definition.each)
    days = _days(register, definition.by, years, upper=_DUE_END[definition.per])
    masks = tuple(
        want(
            register,
            Aggregate(
                kind="mask",
                per=definition.per,
                where=conjunction((definition.where, each)),
                days=days,
                years_back=years,
            ),
        )
        for each in definition.each or (ALWAYS,)
    )
    return BitCount(masks)


def _standing(definition: algebra.InForce | algebra.MonthsInForce, schema: Schema, want: Want, years: int) -> Number:
    register = _register(schema, definition.register, definition.where)
    if not register.is_standing:
        raise BadDefinition(
            f'Register "{register.code}" is not a standing register: its records happen on a day and are never in '
            "force. Count them instead."
        )
    if isinstance(definition, algebra.MonthsInForce):
        wanted = Aggregate(kind="months", where=definition.where, years_back=years, is_whole=definition.whole)
        return IfUnknown(want(register, wanted), _ZERO)
    day = AS_OF if definition.at == "as_of" else PERIOD_START
    begun, ended = col(register.date) <= day, col(register.ended)
    where = conjunction((begun, ended.is_null() | (ended > day), definition.where))
    return IfUnknown(want(register, Aggregate(kind="count", where=where, years_back=years)), _ZERO)


def _overdue(definition: algebra.Overdue, schema: Schema, want: Want, years: int) -> Number:
    due, done = col(definition.due), col(definition.done)
    missed = done.is_null() | (done > due)
    register = _register(schema, definition.register, definition.where, missed)
    days = _days(register, definition.due, years)
    wanted = Aggregate(kind="count", where=conjunction((definition.where, missed)), days=days, years_back=years)
    return IfUnknown(want(register, wanted), _ZERO)


def _register(schema: Schema, code: str, *conditions: Predicate) -> RegisterTable:
    register = schema.register(code)
    for condition in conditions:
        check_types(condition, register)
    return register


def _days(
    register: RegisterTable, by: str, years: int, *, lower: str | None = "period_start", upper: str = "as_of"
) -> Days:
    column = by or register.date
    if register.type_of(column) != "date":
        raise BadDefinition(f"{register.code}.{column} is a {register.type_of(column)}; a window needs a date column.")
    return Days(
        column=column,
        lower=None if lower is None else shifted(lower, years),
        upper=shifted(upper, years),
        years_back=years,
    )
