"""The panel "what costs points" of the home page: what is missing at an institution, in words, nearest first."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.assessment.edition import codes_in_force
from anlan.assessment.load import current_rubric, rubric_codes
from anlan.assessment.missing import MissingItem, missing_for
from anlan.assessment.sheet import Sheet
from anlan.facts.live import live_engine
from anlan.flow.spec import find_register
from anlan.web.place import Place
from anlan.web.scores_facts import facts_of, short_of
from anlan.web.scores_reason import missing_text, subject_of
from anlan.web.scores_source import sheet_of
from anlan.web.scores_words import period_name, said

SHOWN = 6
MAY = "can:score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that costs points, as the panel prints it."""

    code: str
    what: str
    mend: str
    points: int
    urgency: str
    due_on: dt.date | None
    url: str
    register: str
    register_url: str


def missing_context(place: Place) -> dict[str, Any]:
    """Return the context of `anlan/scores/missing.html`; empty for a commission, and for whoever may not see scores."""
    if place.institution is None or not place.actor.can(MAY) or not rubric_codes():
        return {}
    rubric, institution = current_rubric(codes_in_force(year=place.year)[0]), place.institution
    sheet = sheet_of(rubric, institution, year=place.year, as_of=place.as_of())
    items = missing_for(
        sheet,
        today=place.today,
        engine=live_engine(),
        sheet_on=lambda day: sheet_of(rubric, institution, year=place.year, as_of=day),
    )
    lines = [_line(place, sheet, item) for item in items]
    return {
        "missing": lines[:SHOWN],
        "missing_rest": len(lines) - SHOWN if len(lines) > SHOWN else 0,
        "missing_points": sum(line.points for line in lines if line.urgency == "lost"),
        "missing_sheet": sheet,
        "missing_url": place.url("score"),
        "missing_is_closed": place.today.year > place.year,
    }


def _line(place: Place, sheet: Sheet, item: MissingItem) -> Line:
    readable = bool(item.register) and place.reads(find_register(item.register).sensitivity)
    return Line(
        code=item.rule.code,
        what=_what(sheet, item),
        mend=said(item.rule.mend),
        points=item.points,
        urgency=item.urgency,
        due_on=item.due_on,
        url=place.url("rule", item.rule.code),
        register=str(find_register(item.register).name) if readable else "",
        register_url=place.url("list", item.register) if readable else "",
    )


def _what(sheet: Sheet, item: MissingItem) -> str:
    """Say what is missing: the months, else the figures that cost points, else the rule itself."""
    if item.urgency == "upcoming":
        period = item.missing[0].period
        words = {"what": subject_of(item.missing[0].measure), "when": period_name(period)}
        return _("%(what)s still missing for %(when)s") % words
    if item.missing:
        return missing_text(item.missing)
    on = dt.date(sheet.year, 1, 1)
    parameters = {code: sheet.rubric.parameter(code, on=on).value for code in item.rule.body.parameters()}
    return short_of(facts_of(sheet.rule(item.rule.code), parameters)) or said(item.rule.text)
