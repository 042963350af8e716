"""What a rule asks of the figures: small values that read themselves from the rubric and compile to a condition.

A condition is true, false or unknown. Unknown means that the register holds nothing to judge by: the rule then has no
data, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from anlan.assessment.document import Cursor
from anlan.measures.expression import And, Case, Condition, Const, Fig, Number, Or, fig

Parameters = Mapping[str, int]
_TRUTH: dict[str, int | None] = {"true": 1, "false": 0, "unknown": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf:
    """Nothing of the kind is there: the figure is 0."""

    word: ClassVar[str] = "none"
    measure: str

    @classmethod
    def read(cls, at: Cursor) -> NoneOf:
        """Read ``{none: measure}``."""
        return cls(measure=at.only("none").require("none").text())

    def compile(self, parameters: Parameters) -> Condition:
        """Return: the figure equals 0."""
        return fig(self.measure).eq(0)

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield self.measure


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeOf:
    """At least one of the kind is there. ``among`` names the whole; where it is 0 the condition is ``empty``."""

    word: ClassVar[str] = "some"
    measure: str
    among: str = ""
    empty: str = "unknown"

    @classmethod
    def read(cls, at: Cursor) -> SomeOf:
        """Read ``{some: measure, among: measure, empty: unknown|true|false}``."""
        at.only("some", "among", "empty")
        among, empty = _whole(at)
        return cls(measure=at.require("some").text(), among=among, empty=empty)

    def compile(self, parameters: Parameters) -> Condition:
        """Return: the figure exceeds 0."""
        return _guarded(fig(self.measure) > 0, self.among, self.empty)

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield self.measure
        if self.among:
            yield self.among


@dataclass(frozen=True, slots=True, kw_only=True)
class Fewer:
    """There is less than is due."""

    word: ClassVar[str] = "fewer"
    have: str
    due: str
    among: str = ""
    empty: str = "unknown"

    @classmethod
    def read(cls, at: Cursor) -> Fewer:
        """Read ``{fewer: measure, than: measure, among: measure, empty: ...}``."""
        at.only("fewer", "than", "among", "empty")
        among, empty = _whole(at)
        return cls(have=at.require("fewer").text(), due=at.require("than").text(), among=among, empty=empty)

    def compile(self, parameters: Parameters) -> Condition:
        """Return: the figure is smaller than what is due."""
        return _guarded(fig(self.have) < fig(self.due), self.among, self.empty)

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield self.have
        yield self.due
        if self.among:
            yield self.among


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """A ratio lies under a number of percent; unknown where its denominator is 0."""

    word: ClassVar[str] = "below"
    ratio: str
    percent: str

    @classmethod
    def read(cls, at: Cursor) -> Below:
        """Read ``{below: ratio, percent: parameter}``."""
        at.only("below", "percent")
        return cls(ratio=at.require("below").text(), percent=at.require("percent").parameter())

    def compile(self, parameters: Parameters) -> Condition:
        """Return: numerator × 100 is smaller than percent × denominator."""
        return fig(self.ratio, "num") * 100 < fig(self.ratio, "den") * parameters[self.percent]

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield self.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Rises:
    """A figure is larger than in the same part of the year before."""

    word: ClassVar[str] = "rises"
    change: str

    @classmethod
    def read(cls, at: Cursor) -> Rises:
        """Read ``{rises: change}``."""
        return cls(change=at.only("rises").require("rises").text())

    def compile(self, parameters: Parameters) -> Condition:
        """Return: now exceeds before."""
        return fig(self.change, "now") > fig(self.change, "before")

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        yield self.change


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Any part is enough."""

    word: ClassVar[str] = "any"
    parts: tuple[Asked, ...]

    @classmethod
    def read(cls, at: Cursor) -> AnyOf:
        """Read ``{any: [conditions]}``."""
        return cls(parts=tuple(read_condition(part) for part in at.only("any").require("any").items()))

    def compile(self, parameters: Parameters) -> Condition:
        """Return: true if any part is, else unknown if any part is, else false."""
        return Or(tuple(part.compile(parameters) for part in self.parts))

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        for part in self.parts:
            yield from part.measures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions that the source strings together with one deduction; ``mode`` says whether one suffices."""

    word: ClassVar[str] = "joined"
    mode: str
    parts: tuple[Asked, ...]

    @classmethod
    def read(cls, at: Cursor) -> Joined:
        """Read ``{joined: any|all, of: [conditions]}``."""
        at.only("joined", "of")
        mode = at.require("joined").choice(("any", "all"))
        return cls(mode=mode, parts=tuple(read_condition(part) for part in at.require("of").items()))

    def compile(self, parameters: Parameters) -> Condition:
        """Return the disjunction or conjunction of the parts."""
        parts = tuple(part.compile(parameters) for part in self.parts)
        return Or(parts) if self.mode == "any" else And(parts)

    def measures(self) -> Iterator[str]:
        """Yield the measures asked."""
        for part in self.parts:
            yield from part.measures()


Asked = NoneOf | SomeOf | Fewer | Below | Rises | AnyOf | Joined
_READERS: dict[str, Callable[[Cursor], Asked]] = {
    kind.word: kind.read for kind in (NoneOf, SomeOf, Fewer, Below, Rises, AnyOf, Joined)
}


def read_condition(at: Cursor) -> Asked:
    """Read one condition, whichever word it carries.

    Raises: RubricError assessment.E005 when none or several of the words stand there.
    """
    words = [key for key in at.names() if key in _READERS]
    if len(words) != 1:
        at.fail(
            "assessment.E005",
            f"a condition carries one of {', '.join(_READERS)}; found {', '.join(words) or 'none'}.",
            "Keep exactly one of these words.",
        )
    return _READERS[words[0]](at)


def parts_of_condition(asked: Asked) -> Iterator[Asked]:
    """Yield the condition and every condition within it."""
    yield asked
    if isinstance(asked, AnyOf | Joined):
        for part in asked.parts:
            yield from parts_of_condition(part)


def parameters_of(asked: Asked) -> Iterator[str]:
    """Yield the parameters that the condition is measured against."""
    for part in parts_of_condition(asked):
        if isinstance(part, Below):
            yield part.percent


def _whole(at: Cursor) -> tuple[str, str]:
    among, empty = at.get("among"), at.get("empty")
    return (among.text() if among else "", empty.choice(_TRUTH) if empty else "unknown")


def _guarded(condition: Condition, among: str, empty: str) -> Condition:
    """The condition, or ``empty`` where the whole that it is about holds no record."""
    if not among:
        return condition
    whole: Fig = fig(among)
    asked: Number = Case(((whole.eq(0), Const(_TRUTH[empty])), (condition, Const(1))), Const(0))
    return asked.eq(1)
