"""What can be known of an expression before it is evaluated, so that the SQL stays short.

Most numbers are never unknown and never negative; those that may be get the guarded form.
"""

from __future__ import annotations

from collections.abc import Callable

from anlan.measures.expression import (
    Add,
    And,
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

Resolve = Callable[[Fig | Ref], Number]


def may_be_unknown(node: Number, resolve: Resolve) -> bool:
    """Return False only when the number can never be unknown."""
    match node:
        case Const(value=value):
            return value is None
        case Bound() | BitCount():
            return False
        case Fig() | Ref():
            return may_be_unknown(resolve(node), resolve)
        case FloorDiv(left=left, right=right):
            return not _is_positive(right) or may_be_unknown(left, resolve)
        case IfUnknown(otherwise=otherwise):
            return may_be_unknown(otherwise, resolve)
        case Case():
            return _case_may_be_unknown(reachable(node, resolve), resolve)
        case Add(left, right) | Sub(left, right) | Mul(left, right) | Min(left, right) | Max(left, right):
            return may_be_unknown(left, resolve) or may_be_unknown(right, resolve)
    return True


def condition_may_be_unknown(node: Condition, resolve: Resolve) -> bool:
    """Return False only when the condition is always true or false."""
    match node:
        case Compare(left=left, right=right):
            return may_be_unknown(left, resolve) or may_be_unknown(right, resolve)
        case And(parts=parts) | Or(parts=parts):
            return any(condition_may_be_unknown(part, resolve) for part in parts)
        case Not(part=part):
            return condition_may_be_unknown(part, resolve)
        case IsUnknown():
            return False
    return True


def reachable(node: Case, resolve: Resolve) -> Case:
    """Return the case without what can never be reached: a branch for an unknown that is always known is never taken,
    and after a condition and its negation nothing follows."""
    kept: list[tuple[Condition, Number]] = []
    for when, then in node.branches:
        if isinstance(when, IsUnknown) and not _is_ever_unknown(when.part, resolve):
            continue
        if kept and when == Not(kept[-1][0]) and not condition_may_be_unknown(when, resolve):
            return Case(tuple(kept), then)
        kept.append((when, then))
    return node


def is_non_negative(node: Number, resolve: Resolve) -> bool:
    """Return True only when the number, where known, is 0 or more."""
    match node:
        case Const(value=value):
            return value is None or value >= 0
        case Bound() | BitCount():
            return True
        case Slot(name=name):
            return not name.startswith("sum_")
        case Fig() | Ref():
            return is_non_negative(resolve(node), resolve)
        case Max(left, right):
            return is_non_negative(left, resolve) or is_non_negative(right, resolve)
        case Add(left, right) | Mul(left, right) | Min(left, right) | FloorDiv(left, right) | IfUnknown(left, right):
            return is_non_negative(left, resolve) and is_non_negative(right, resolve)
        case Case(branches=branches, otherwise=otherwise):
            return all(is_non_negative(value, resolve) for value in (otherwise, *(then for _, then in branches)))
    return False


def _is_ever_unknown(part: Number | Condition, resolve: Resolve) -> bool:
    if isinstance(part, Condition):
        return condition_may_be_unknown(part, resolve)
    return may_be_unknown(part, resolve)


def _case_may_be_unknown(node: Case, resolve: Resolve) -> bool:
    return any(may_be_unknown(value, resolve) for value in (node.otherwise, *(then for _, then in node.branches)))


def _is_positive(node: Number) -> bool:
    return isinstance(node, Const) and node.value is not None and node.value > 0
