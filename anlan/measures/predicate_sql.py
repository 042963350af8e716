"""Conditions on records as SQL: a comparison with null is false, and its negation true, on every engine."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from anlan.measures.aggregate import Days, shifted
from anlan.measures.dialects import Dialect, Sql, any_of, bracket
from anlan.measures.errors import BadDefinition
from anlan.measures.predicate import (
    Always,
    And,
    ColumnName,
    Compare,
    IsIn,
    IsNull,
    IsTrue,
    Not,
    Operand,
    Or,
    Predicate,
    Symbol,
)  # fmt: skip

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


class PredicateLowering:
    """Lowers the conditions of one aggregate; ``years_back`` moves the days it speaks of.

    ``day`` turns the name of a day into SQL, so that a closed period needs one upper bound only.
    """

    def __init__(self, *, dialect: Dialect, day: Callable[[str], Sql], years_back: int = 0) -> None:
        self._dialect, self._day, self._years_back = dialect, day, years_back

    def condition(self, predicate: Predicate) -> Sql:
        """Return SQL that is true where the predicate is met, and false or null elsewhere."""
        match predicate:
            case And(parts=parts):
                return self._joined(exp.And, parts)
            case Or(parts=parts):
                return self._joined(exp.Or, parts)
            case Not(part=part):
                return self._negated(part)
        return self._atom(predicate)

    def _atom(self, predicate: Predicate) -> Sql:
        match predicate:
            case Always():
                return exp.true()
            case Compare(column=column, op=op, operand=operand):
                return _COMPARISONS[op](this=exp.column(column), expression=self._operand(operand))
            case IsIn(column=column, values=values):
                return exp.In(this=exp.column(column), expressions=[self._dialect.literal(value) for value in values])
            case IsNull(column=column):
                return exp.Is(this=exp.column(column), expression=exp.null())
            case IsTrue(column=column):
                return exp.column(column)
        raise BadDefinition(f"{predicate!r} is not a predicate of the algebra. See anlan.measures.predicate.")

    def within(self, days: Days, *, pushed: Days | None = None) -> list[Sql]:
        """Return the bounds of ``days`` that ``pushed`` does not demand already."""
        column = exp.column(days.column)
        bounds: list[Sql] = []
        if days.lower is not None:
            lower = self._day(days.lower)
            if pushed is None or pushed.lower is None or lower != self._day(pushed.lower):
                bounds.append(exp.GTE(this=column, expression=lower))
        upper = self._day(days.upper)
        if pushed is None or upper != self._day(pushed.upper):
            bounds.append(exp.LTE(this=column.copy(), expression=upper))
        return bounds

    def _joined(self, operator: type[exp.Connector], parts: tuple[Predicate, ...]) -> Sql:
        result: Sql | None = None
        for part in parts:
            sql = bracket(self.condition(part))
            result = sql if result is None else operator(this=result, expression=sql)
        return exp.true() if result is None else result

    def _negated(self, part: Predicate) -> Sql:
        if isinstance(part, IsNull):
            return exp.Not(this=exp.Is(this=exp.column(part.column), expression=exp.null()))
        if isinstance(part, Not):
            return self.condition(part.part)
        known = exp.Coalesce(this=self.condition(part), expressions=[exp.false()])
        return exp.Not(this=known)

    def _operand(self, operand: Operand) -> Sql:
        if isinstance(operand, ColumnName):
            return exp.column(operand.name)
        if isinstance(operand, Symbol):
            return self._day(shifted(operand.value, self._years_back))
        return self._dialect.literal(operand)


def within_any(ranges: tuple[Days, ...], lowering: PredicateLowering) -> Sql | None:
    """Return the condition that a record lies in one of the ranges; None for no range."""
    alternatives: list[Sql] = []
    for days in ranges:
        bounds = lowering.within(days)
        alternatives.append(bounds[0] if len(bounds) == 1 else exp.And(this=bounds[0], expression=bounds[1]))
    return any_of(alternatives) if alternatives else None
