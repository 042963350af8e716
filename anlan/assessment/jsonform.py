"""The JSON shape of a score: what ``anlan score --json`` and the API answer.

Points are numbers of points (83.5), not hundredths: a whole number where it is whole. A figure without data is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anlan.assessment.sheet import CategoryScore, FigureValue, RuleScore, Sheet

Json = dict[str, object]
_PARTS = {"num": "numerator", "den": "denominator", "now": "now", "before": "before"}


def sheet_json(sheet: Sheet, *, code: str | None) -> Json:
    """Return one institution's entry: code, class, raw, applicable_max, normalised, at_risk and the categories."""
    return {
        "code": code if code is not None else str(sheet.institution_id),
        "class": sheet.class_code,
        "raw": points(sheet.raw),
        "applicable_max": points(sheet.applicable_max),
        "normalised": None if sheet.normalised is None else points(sheet.normalised),
        "at_risk": points(sheet.at_risk),
        "passed": sheet.passed,
        "categories": [_category(category) for category in sheet.categories],
    }


def points(hundredths: int) -> int | float:
    """Return hundredths as points: 8350 gives 83.5, 8500 gives 85."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def figure_json(figure: FigureValue) -> int | Json | None:
    """Return an integer, a pair by the names of its parts, or None where there is no data."""
    if not figure.is_known:
        return None
    if len(figure.parts) == 1:
        return figure.part("")
    return {_PARTS[part]: value for part, value in figure.parts}


def _category(category: CategoryScore) -> Json:
    return {
        "code": category.code,
        "name": category.category.name.to_data(),
        "outcome": category.outcome,
        "max": points(category.max),
        "points": points(category.points),
        "lost_to_cap": points(category.lost_to_cap),
        "at_risk": points(category.at_risk),
        "rules": [_rule(rule) for rule in category.rules],
    }


def _rule(score: RuleScore) -> Json:
    return {
        "code": score.code,
        "assessed": score.rule.assessed,
        "outcome": score.outcome,
        "deducted": points(score.deducted),
        "proposed": points(score.proposed),
        "figure": figure_json(score.figures[0]) if score.figures else None,
        "figures": {figure.measure.code: figure_json(figure) for figure in score.figures},
    }
