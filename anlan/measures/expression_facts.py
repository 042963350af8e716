"""What can be known of an expression before it is evaluated, so that the SQL stays short.

Most numbers are never unknown and never negative; those that may be get the guarded form.
"""

from __future__ import annotations

from collections.abc import Callable

from anlan.measures.expression import (
    Add, Attr, BitCount, Bound, Case, Const, Fig, FloorDiv, IfUnknown, Max, Min, Mul, Number, Ref, Slot, Sub,
)  # fmt: skip

Resolve = Callable[[Fig | Ref], Number]


def may_be_unknown(node: Number, resolve: Resolve) -> bool:
    """Return False only when the number can never be unknown."""
    match node:
        case Const(value=value):
            return value is None
        case Bound() | BitCount():
            return False
        case Slot() | Attr():
            return True
        case Fig() | Ref():
            return may_be_unknown(resolve(node), resolve)
        case FloorDiv(left=left, right=right):
            return not _is_positive(right) or may_be_unknown(left, resolve)
        case IfUnknown(otherwise=otherwise):
            return may_be_unknown(otherwise, resolve)
        case Case(branches=branches, otherwise=otherwise):
            return any(may_be_unknown(value, resolve) for value in (otherwise, *(then for _, then in branches)))
        case Add(left, right) | Sub(left, right) | Mul(left, right) | Min(left, right) | Max(left, right):
            return may_be_unknown(left, resolve) or may_be_unknown(right, resolve)
    return True


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


def _is_positive(node: Number) -> bool:
    return isinstance(node, Const) and node.value is not None and node.value > 0
