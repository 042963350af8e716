"""Integer expressions with three-valued logic: what figures and the rules of a rubric compile to.

A number is an integer or unknown; a condition is true, false or unknown. Arithmetic with an unknown is unknown;
``And``, ``Or`` and ``Not`` follow Kleene; division by zero is unknown; ``Case`` takes the first branch whose condition
is true (an unknown condition is not taken: ask ``IsUnknown`` first where that matters). The interpreter in
``interpret.py`` is the reference; ``dialects.py`` lowers the same tree to SQL. Nodes take their parts by position,
because a tree written with keywords cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from anlan.measures.errors import BadExpression


class Node:
    """Base of all nodes."""

    __slots__ = ()


class Number(Node):
    """An integer or unknown. ``+ - * //`` and ``< <= > >=`` build larger trees; ``.eq`` and ``.ne`` compare."""

    __slots__ = ()

    def __add__(self, other: Number | int) -> Number:
        return Add(self, number(other))

    def __radd__(self, other: int) -> Number:
        return Add(number(other), self)

    def __sub__(self, other: Number | int) -> Number:
        return Sub(self, number(other))

    def __rsub__(self, other: int) -> Number:
        return Sub(number(other), self)

    def __mul__(self, other: Number | int) -> Number:
        return Mul(self, number(other))

    def __rmul__(self, other: int) -> Number:
        return Mul(number(other), self)

    def __floordiv__(self, other: Number | int) -> Number:
        return FloorDiv(self, number(other))

    def __lt__(self, other: Number | int) -> Condition:
        return Compare("<", self, number(other))

    def __le__(self, other: Number | int) -> Condition:
        return Compare("<=", self, number(other))

    def __gt__(self, other: Number | int) -> Condition:
        return Compare(">", self, number(other))

    def __ge__(self, other: Number | int) -> Condition:
        return Compare(">=", self, number(other))

    def eq(self, other: Number | int) -> Condition:
        """Return the condition that both are equal; unknown where either is unknown."""
        return Compare("=", self, number(other))

    def ne(self, other: Number | int) -> Condition:
        """Return the condition that both differ; unknown where either is unknown."""
        return Compare("<>", self, number(other))


class Condition(Node):
    """True, false or unknown. ``&``, ``|`` and ``~`` follow Kleene."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        return And((self, other))

    def __or__(self, other: Condition) -> Condition:
        return Or((self, other))

    def __invert__(self) -> Condition:
        return Not(self)

    def __bool__(self) -> bool:
        raise BadExpression("A condition has no truth before evaluation: join with &, | and ~, not with and, or, not.")


Part = Literal["", "num", "den", "now", "before"]


@dataclass(frozen=True, slots=True)
class Fig(Number):
    """A measure's figure, by code; ``part`` picks one side of a pair: num and den of a ratio, now and before of a
    change."""

    name: str
    part: Part = ""


@dataclass(frozen=True, slots=True)
class Ref(Number):
    """Another output of the same plan, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Slot(Number):
    """A column of a grouped scan; made by the planner only. Null where the institution has no record."""

    scan: str
    name: str


@dataclass(frozen=True, slots=True)
class Attr(Number):
    """An integer or boolean (0/1) column of the institution table; made by the planner only."""

    column: str
    is_bool: bool = False


@dataclass(frozen=True, slots=True)
class Bound(Number):
    """An integer known when the plan is evaluated, such as the months due; made by the planner only."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Const(Number):
    """An integer; None is unknown."""

    value: int | None


UNKNOWN = Const(None)


@dataclass(frozen=True, slots=True)
class Add(Number):
    """Sum of two numbers."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Sub(Number):
    """Difference of two numbers."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Mul(Number):
    """Product of two numbers."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class FloorDiv(Number):
    """Quotient rounded towards minus infinity; unknown where the divisor is 0."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Min(Number):
    """The smaller number; unknown where either is unknown."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Max(Number):
    """The larger number; unknown where either is unknown."""

    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class IfUnknown(Number):
    """``part``, or ``otherwise`` where it is unknown."""

    part: Number
    otherwise: Number


@dataclass(frozen=True, slots=True)
class BitCount(Number):
    """How many bits are set in every mask; a mask is a non-negative integer below 4096, unknown counting as 0."""

    masks: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Case(Number):
    """The value of the first branch whose condition is true, else ``otherwise``."""

    branches: tuple[tuple[Condition, Number], ...]
    otherwise: Number


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """A comparison; unknown where either side is unknown."""

    op: Literal["=", "<>", "<", "<=", ">", ">="]
    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class And(Condition):
    """False where any part is false, else unknown where any is unknown, else true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or(Condition):
    """True where any part is true, else unknown where any is unknown, else false."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """True becomes false and false true; unknown stays unknown."""

    part: Condition


@dataclass(frozen=True, slots=True)
class IsUnknown(Condition):
    """True where the number or condition is unknown; never unknown itself."""

    part: Number | Condition


def number(value: Number | int) -> Number:
    """Return ``value`` as a node.

    Raises: BadExpression for anything but a node or an integer (a bool is refused: conditions are not numbers).
    """
    if isinstance(value, Number):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Const(value)
    raise BadExpression(f"{value!r} is not an integer. Scores are integers in hundredths of a point.")


def fig(name: str, part: Part = "") -> Fig:
    """Return the figure of a measure."""
    return Fig(name, part)


def case(*branches: tuple[Condition, Number | int], otherwise: Number | int) -> Number:
    """Return a ``Case``; integers become constants."""
    return Case(tuple((when, number(then)) for when, then in branches), number(otherwise))


def least(first: Number | int, *others: Number | int) -> Number:
    """Return the smallest; unknown where any is unknown."""
    result = number(first)
    for other in others:
        result = Min(result, number(other))
    return result


def greatest(first: Number | int, *others: Number | int) -> Number:
    """Return the largest; unknown where any is unknown."""
    result = number(first)
    for other in others:
        result = Max(result, number(other))
    return result


def total(parts: tuple[Number, ...]) -> Number:
    """Return the sum of the parts, 0 for none; unknown where any is unknown."""
    result: Number = Const(0)
    for index, part in enumerate(parts):
        result = part if index == 0 else Add(result, part)
    return result


def children(node: Node) -> Iterator[Node]:
    """Yield the direct parts of a node."""
    for entry in fields(node):  # type: ignore[arg-type]
        yield from _nodes(getattr(node, entry.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything under it."""
    yield node
    for child in children(node):
        yield from walk(child)
