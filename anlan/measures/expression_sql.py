"""Expressions as SQL, equal on every engine to the interpreter in ``interpret.py``."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from anlan.measures.dialects import Dialect, Sql, bigint, bracket, integer
from anlan.measures.errors import BadExpression
from anlan.measures.expression import (
    Add,
    And,
    Attr,
    BitCount,
    Bound,
    Case,
    Compare,
    Condition,
    Const,
    Fig,
    FloorDiv,
    IfUnknown,
    IsUnknown,
    Max,
    Min,
    Mul,
    Not,
    Number,
    Or,
    Ref,
    Slot,
    Sub,
)  # fmt: skip
from anlan.measures.expression_facts import Resolve, is_non_negative, may_be_unknown, reachable

Leaf = Fig | Ref | Slot | Attr | Bound
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_BINARY: dict[type[Number], type[exp.Binary]] = {Add: exp.Add, Sub: exp.Sub}


class ExpressionLowering:
    """Lowers trees in one dialect; ``leaf`` gives the SQL of a leaf, ``resolve`` the expression behind a name."""

    def __init__(self, *, dialect: Dialect, leaf: Callable[[Leaf], Sql], resolve: Resolve) -> None:
        self._dialect, self._leaf, self._resolve = dialect, leaf, resolve

    def number(self, node: Number) -> Sql:
        """Return the SQL of a number; null stands for unknown.

        Raises: BadExpression for a node that is none of the algebra's.
        """
        match node:
            case Const(value=None):
                return bigint(exp.null())
            case Const(value=int() as value):
                return integer(value)
            case Fig() | Ref() | Slot() | Attr() | Bound():
                return self._leaf(node)
            case Add(left, right) | Sub(left, right):
                operator = _BINARY[type(node)]
                return operator(this=bracket(self.number(left)), expression=bracket(self.number(right)))
            case Case():
                return self._case(node)
            case IfUnknown(part, otherwise):
                return self._if_unknown(part, otherwise)
        return self._other(node)

    def condition(self, node: Condition) -> Sql:
        """Return the SQL of a condition; null stands for unknown."""
        match node:
            case Compare(op, left, right):
                return _COMPARISONS[op](this=bracket(self.number(left)), expression=bracket(self.number(right)))
            case And(parts):
                return self._joined(exp.And, parts, exp.true())
            case Or(parts):
                return self._joined(exp.Or, parts, exp.false())
            case Not(part):
                return exp.Not(this=bracket(self.condition(part)))
            case IsUnknown(part):
                sql = self.condition(part) if isinstance(part, Condition) else self.number(part)
                return exp.Is(this=bracket(sql), expression=exp.null())
        raise BadExpression(f"{node!r} is not a condition of the algebra. See anlan.measures.expression.")

    def _other(self, node: Number) -> Sql:
        match node:
            case Mul(left, right):
                return self._product(left, right)
            case FloorDiv(left, right):
                return self._quotient(left, right)
            case Min(left, right):
                return self._extreme(self._dialect.smaller, left, right)
            case Max(left, right):
                return self._extreme(self._dialect.larger, left, right)
            case BitCount(masks):
                return self._bit_count(masks)
        raise BadExpression(f"{node!r} is not a number of the algebra. See anlan.measures.expression.")

    def _if_unknown(self, part: Number, otherwise: Number) -> Sql:
        if not may_be_unknown(part, self._resolve):
            return self.number(part)
        return exp.Coalesce(this=self.number(part), expressions=[self.number(otherwise)])

    def _case(self, node: Case) -> Sql:
        node = reachable(node, self._resolve)
        branches = [exp.If(this=self.condition(when), true=self.number(then)) for when, then in node.branches]
        if not branches:
            return self.number(node.otherwise)
        return exp.Case(ifs=branches, default=self.number(node.otherwise))

    def _joined(self, operator: type[exp.Connector], parts: tuple[Condition, ...], empty: Sql) -> Sql:
        result: Sql | None = None
        for part in parts:
            sql = bracket(self.condition(part))
            result = sql if result is None else operator(this=result, expression=sql)
        return empty if result is None else result

    def _product(self, left: Number, right: Number) -> Sql:
        first, second = self.number(left), self.number(right)
        if not (_is_wide(left) or _is_wide(right)):
            first = bigint(first)  # 32-bit literals and branches would overflow
        return exp.Mul(this=bracket(first), expression=bracket(second))

    def _quotient(self, left: Number, right: Number) -> Sql:
        above, below = self.number(left), self.number(right)
        if not (isinstance(right, Const) and right.value):
            below = exp.Nullif(this=below, expression=integer(0))
        plain = self._dialect.quotient(above, below)
        if is_non_negative(left, self._resolve) and is_non_negative(right, self._resolve):
            return plain
        # every engine rounds towards zero: step down where signs differ and something was cut off
        inexact = exp.NEQ(this=exp.Mul(this=bracket(plain), expression=bracket(below)), expression=bracket(above))
        signs = exp.NEQ(
            this=exp.Paren(this=exp.LT(this=bracket(above), expression=integer(0))),
            expression=exp.Paren(this=exp.LT(this=bracket(below), expression=integer(0))),
        )
        step = exp.Case(ifs=[exp.If(this=exp.And(this=inexact, expression=signs), true=integer(1))], default=integer(0))
        return exp.Sub(this=bracket(plain.copy()), expression=step)

    def _extreme(self, function: Callable[[Sql, Sql], Sql], left: Number, right: Number) -> Sql:
        first, second = self.number(left), self.number(right)
        plain = function(first, second)
        uncertain = [
            exp.Is(this=bracket(sql.copy()), expression=exp.null())
            for node, sql in ((left, first), (right, second))
            if may_be_unknown(node, self._resolve)
        ]
        if not uncertain:
            return plain
        # LEAST and GREATEST skip nulls on some engines and not on others
        condition = uncertain[0] if len(uncertain) == 1 else exp.Or(this=uncertain[0], expression=uncertain[1])
        return exp.Case(ifs=[exp.If(this=condition, true=bigint(exp.null()))], default=plain)

    def _bit_count(self, masks: tuple[Number, ...]) -> Sql:
        result: Sql | None = None
        for mask in masks:
            known = exp.Coalesce(this=self.number(mask), expressions=[integer(0)])
            result = known if result is None else exp.BitwiseAnd(this=result, expression=known)
        return integer(0) if result is None else self._dialect.bit_count(result)


def _is_wide(node: Number) -> bool:
    """Whether the SQL of the number is 64 bits wide by itself."""
    match node:
        case Fig() | Mul():
            return True
        case Slot(name=name):
            return not name.startswith("mask_")
        case Add(left, right) | Sub(left, right) | Min(left, right) | Max(left, right) | IfUnknown(left, right):
            return _is_wide(left) or _is_wide(right)
        case FloorDiv(left, _):
            return _is_wide(left)
    return False
