"""The kinds of rule: how each reads itself from the rubric and compiles to an expression over figures.

A new kind is one class here and its word in ``KINDS``. Amounts are integers in hundredths of a point; unknown means no
data. ``most`` is the largest deduction that is printed, None where the source prints no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from anlan.assessment.conditions import Asked, Parameters, Rises, parameters_of, parts_of_condition, read_condition
from anlan.assessment.document import Cursor
from anlan.measures.expression import (
    UNKNOWN,
    And,
    Case,
    Condition,
    Const,
    IfUnknown,
    IsUnknown,
    Number,
    case,
    fig,
    greatest,
    least,
    total,
)

ZERO_BASE = ("reviewer", "full_cap", "none")
_ZERO = Const(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a rule would take. ``amount`` is unknown for want of data; ``refer``: when a person must decide instead."""

    amount: Number
    refer: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """So many points, once, when a condition holds."""

    word: ClassVar[str] = "fixed"
    keys: ClassVar[tuple[str, ...]] = ("points", "when", "zero_base")
    points: int
    when: Asked
    zero_base: str = "reviewer"
    is_base_printed: bool = False

    @classmethod
    def read(cls, at: Cursor) -> Fixed:
        """Read points, when and zero_base."""
        return cls(
            points=at.require("points").points(),
            when=read_condition(at.require("when")),
            zero_base=_zero_base(at),
            is_base_printed=at.is_fixed("zero_base"),
        )

    @property
    def most(self) -> int | None:
        """The points."""
        return self.points

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the points where the condition holds, 0 where it does not."""
        amount = _where(self.when.compile(parameters), Const(self.points))
        rises = [part for part in parts_of_condition(self.when) if isinstance(part, Rises)]
        if not rises:
            return Compiled(amount=amount)
        return _with_zero_base(amount, rises[0].change, self.zero_base, self.points)

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield from self.when.measures()

    def parameters(self) -> Iterator[str]:
        """Yield the parameters needed."""
        yield from parameters_of(self.when)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerCount:
    """So many points for each record counted."""

    word: ClassVar[str] = "per_count"
    keys: ClassVar[tuple[str, ...]] = ("points", "count", "cap")
    points: int
    counts: tuple[str, ...]
    cap: int | None = None

    @classmethod
    def read(cls, at: Cursor) -> PerCount:
        """Read points, count (measures, added up) and cap."""
        return cls(points=at.require("points").points(), counts=at.require("count").texts(), cap=_cap(at))

    @property
    def most(self) -> int | None:
        """The cap, if one is printed."""
        return self.cap

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the points times the count, within the cap."""
        return Compiled(amount=_capped(total(tuple(fig(code) for code in self.counts)) * self.points, self.cap))

    def measures(self) -> Iterator[str]:
        """Yield the measures counted."""
        yield from self.counts

    def parameters(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What is due and what of it is covered."""

    due: str
    covered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerShortfall:
    """So many points for each period or item that is due and missing."""

    word: ClassVar[str] = "per_shortfall"
    keys: ClassVar[tuple[str, ...]] = ("points", "shortfalls", "cap")
    points: int
    shortfalls: tuple[Shortfall, ...]
    cap: int | None = None

    @classmethod
    def read(cls, at: Cursor) -> PerShortfall:
        """Read points, shortfalls (pairs of due and covered) and cap."""
        pairs = tuple(
            Shortfall(due=pair.require("due").text(), covered=pair.only("due", "covered").require("covered").text())
            for pair in at.require("shortfalls").items()
        )
        return cls(points=at.require("points").points(), shortfalls=pairs, cap=_cap(at))

    @property
    def most(self) -> int | None:
        """The cap, if one is printed."""
        return self.cap

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the points times what is missing, each shortfall at least 0, within the cap."""
        missing = tuple(greatest(fig(pair.due) - fig(pair.covered), 0) for pair in self.shortfalls)
        return Compiled(amount=_capped(total(missing) * self.points, self.cap))

    def measures(self) -> Iterator[str]:
        """Yield what is covered and what is due."""
        for pair in self.shortfalls:
            yield pair.covered
            yield pair.due

    def parameters(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPercentagePoint:
    """So many points for each percentage point by which a ratio falls short: whole points only, or in proportion.

    Several ratios are taken one by one and added up; one without data is left out unless all are.
    """

    word: ClassVar[str] = "per_percentage_point"
    keys: ClassVar[tuple[str, ...]] = ("points", "ratios", "percent", "rounding", "cap")
    points: int
    ratios: tuple[str, ...]
    percent: str
    rounding: str
    cap: int | None = None

    @classmethod
    def read(cls, at: Cursor) -> PerPercentagePoint:
        """Read points, ratios, percent (a parameter), rounding and cap."""
        return cls(
            points=at.require("points").points(),
            ratios=at.require("ratios").texts(),
            percent=at.require("percent").parameter(),
            rounding=at.require("rounding").choice(("floor", "pro_rata")),
            cap=_cap(at),
        )

    @property
    def most(self) -> int | None:
        """The cap, if one is printed."""
        return self.cap

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the points times the percentage points missing; a fraction of a hundredth is dropped."""
        amounts = tuple(self._one(code, parameters[self.percent]) for code in self.ratios)
        if len(amounts) == 1:
            return Compiled(amount=_capped(amounts[0], self.cap))
        nothing = And(tuple(IsUnknown(amount) for amount in amounts))
        added = total(tuple(IfUnknown(amount, _ZERO) for amount in amounts))
        return Compiled(amount=Case(((nothing, UNKNOWN),), _capped(added, self.cap)))

    def _one(self, code: str, percent: int) -> Number:
        whole = fig(code, "den")
        short = greatest(whole * percent - fig(code, "num") * 100, 0)
        return short // whole * self.points if self.rounding == "floor" else short * self.points // whole

    def measures(self) -> Iterator[str]:
        """Yield the ratios."""
        yield from self.ratios

    def parameters(self) -> Iterator[str]:
        """Yield the target."""
        yield self.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class PerRise:
    """So many points for each full step of a percentage rise on the year before, up to a cap of its own."""

    word: ClassVar[str] = "per_rise"
    keys: ClassVar[tuple[str, ...]] = ("points", "change", "step_percent", "cap", "zero_base")
    points: int
    change: str
    step_percent: str
    cap: int
    zero_base: str
    is_base_printed: bool = False

    @classmethod
    def read(cls, at: Cursor) -> PerRise:
        """Read points, change, step_percent (a parameter), cap and zero_base."""
        return cls(
            points=at.require("points").points(),
            change=at.require("change").text(),
            step_percent=at.require("step_percent").parameter(),
            cap=at.require("cap").points(),
            zero_base=_zero_base(at),
            is_base_printed=at.is_fixed("zero_base"),
        )

    @property
    def most(self) -> int | None:
        """The cap."""
        return self.cap

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the points times the full steps of rise, within the cap."""
        now, before = fig(self.change, "now"), fig(self.change, "before")
        steps = (now - before) * 100 // (before * parameters[self.step_percent])
        amount = case((now <= before, 0), otherwise=least(steps * self.points, self.cap))
        return _with_zero_base(amount, self.change, self.zero_base, self.cap)

    def measures(self) -> Iterator[str]:
        """Yield the change."""
        yield self.change

    def parameters(self) -> Iterator[str]:
        """Yield the step."""
        yield self.step_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroCategory:
    """The whole category is lost when a condition holds."""

    word: ClassVar[str] = "zero_category"
    keys: ClassVar[tuple[str, ...]] = ("when",)
    when: Asked

    @classmethod
    def read(cls, at: Cursor) -> ZeroCategory:
        """Read when."""
        return cls(when=read_condition(at.require("when")))

    @property
    def most(self) -> int | None:
        """The maximum of the category bounds it; not part of the sum of printed deductions."""
        return 0

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return the category's maximum where the condition holds."""
        return Compiled(amount=_where(self.when.compile(parameters), Const(category_max)))

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield from self.when.measures()

    def parameters(self) -> Iterator[str]:
        """Yield the parameters needed."""
        yield from parameters_of(self.when)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Up to so many points, as a person finds."""

    word: ClassVar[str] = "judged"
    keys: ClassVar[tuple[str, ...]] = ("points",)
    points: int

    @classmethod
    def read(cls, at: Cursor) -> Judged:
        """Read points."""
        return cls(points=at.require("points").points())

    @property
    def most(self) -> int | None:
        """The points."""
        return self.points

    def compile(self, parameters: Parameters, *, category_max: int) -> Compiled:
        """Return nothing computed: a person decides."""
        return Compiled(amount=UNKNOWN)

    def measures(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()

    def parameters(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()


Body = Fixed | PerCount | PerShortfall | PerPercentagePoint | PerRise | ZeroCategory | Judged
_ALL = (Fixed, PerCount, PerShortfall, PerPercentagePoint, PerRise, ZeroCategory, Judged)
KINDS: dict[str, Callable[[Cursor], Body]] = {kind.word: kind.read for kind in _ALL}
KEYS: dict[str, tuple[str, ...]] = {kind.word: kind.keys for kind in _ALL}


def compared_change(body: Body) -> str | None:
    """Return the change of a rule that compares years, whose base may be zero; None where it compares none."""
    if isinstance(body, PerRise):
        return body.change
    if isinstance(body, Fixed):
        return next((part.change for part in parts_of_condition(body.when) if isinstance(part, Rises)), None)
    return None


def _cap(at: Cursor) -> int | None:
    cap = at.get("cap")
    return cap.points() if cap else None


def _zero_base(at: Cursor) -> str:
    given = at.get("zero_base")
    return given.choice(ZERO_BASE) if given else "reviewer"


def _capped(amount: Number, cap: int | None) -> Number:
    return amount if cap is None else least(amount, cap)


def _where(condition: Condition, amount: Number) -> Number:
    return Case(((IsUnknown(condition), UNKNOWN), (condition, amount)), _ZERO)


def _with_zero_base(amount: Number, change: str, reading: str, most: int) -> Compiled:
    """Settle what happens when the year before is 0 and this year is not: no percentage of nothing exists."""
    no_base = fig(change, "before").eq(0) & (fig(change, "now") > 0)
    settled = case((no_base, most if reading == "full_cap" else 0), otherwise=amount)
    return Compiled(amount=settled, refer=no_base if reading == "reviewer" else None)
