"""Typed conditions on the records of one register.

``col("kind") == "criminal"`` builds a predicate; ``&``, ``|`` and ``~`` join predicates. A comparison with a null is
false and its negation true, on every engine: a condition is met or it is not. Predicates are values: equal conditions
compare equal, so the planner counts them once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Literal

from anlan.measures.errors import BadDefinition
from anlan.measures.schema import ColumnType, RegisterTable

Scalar = int | str | bool | Decimal | datetime.date
CompareOp = Literal["=", "<>", "<", "<=", ">", ">="]


class Symbol(Enum):
    """A day that is known when the plan is evaluated; its value is the name of the bound parameter."""

    AS_OF = "as_of"
    PERIOD_START = "period_start"
    PERIOD_END = "period_end"
    # the two days of a burst before an assessment on the as-of day; how many days back is a dated parameter
    BURST_SINCE = "burst_since"
    BURST_BEFORE = "burst_before"


AS_OF, PERIOD_START, PERIOD_END = Symbol.AS_OF, Symbol.PERIOD_START, Symbol.PERIOD_END
BURST_SINCE, BURST_BEFORE = Symbol.BURST_SINCE, Symbol.BURST_BEFORE


@dataclass(frozen=True, slots=True)
class ColumnName:
    """The right-hand column of a comparison of two columns."""

    name: str


Operand = Scalar | Symbol | ColumnName


class Predicate:
    """Base of all conditions; joined by ``&``, ``|``, ``~``."""

    __slots__ = ()

    def __and__(self, other: Predicate | ColumnHandle) -> Predicate:
        return conjunction((self, as_predicate(other)))

    def __or__(self, other: Predicate | ColumnHandle) -> Predicate:
        return Or(parts=(self, as_predicate(other)))

    def __invert__(self) -> Predicate:
        return Not(part=self)

    def __bool__(self) -> bool:
        raise BadDefinition(
            "A predicate has no truth of its own: join predicates with &, | and ~, not with and, or, not."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Always(Predicate):
    """Met by every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Predicate):
    """A column against a literal, a symbol or another column; false where either is null."""

    column: str
    op: CompareOp
    operand: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class IsIn(Predicate):
    """A column against a list of literals; false where the column is null."""

    column: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Predicate):
    """Met where the column is null."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IsTrue(Predicate):
    """Met where a boolean column is true; not where it is false or null."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Predicate):
    """Met where every part is met."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Predicate):
    """Met where any part is met."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Predicate):
    """Met where the part is not met, nulls included."""

    part: Predicate


ALWAYS = Always()


class ColumnHandle:
    """What ``col("name")`` returns: comparison operators on it build predicates. Never stored in a definition."""

    __slots__ = ("name",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]
        return self._compare("=", other)

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]
        return self._compare("<>", other)

    def __lt__(self, other: object) -> Predicate:
        return self._compare("<", other)

    def __le__(self, other: object) -> Predicate:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Predicate:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Predicate:
        return self._compare(">=", other)

    def isin(self, values: Iterable[Scalar]) -> Predicate:
        """Return the condition that the column is one of ``values``; an empty list is refused."""
        listed = tuple(values)
        if not listed:
            raise BadDefinition(f'col("{self.name}").isin() was given no values. List at least one.')
        return IsIn(column=self.name, values=listed)

    def is_null(self) -> Predicate:
        """Return the condition that the column is null."""
        return IsNull(column=self.name)

    def not_null(self) -> Predicate:
        """Return the condition that the column is set."""
        return Not(part=IsNull(column=self.name))

    def is_true(self) -> Predicate:
        """Return the condition that the boolean column is true."""
        return IsTrue(column=self.name)

    def is_false(self) -> Predicate:
        """Return the condition that the boolean column is false; not met where it is null."""
        return And(parts=(Not(part=IsTrue(column=self.name)), self.not_null()))

    def __and__(self, other: Predicate | ColumnHandle) -> Predicate:
        return self.is_true() & other

    def __or__(self, other: Predicate | ColumnHandle) -> Predicate:
        return self.is_true() | other

    def __invert__(self) -> Predicate:
        return Not(part=self.is_true())

    def _compare(self, op: CompareOp, other: object) -> Predicate:
        if isinstance(other, bool) and op in ("=", "<>"):
            wanted = other if op == "=" else not other
            return self.is_true() if wanted else self.is_false()
        if isinstance(other, ColumnHandle):
            return Compare(column=self.name, op=op, operand=ColumnName(other.name))
        if isinstance(other, int | str | Decimal | datetime.date | Symbol):
            return Compare(column=self.name, op=op, operand=other)
        raise BadDefinition(
            f'col("{self.name}") cannot be compared with {other!r}. Use a number, text, date, another column, '
            "AS_OF, PERIOD_START or PERIOD_END; for nulls use is_null() or not_null()."
        )


