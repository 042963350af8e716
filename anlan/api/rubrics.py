"""Rubrics: the list, one in full, and what the linter finds wrong with it. Everyone who may sign in may read them."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from anlan.api.problems import Missing
from anlan.assessment.jsonform import points
from anlan.assessment.lint import lint
from anlan.assessment.load import current_rubric, rubric_codes
from anlan.assessment.rubric import Category, Rubric, Rule
from anlan.assessment.trace import option_json

router = Router(tags=["rubrics"])


class Words(Schema):
    """A text in both languages."""

    zh: str
    en: str


class RubricLine(Schema):
    """A rubric in the list of all. `content_hash` names exactly this edition and its readings."""

    code: str
    edition: str
    title: Words
    issuer: Words
    instrument: str
    content_hash: str


class RuleOut(Schema):
    """A rule: how it is assessed (computed, proposed, judged), its text, clauses, measures, and what wins the points back."""

    code: str
    assessed: str
    kind: str
    text: Words
    method: Words
    mend: Words
    clauses: list[str]
    measures: list[str]
    options: list[str]


class CategoryOut(Schema):
    """A category with its maximum in points."""

    code: str
    clause: str
    name: Words
    max: float
    options: list[str]
    rules: list[RuleOut]


class ReadingOut(Schema):
    """An ambiguity of the printed text, the reading in force and the others that may be switched on."""

    code: str
    ambiguity: int
    question: Words
    reading: str
    text: Words
    alternatives: dict[str, Words]


class RubricOut(RubricLine):
    """A rubric in full. Points are points, not hundredths."""

    printed_total: float
    pass_mark: float | None
    classes: dict[str, Words]
    categories: list[CategoryOut]
    readings: list[ReadingOut]


class FindingOut(Schema):
    """A defect of the rubric itself: id, place, reason and proposed mend."""

    id: str
    place: str
    reason: Words
    mend: Words


@router.get("/rubrics", response=list[RubricLine], summary="Every rubric")
def list_rubrics(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the rubrics of this installation by code."""
    return [_line(known_rubric(code)) for code in rubric_codes()]


@router.get("/rubrics/{code}", response=RubricOut, summary="One rubric with its categories, rules and readings")
def show_rubric(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return the rubric under the readings that its file has in force."""
    rubric = known_rubric(code)
    return {
        **_line(rubric),
        "printed_total": points(rubric.printed_total),
        "pass_mark": None if rubric.pass_mark is None else points(rubric.pass_mark),
        "classes": {kind.code: kind.name.to_data() for kind in rubric.classes},
        "categories": [_category(category) for category in rubric.categories],
        "readings": [option_json(option) for option in rubric.options],
    }


@router.get("/rubrics/{code}/findings", response=list[FindingOut], summary="What is wrong with a rubric itself")
def list_findings(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """Return the linter's findings, by check and then in the order of the rubric."""
    return [finding.to_json() for finding in lint(known_rubric(code))]


def known_rubric(code: str) -> Rubric:
    """Return the rubric of a code, read again when its file changed. Raises: Missing; RubricError for a broken file."""
    if code not in rubric_codes():  # never a path: a code comes from outside
        raise Missing
    return current_rubric(code)


def _line(rubric: Rubric) -> dict[str, Any]:
    return {
        "code": rubric.code,
        "edition": rubric.edition,
        "title": rubric.title.to_data(),
        "issuer": rubric.issuer.to_data(),
        "instrument": rubric.instrument,
        "content_hash": rubric.content_hash,
    }


def _category(category: Category) -> dict[str, Any]:
    return {
        "code": category.code,
        "clause": category.clause,
        "name": category.name.to_data(),
        "max": points(category.max),
        "options": list(category.options),
        "rules": [_rule(rule) for rule in category.rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "assessed": rule.assessed,
        "kind": type(rule.body).__name__,
        "text": rule.text.to_data(),
        "method": rule.method.to_data(),
        "mend": rule.mend.to_data(),
        "clauses": list(rule.clauses),
        "measures": list(rule.measures()),
        "options": list(rule.options),
    }
