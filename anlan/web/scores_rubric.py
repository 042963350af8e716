"""The rubric as a page: categories and rules, readings with their alternatives, parameters, and what the linter found."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from anlan.assessment.lint import Finding, lint
from anlan.assessment.rubric import Category, InstitutionClass, Option, Rubric, Rule, Term
from anlan.flow.spec import all_registers
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
    """What the page of a rubric shows; each finding comes with the name of its place."""

    categories: tuple[CategoryEntry, ...]
    reaches: tuple[Reach, ...]
    findings: tuple[tuple[Finding, str], ...]
    parameters: tuple[Parameter, ...]
    counts: tuple[tuple[str, int], ...]
    rules: int


def rubric_page(rubric: Rubric, *, place: Place) -> RubricPage:
    """Return the page of a rubric."""
    kinds: list[str] = [rule.assessed for _, rule in rubric.rules()]
    on = dt.date(place.year, 12, 31)
    used = sorted({code for _, rule in rubric.rules() for code in rule.body.parameters()})
    return RubricPage(
        categories=tuple(_entry(rubric, category, place) for category in rubric.categories),
        reaches=tuple(Reach(kind=kind, most=_most(rubric.categories, kind)) for kind in rubric.classes),
        findings=tuple((finding, _place_name(rubric, finding.place)) for finding in lint(rubric)),
        parameters=tuple(rubric.parameter(code, on=on) for code in used),
        counts=tuple((kind, sum(found == kind for found in kinds)) for kind in KINDS),
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


def _place_name(rubric: Rubric, code: str) -> str:
    """Return what a finding is about in words. Rules, categories and clauses keep the code that the source prints."""
    if code == rubric.code:
        return _("the whole rubric")
    register = next((spec for spec in all_registers() if spec.code == code), None)
    if register is not None:
        return str(register.name)
    classes_and_terms: tuple[InstitutionClass | Term, ...] = (*rubric.classes, *rubric.terms)
    return next((said(one.name) for one in classes_and_terms if one.code == code), code)


def _most(categories: Sequence[Category], kind: InstitutionClass) -> int:
    return sum(category.max for category in categories if category.applies(dict(kind.example)))


def class_names(kinds: Sequence[InstitutionClass]) -> str:
    """Return the names of classes in the language of the page."""
    return " · ".join(said(kind.name) for kind in kinds)
