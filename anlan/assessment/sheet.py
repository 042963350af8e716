"""One institution's sheet as values. Built by ``score.py`` from a row; read by screens, papers, JSON and the trace."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from anlan.assessment.errors import UnknownRule, nearest
from anlan.assessment.rubric import Category, InstitutionClass, Rubric, Rule
from anlan.measures.algebra import parts_of
from anlan.measures.catalogue import Measure
from anlan.measures.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureValue:
    """A measure and its value for the institution, part by part; None is no data."""

    measure: Measure
    parts: tuple[tuple[str, int | None], ...]

    @property
    def is_known(self) -> bool:
        """Whether every part is known."""
        return all(value is not None for _, value in self.parts)

    def part(self, name: str = "") -> int | None:
        """Return one part: "" of a single figure, num and den of a ratio, now and before of a change."""
        return dict(self.parts)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleScore:
    """How one rule ended. Points in hundredths.

    ``outcome`` is scored, not_applicable, no_data or awaits_person. ``amount`` is what the figures alone would take;
    ``proposed`` what waits for a person to confirm; ``deducted`` what is taken now. ``values`` is the institution's whole row,
    ``measures`` those that the score was reckoned with.
    """

    rule: Rule
    outcome: str
    deducted: int
    proposed: int
    amount: int | None
    values: Mapping[str, int | None] = field(repr=False)
    measures: Mapping[str, Measure] = field(repr=False)

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def figures(self) -> tuple[FigureValue, ...]:
        """The rule's figures, made when asked for: most readers of a score want its points."""
        return tuple(_figure(self.measures[code], self.values) for code in self.rule.measures())


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryScore:
    """How one category ended. Points in hundredths; ``deducted`` is the sum before the cap."""

    category: Category
    outcome: str
    max: int
    points: int
    deducted: int
    lost_to_cap: int
    at_risk: int
    rules: tuple[RuleScore, ...]

    @property
    def code(self) -> str:
        """The category's code."""
        return self.category.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One institution's score. Points in hundredths; ``normalised`` is out of 100, None where nothing applies."""

    rubric: Rubric
    schema: Schema
    institution_id: int
    year: int
    as_of: datetime.date
    institution_class: InstitutionClass | None
    raw: int
    applicable_max: int
    normalised: int | None
    at_risk: int
    categories: tuple[CategoryScore, ...]

    @property
    def class_code(self) -> str:
        """The code of the class, "" where none matches."""
        return self.institution_class.code if self.institution_class else ""

    @property
    def passed(self) -> bool | None:
        """Whether the pass mark is reached; None while the rubric prints none, and nobody may print "passed"."""
        if self.rubric.pass_mark is None or self.normalised is None:
            return None
        return self.normalised >= self.rubric.pass_mark

    def rules(self) -> Iterator[RuleScore]:
        """Yield every rule, in order."""
        for category in self.categories:
            yield from category.rules

    def category(self, code: str) -> CategoryScore:
        """Return a category.

        Raises: UnknownRule, naming the nearest.
        """
        for category in self.categories:
            if category.code == code:
                return category
        known = [category.code for category in self.categories]
        raise UnknownRule(f'The sheet has no category "{code}". {nearest(code, known)}')

    def rule(self, code: str) -> RuleScore:
        """Return a rule's score.

        Raises: UnknownRule, naming the nearest.
        """
        for rule in self.rules():
            if rule.code == code:
                return rule
        raise UnknownRule(f'The sheet has no rule "{code}". {nearest(code, [rule.code for rule in self.rules()])}')


def _figure(measure: Measure, values: Mapping[str, int | None]) -> FigureValue:
    code = measure.code
    columns = ((part, f"{code}_{part}" if part else code) for part in parts_of(measure.definition))
    return FigureValue(measure=measure, parts=tuple((part, values[column]) for part, column in columns))
