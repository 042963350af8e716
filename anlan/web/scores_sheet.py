"""The score sheet of one institution in the five columns of the source, ready for the screen."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.assessment.sheet import CategoryScore, RuleScore, Sheet
from anlan.org.policy import may
from anlan.web.place import Place
from anlan.web.scores_facts import facts_of, short_of
from anlan.web.scores_reason import Reason, decisions_on, reason_of

Decisions = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule of the sheet. ``reason`` is filled where the page is asked for opened; else it comes when a person opens it."""

    score: RuleScore
    short: str
    reason: Reason | None
    url: str
    why_url: str

    @property
    def tone(self) -> str:
        """lost, waits, kept, no_data or not_applicable."""
        if self.score.deducted:
            return "lost"
        if self.score.outcome == "awaits_person":
            return "waits"
        return "kept" if self.score.outcome == "scored" else self.score.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """One row of the sheet."""

    score: CategoryScore
    content: tuple[Any, ...]
    rules: tuple[RuleLine, ...]
    reason_absent: str

    @property
    def applies(self) -> bool:
        """Whether the row concerns the institution."""
        return self.score.outcome != "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPage:
    """What the sheet shows above and below its rows."""

    sheet: Sheet
    rows: tuple[CategoryRow, ...]
    lost: int
    waiting: int
    no_data: int
    capped: int
    can_judge: bool


def sheet_page(sheet: Sheet, *, place: Place, is_open: bool = False) -> SheetPage:
    """Return the page of a sheet; with `is_open` every rule that costs points carries its reason, opened (for print)."""
    decided = decisions_on(sheet)
    rows = tuple(_row(sheet, category, place, decided, is_open=is_open) for category in sheet.categories)
    lines = [line for row in rows for line in row.rules]
    return SheetPage(
        sheet=sheet,
        rows=rows,
        lost=sum(1 for line in lines if line.score.deducted),
        waiting=sum(1 for line in lines if line.tone == "waits"),
        no_data=sum(1 for line in lines if line.score.outcome == "no_data"),
        capped=sum(category.lost_to_cap for category in sheet.categories),
        can_judge=can_judge(place),
    )


def can_judge(place: Place) -> bool:
    """Tell whether the person may judge at the place's institution."""
    return place.institution is not None and may(place.actor, ("can:judge",), institution=place.institution)


def takes_judgement(score: RuleScore) -> bool:
    """Tell whether the rule waits for a person, or lets one add to what was found."""
    if score.outcome == "not_applicable":
        return False
    return score.outcome == "awaits_person" or score.rule.reviewer_may_add


def _row(sheet: Sheet, category: CategoryScore, place: Place, decided: Decisions, *, is_open: bool) -> CategoryRow:
    applies = category.outcome != "not_applicable"
    rules = tuple(_line(sheet, score, place, decided, is_open=is_open) for score in category.rules)
    absent = "" if applies else _("This row is for another class of institution.")
    if not applies and not sheet.institution_class:
        absent = _("The class of the institution meets no row.")
    return CategoryRow(score=category, content=category.category.content, rules=rules, reason_absent=absent)


def _line(sheet: Sheet, score: RuleScore, place: Place, decided: Decisions, *, is_open: bool) -> RuleLine:
    on = dt.date(sheet.year, 1, 1)
    parameters = {code: sheet.rubric.parameter(code, on=on).value for code in score.rule.body.parameters()}
    costs = bool(score.deducted or score.proposed)
    return RuleLine(
        score=score,
        short=(short_of(facts_of(score, parameters)) or decided.get(score.code, "")) if costs else "",
        reason=reason_of(sheet, score.code, place=place) if is_open and costs else None,
        url=place.url("rule", score.code),
        why_url=place.url("why", score.code),
    )
