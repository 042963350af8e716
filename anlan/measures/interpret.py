"""The reference interpreter of expressions: what every SQL engine must agree with, nulls included."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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

Lookup = Callable[[Fig | Ref | Slot | Attr | Bound], int | None]
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
_ARITHMETIC: dict[type, Callable[[int, int], int]] = {
    Add: lambda a, b: a + b, Sub: lambda a, b: a - b, Mul: lambda a, b: a * b, Min: min, Max: max,
}  # fmt: skip


def value_of(node: Number, lookup: Lookup) -> int | None:
    """Return the number's value; None is unknown. ``lookup`` gives the value of a leaf.

    Raises: BadExpression for a node that is none of the algebra's.
    """
    match node:
        case Const(value=value):
            return value
        case Fig() | Ref() | Slot() | Attr() | Bound():
            return lookup(node)
        case Add(left, right) | Sub(left, right) | Mul(left, right) | Min(left, right) | Max(left, right):
            first, second = value_of(left, lookup), value_of(right, lookup)
            return None if first is None or second is None else _ARITHMETIC[type(node)](first, second)
        case FloorDiv(left, right):
            above, below = value_of(left, lookup), value_of(right, lookup)
            return None if above is None or not below else above // below
        case IfUnknown(part, otherwise):
            known = value_of(part, lookup)
            return value_of(otherwise, lookup) if known is None else known
    return _other_value(node, lookup)


def truth_of(node: Condition, lookup: Lookup) -> bool | None:
    """Return the condition's truth; None is unknown."""
    match node:
        case Compare(op, left, right):
            first, second = value_of(left, lookup), value_of(right, lookup)
            return None if first is None or second is None else _COMPARE[op](first, second)
        case And(parts):
            return _kleene((truth_of(part, lookup) for part in parts), decisive=False)
        case Or(parts):
            return _kleene((truth_of(part, lookup) for part in parts), decisive=True)
        case Not(part):
            truth = truth_of(part, lookup)
            return None if truth is None else not truth
        case IsUnknown(part):
            known = truth_of(part, lookup) if isinstance(part, Condition) else value_of(part, lookup)
            return known is None
    raise BadExpression(f"{node!r} is not a condition of the algebra. See anlan.measures.expression.")


def _other_value(node: Number, lookup: Lookup) -> int | None:
    match node:
        case Case(branches=branches, otherwise=otherwise):
            for when, then in branches:
                if truth_of(when, lookup) is True:
                    return value_of(then, lookup)
            return value_of(otherwise, lookup)
        case BitCount(masks=masks):
            common = 4095 if masks else 0
            for mask in masks:
                common &= value_of(mask, lookup) or 0
            return common.bit_count()
    raise BadExpression(f"{node!r} is not a number of the algebra. See anlan.measures.expression.")


def _kleene(truths: Iterable[bool | None], *, decisive: bool) -> bool | None:
    """Decide a conjunction (decisive False) or disjunction (decisive True)."""
    seen_unknown = False
    for truth in truths:
        if truth is decisive:
            return decisive
        seen_unknown = seen_unknown or truth is None
    return None if seen_unknown else not decisive
