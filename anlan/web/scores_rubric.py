"""The rubric as a page: categories and rules, readings with their alternatives, parameters, and what the linter found."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from anlan.assessment.lint import Finding, lint
from anlan.assessment.rubric import Category, InstitutionClass, Option, Rubric, Rule
from anlan.kernel.parameter import Parameter
from anlan.measures import catalogue
from anlan.web.place import Place
from anlan.web.scores_words import name_of, said

KINDS = ("computed", "proposed", "judged")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule with the names of its measures, the readings that it was read under, and its class condition."""

    rule: Rule
    measures: tuple[str, ...]
    options: tuple[Option, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryEntry:
    """One category; ``classes`` names those that it concerns, empty for all; ``printed`` adds up its printed deductions."""

    category: Category
    rules: tuple[RuleEntry, ...]
    classes: tuple[InstitutionClass, ...]
    printed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The most that a class of institutions can reach."""

    kind: InstitutionClass
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricPage:
    """What the page of a rubric shows."""

    categories: tuple[CategoryEntry, ...]
    reaches: tuple[Reach, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]
    counts: tuple[tuple[str, int], ...]
    rules: int


def rubric_page(rubric: Rubric, *, place: Place) -> RubricPage:
    """Return the page of a rubric."""
    kinds = [rule.assessed for _, rule in rubric.rules()]
    on = dt.date(place.year, 12, 31)
    used = sorted({code for _, rule in rubric.rules() for code in rule.body.parameters()})
    return RubricPage(
        categories=tuple(_entry(rubric, category, place) for category in rubric.categories),
        reaches=tuple(Reach(kind=kind, most=_most(rubric.categories, kind)) for kind in rubric.classes),
        findings=lint(rubric),
        parameters=tuple(rubric.parameter(code, on=on) for code in used),
        counts=tuple((kind, kinds.count(kind)) for kind in KINDS),
        rules=len(kinds),
    )


def _entry(rubric: Rubric, category: Category, place: Place) -> CategoryEntry:
    concerned = tuple(kind for kind in rubric.classes if category.applies(dict(kind.example)))
    rules = tuple(
        RuleEntry(
            rule=rule,
            measures=tuple(name_of(catalogue.get(code)) for code in rule.measures()),
            options=tuple(rubric.option(code) for code in rule.options),
            url=place.url("rule", rule.code),
        )
        for rule in category.rules
    )
    is_for_all = len(concerned) == len(rubric.classes)
    printed = sum(rule.body.most or 0 for rule in category.rules)
    return CategoryEntry(category=category, rules=rules, classes=() if is_for_all else concerned, printed=printed)


def _most(categories: Sequence[Category], kind: InstitutionClass) -> int:
    return sum(category.max for category in categories if category.applies(dict(kind.example)))


def class_names(kinds: Sequence[InstitutionClass]) -> str:
    """Return the names of classes in the language of the page."""
    return " · ".join(said(kind.name) for kind in kinds)