def col(name: str) -> ColumnHandle:
    """Return a handle on the column; compare it to build a predicate. A boolean column may be joined as it is."""
    return ColumnHandle(name)


def as_predicate(value: Predicate | ColumnHandle) -> Predicate:
    """Return ``value`` as a predicate: a bare boolean column means "is true".

    Raises: BadDefinition for anything else.
    """
    if isinstance(value, Predicate):
        return value
    if isinstance(value, ColumnHandle):
        return value.is_true()
    raise BadDefinition(f'{value!r} is not a predicate. Build one from col("name").')


def conjunction(parts: Iterable[Predicate]) -> Predicate:
    """Return the predicate met where all parts are, flattened, without repeats and without ``Always``."""
    flat: list[Predicate] = []
    for part in parts:
        for atom in part.parts if isinstance(part, And) else (part,):
            if not isinstance(atom, Always) and atom not in flat:
                flat.append(atom)
    if not flat:
        return ALWAYS
    return flat[0] if len(flat) == 1 else And(parts=tuple(flat))


def columns_of(predicate: Predicate) -> Iterator[str]:
    """Yield every column that the predicate reads, in order of reading, repeats included."""
    match predicate:
        case Compare(column=column, operand=ColumnName(name=other)):
            yield from (column, other)
        case Compare(column=column) | IsIn(column=column) | IsNull(column=column) | IsTrue(column=column):
            yield column
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from columns_of(part)
        case Not(part=part):
            yield from columns_of(part)


def check_types(predicate: Predicate, register: RegisterTable) -> None:
    """Refuse a predicate that compares unlike things.

    Raises: UnknownColumn; BadDefinition, naming register, column and what it is compared with.
    """
    for part in _parts(predicate):
        check_types(part, register)
    match predicate:
        case Compare(column=column, operand=operand):
            _check_operand(register, column, operand)
        case IsIn(column=column, values=values):
            for value in values:
                _check_operand(register, column, value)
        case IsTrue(column=column):
            if register.type_of(column) != "bool":
                raise BadDefinition(f"{register.code}.{column} is not a boolean; compare it with a value.")
        case IsNull(column=column):
            register.type_of(column)


def _parts(predicate: Predicate) -> tuple[Predicate, ...]:
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
    return ()


def _check_operand(register: RegisterTable, column: str, operand: Operand) -> None:
    left, right = register.type_of(column), _operand_type(register, operand)
    if left != right and {left, right} != {"int", "decimal"}:
        raise BadDefinition(
            f"{register.code}.{column} is a {left}; it cannot be compared with the {right} {operand!r}. "
            f"Compare it with a {left}."
        )


def _operand_type(register: RegisterTable, operand: Operand) -> ColumnType:
    match operand:
        case ColumnName(name=name):
            return register.type_of(name)
        case Symbol() | datetime.date():
            return "date"
        case bool():
            return "bool"
        case str():
            return "text"
        case Decimal():
            return "decimal"
        case _:
            return "int"
