"""Expressions over the columns of a range of institutions, equal to the interpreter in ``interpret.py``.

A plan's figures and outputs become one list of steps: equal parts are reckoned once, and a number is forgotten after the
last step that reads it. Numbers are 64 bits wide; where they are unknown the value below means nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

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
    Node,
    Not,
    Number,
    Or,
    Ref,
    Slot,
    Sub,
    children,
)  # fmt: skip
from anlan.measures.expression_facts import Resolve
from anlan.measures.runs.conditions import OPERATORS

Leaf = Slot | Attr | Bound
_ARITHMETIC: dict[type[Node], Callable[[Any, Any], Any]] = {
    Add: operator.add, Sub: operator.sub, Mul: operator.mul, Min: np.minimum, Max: np.maximum,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers, or the truth of a condition (false where unknown). ``unknown`` is None where nothing is unknown.

    Either is an array over the range, or one value for all of it.
    """

    values: Any
    unknown: Any = None


class Sheet:
    """The steps that lead to some named numbers; ``columns`` takes them for one range."""

    def __init__(self, wanted: Mapping[str, Number], *, resolve: Resolve) -> None:
        """Make the steps; ``resolve`` gives the expression behind a figure or output.

        Raises: BadExpression for a node that is none of the algebra's.
        """
        self._resolve = resolve
        self._steps: list[tuple[Callable[..., Column] | Leaf, tuple[int, ...]]] = []
        self._places: dict[Node, int] = {}
        self._wanted = {name: self._place(number) for name, number in wanted.items()}
        self._spent = self._last_uses()

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the inputs that the numbers need."""
        return tuple(step for step, _ in self._steps if isinstance(step, Slot | Attr | Bound))

    def columns(self, leaf: Callable[[Leaf], Column]) -> dict[str, Column]:
        """Return the named numbers of a range; ``leaf`` gives its inputs."""
        found: dict[int, Column] = {}
        for place, (step, parts) in enumerate(self._steps):
            if isinstance(step, Slot | Attr | Bound):
                found[place] = leaf(step)
            else:
                found[place] = step(*[found[part] for part in parts])
            for spent in self._spent[place]:
                del found[spent]
        return {name: found[place] for name, place in self._wanted.items()}

    def _place(self, node: Node) -> int:
        """Where the steps leave the node; the steps of its parts come first."""
        if isinstance(node, Fig | Ref):
            return self._place(self._resolve(node))
        if node not in self._places:
            parts = tuple(self._place(part) for part in children(node))
            self._steps.append((node if isinstance(node, Slot | Attr | Bound) else step_of(node), parts))
            self._places[node] = len(self._steps) - 1
        return self._places[node]

    def _last_uses(self) -> list[list[int]]:
        """For each step the numbers that no later step reads."""
        last = {part: place for place, (_, parts) in enumerate(self._steps) for part in (place, *parts)}
        spent: list[list[int]] = [[] for _ in self._steps]
        for part in sorted(last.keys() - set(self._wanted.values())):
            spent[last[part]].append(part)
        return spent


def step_of(node: Node) -> Callable[..., Column]:
    """Return the function of a node: from the columns of its ``children`` to its own.

    Raises: BadExpression for a leaf, and for a node that is none of the algebra's.
    """
    match node:
        case Const(value=value):
            constant = Column(np.int64(value or 0), None if value is not None else np.True_)
            return lambda: constant
        case Add() | Sub() | Mul() | Min() | Max():
            function = _ARITHMETIC[type(node)]
            return lambda left, right: Column(function(left.values, right.values), _either(left, right))
        case FloorDiv():
            return _quotient
        case IfUnknown():
            return _if_unknown
        case BitCount():
            return _bit_count
        case Case(branches=branches):
            return lambda *parts: _case(parts[: 2 * len(branches)], parts[-1])
        case Condition():
            return _condition_step(node)
    raise BadExpression(f"{node!r} is not a number of the algebra. See anlan.measures.expression.")


def _condition_step(node: Condition) -> Callable[..., Column]:
    match node:
        case Compare(op=op):
            return lambda left, right: _compared(OPERATORS[op], left, right)
        case And():
            return lambda *parts: _joined(operator.and_, np.True_, parts)
        case Or():
            return lambda *parts: _joined(operator.or_, np.False_, parts)
        case Not():
            return lambda part: Column(~_possible(part), part.unknown)
        case IsUnknown():
            return lambda part: Column(np.False_ if part.unknown is None else part.unknown)
    raise BadExpression(f"{node!r} is not a condition of the algebra. See anlan.measures.expression.")


def _either(left: Column, right: Column) -> Any:
    if left.unknown is None or right.unknown is None:
        return right.unknown if left.unknown is None else left.unknown
    return left.unknown | right.unknown


def _quotient(above: Column, below: Column) -> Column:
    unknown = _either(above, below)
    is_zero = below.values == 0
    if np.any(is_zero):
        unknown = is_zero if unknown is None else unknown | is_zero
        return Column(above.values // (below.values + is_zero), unknown)
    return Column(above.values // below.values, unknown)


def _if_unknown(part: Column, otherwise: Column) -> Column:
    if part.unknown is None:
        return part
    unknown = None if otherwise.unknown is None else part.unknown & otherwise.unknown
    return Column(chosen(part.unknown, otherwise.values, part.values), unknown)


def _bit_count(*masks: Column) -> Column:
    known = [mask.values if mask.unknown is None else chosen(mask.unknown, 0, mask.values) for mask in masks]
    return Column(np.bitwise_count(reduce(operator.and_, known)).astype(np.int64) if known else np.int64(0))


def _case(branches: Sequence[Column], otherwise: Column) -> Column:
    """Branches are a condition and a number in turn; the last is decided first, so that the first has the last word."""
    values, unknown = otherwise.values, otherwise.unknown
    for when, then in reversed(list(zip(branches[::2], branches[1::2], strict=True))):
        if np.ndim(when.values) == 0:
            values, unknown = (then.values, then.unknown) if when.values else (values, unknown)
            continue
        if unknown is not None or then.unknown is not None:
            unknown = (when.values & _known(then.unknown)) | (~when.values & _known(unknown))
        values = chosen(when.values, then.values, values)
    return Column(values, unknown)


def chosen(condition: Any, yes: Any, no: Any) -> Any:
    """Return ``np.where`` of integers, by arithmetic: a branch for each number costs six times as much.

    The difference may pass 64 bits; the sum comes back to what it was.
    """
    if np.ndim(no) == 0 and no == 0:
        return yes * condition
    return no + (yes - no) * condition


def _known(unknown: Any) -> Any:
    return np.False_ if unknown is None else unknown


def _compared(function: Callable[[Any, Any], Any], left: Column, right: Column) -> Column:
    truth, unknown = function(left.values, right.values), _either(left, right)
    return Column(truth if unknown is None else truth & ~unknown, unknown)


def _joined(join: Callable[[Any, Any], Any], empty: Any, parts: Sequence[Column]) -> Column:
    """True where the parts are true whatever the unknown ones are; unknown where that would decide."""
    truth = reduce(join, [part.values for part in parts], empty)
    if all(part.unknown is None for part in parts):
        return Column(truth)
    possible = reduce(join, [_possible(part) for part in parts], empty)
    return Column(truth, possible & ~truth)


def _possible(part: Column) -> Any:
    return part.values if part.unknown is None else part.values | part.unknown
