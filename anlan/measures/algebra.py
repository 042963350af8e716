"""The closed algebra of figures: what a measure may count, and nothing else.

Each definition is a value over one register (or the institution, or two definitions). The planner turns definitions
into aggregates of one grouped scan per register; see ``plan.py``. Definitions combine with ``+ - * //`` and integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anlan.measures.errors import BadDefinition
from anlan.measures.predicate import ALWAYS, ColumnHandle, Predicate, as_predicate

Per = Literal["month", "quarter"]
Window = Literal["period", "ever", "due_months", "any"]
Operator = Literal["+", "-", "*", "//", "min", "max"]


class Definition:
    """Base of everything that yields one integer per institution."""

    __slots__ = ()

    def __add__(self, other: Definition | int) -> Definition:
        return Arithmetic(op="+", left=self, right=other)

    def __sub__(self, other: Definition | int) -> Definition:
        return Arithmetic(op="-", left=self, right=other)

    def __rsub__(self, other: int) -> Definition:
        return Arithmetic(op="-", left=other, right=self)

    def __mul__(self, other: Definition | int) -> Definition:
        return Arithmetic(op="*", left=self, right=other)

    def __floordiv__(self, other: Definition | int) -> Definition:
        return Arithmetic(op="//", left=self, right=other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Definition):
    """Records of the window that meet ``where``. Nulls: 0 where there is none.

    ``by`` keys the window by another date column; the window "ever" reaches back to the first record,
    "due_months" ends with the last complete month, and "any" looks at no date (what is keyed by a year of its own).
    """

    register: str
    where: Predicate = ALWAYS
    by: str = ""
    window: Window = "period"

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Definition):
    """Sum of an integer column, or of a decimal column in hundredths. Nulls: skipped; 0 where there is none."""

    register: str
    column: str
    where: Predicate = ALWAYS
    by: str = ""
    window: Window = "period"

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct(Definition):
    """Different non-null values of a column among the records of the window that meet ``where``."""

    register: str
    column: str
    where: Predicate = ALWAYS
    by: str = ""
    window: Window = "period"

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodsCovered(Definition):
    """Due months or quarters with at least one record that meets ``where``.

    ``each`` lists conditions that must all be met within the period, by the same record or by several.
    """

    register: str
    per: Per
    where: Predicate = ALWAYS
    each: tuple[Predicate, ...] = ()
    by: str = ""

    def __post_init__(self) -> None:
        _settle_where(self, self.where)
        object.__setattr__(self, "each", tuple(as_predicate(part) for part in self.each))


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodsDue(Definition):
    """Complete months or quarters of the period up to the as-of day; the same for every institution."""

    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce(Definition):
    """Records of a standing register in force on a day: begun by then and not yet ended."""

    register: str
    where: Predicate = ALWAYS
    at: Literal["as_of", "period_start"] = "as_of"

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsInForce(Definition):
    """Sum, over the records of a standing register, of the due months at whose last day the record is in force.

    With ``whole=True`` only months in which it is in force from the first day to the last.
    """

    register: str
    where: Predicate = ALWAYS
    whole: bool = False

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(Definition):
    """Records whose deadline fell in the period and was missed: not done, or done after it.

    ``due`` and ``done`` are date columns. A deadline on the as-of day counts as missed when nothing was done by then.
    """

    register: str
    due: str
    done: str
    where: Predicate = ALWAYS

    def __post_init__(self) -> None:
        _settle_where(self, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Definition):
    """An integer or boolean (0/1) column of the institution. Nulls: unknown stays unknown."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Definition):
    """Integer arithmetic of two definitions; ``//`` rounds down and is unknown where the divisor is 0."""

    op: Operator
    left: Definition | int
    right: Definition | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A pair (numerator, denominator), never divided. Nulls: no data where the denominator is 0 or unknown."""

    numerator: Definition
    denominator: Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A pair (now, before): the figure now and its sum over the same days of the ``years`` years before.

    ``before`` is a sum, so a mean is compared without fractions: now × years against before. The same days: an as-of
    day in June is compared with January to June of the earlier years. A zero base is not no data: the reader decides.
    """

    measure: Definition
    years: int = 1

    def __post_init__(self) -> None:
        if self.years < 1:
            raise BadDefinition(f"Change looks back {self.years} years. Give 1 or more.")


Figure = Definition | Ratio | Change

KINDS: dict[type, str] = {
    Count: "count", Sum: "sum", Distinct: "distinct", PeriodsCovered: "coverage", PeriodsDue: "due",
    InForce: "in_force", MonthsInForce: "months_in_force", Overdue: "overdue", Attribute: "attribute",
    Arithmetic: "arithmetic", Ratio: "ratio", Change: "change",
}  # fmt: skip


def kind_of(figure: Figure) -> str:
    """Return the short name of the kind of figure, such as "count" or "ratio"."""
    return KINDS[type(figure)]


def parts_of(figure: Figure) -> tuple[str, ...]:
    """Return the names of the figure's parts: ("",) for one integer, two names for a pair."""
    if isinstance(figure, Ratio):
        return ("num", "den")
    if isinstance(figure, Change):
        return ("now", "before")
    return ("",)


def _settle_where(definition: Definition, where: Predicate | ColumnHandle) -> None:
    """Accept a bare boolean column as a condition, and refuse what is no condition at all."""
    object.__setattr__(definition, "where", as_predicate(where))
