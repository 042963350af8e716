"""Scores of the institutions that the reader may see: sheets, the trend by month, and the trace of one rule to its records.

The assessment room makes the JSON, so that the command line and the API say the same; the shapes here describe it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from anlan.api.institutions import visible_institution
from anlan.api.problems import Missing
from anlan.api.rubrics import Words, known_rubric
from anlan.api.session import actor_of
from anlan.api.shapes import Line
from anlan.assessment.explain import behind_json, explain_rule
from anlan.assessment.jsonform import points, sheet_json
from anlan.assessment.score import ScoreTable, score_institutions
from anlan.facts.live import live_engine
from anlan.kernel.period import Period
from anlan.org.models import Institution
from anlan.org.policy import institutions_for, may

router = Router(tags=["scores"])
MAY_SEE = ("can:score",)
Year = Annotated[int, Field(ge=2000, le=2100)]


class RuleScoreOut(Schema):
    """A rule of a sheet. Outcomes: scored, not_applicable, no_data, awaits_person. `proposed` is not deducted yet."""

    code: str
    assessed: str
    outcome: str
    deducted: float
    proposed: float
    figure: Any
    figures: dict[str, Any]


class CategoryScoreOut(Schema):
    """A category of a sheet, in points; `lost_to_cap` is what its maximum spared the institution."""

    code: str
    name: Words
    outcome: str
    max: float
    points: float
    lost_to_cap: float
    at_risk: float
    rules: list[RuleScoreOut]


class SheetOut(Schema):
    """The sheet of one institution: raw over the applicable maximum, and the same out of 100."""

    code: str
    class_code: str | None = Field(alias="class")
    raw: float
    applicable_max: float
    normalised: float | None
    at_risk: float
    passed: bool | None
    categories: list[CategoryScoreOut]


class ScoresOut(Schema):
    """The same JSON as `anlan score --json`."""

    rubric: str
    year: int
    as_of: dt.date
    institutions: list[SheetOut]


class Course(Schema):
    """One institution's scores on the days of a trend, in points; null where nothing applies."""

    code: str
    raw: list[float]
    normalised: list[float | None]
    at_risk: list[float]


class TrendOut(Schema):
    """The trend of a year: `days` are the ends of its months up to the day asked for, and that day."""

    rubric: str
    year: int
    days: list[dt.date]
    institutions: list[Course]


class TraceOut(Schema):
    """Why a rule took what it took: figures, parameters, readings, clauses, records, missing periods, and what wins it back."""

    institution: str
    year: int
    as_of: dt.date
    rule: str
    category: str
    outcome: str
    deducted: float
    proposed: float
    gain: float
    text: Words
    method: Words
    mend: Words
    figures: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    readings: list[dict[str, Any]]
    clauses: list[dict[str, Any]]
    queries: list[dict[str, Any]]
    records: list[dict[str, Any]]
    missing: list[dict[str, Any]] | None


class Asked(Schema):
    """Which rubric, which year, and the last day that counts (today unless given)."""

    rubric: Line
    year: Year
    as_of: dt.date | None = None

    def day(self) -> dt.date:
        """Return the last day that counts."""
        return self.as_of or timezone.localdate()


@router.get("/scores", response=ScoresOut, by_alias=True, summary="The sheets of the institutions that you may see")
def list_scores(request: HttpRequest, asked: Query[Asked], institution: Line | None = None) -> JsonResponse:
    """Return a sheet for each institution in tree order, or for the one named."""
    places = scored_places(request, institution)
    table = _score(asked, places, asked.day())
    sheets = [sheet_json(table.sheet(place.pk), code=place.code) for place in places]
    return JsonResponse({"rubric": asked.rubric, "year": asked.year, "as_of": table.as_of, "institutions": sheets})


@router.get("/scores/trend", response=TrendOut, summary="How the scores went through the year, month by month")
def show_trend(request: HttpRequest, asked: Query[Asked], institution: Line | None = None) -> JsonResponse:
    """Return raw, normalised and at-risk points at the end of each month."""
    places = scored_places(request, institution)
    year, last = Period.year(asked.year), asked.day()
    days = [month.end for month in year.due_months(last)]
    if year.start <= last < year.end and last not in days:
        days.append(last)
    tables = [_score(asked, places, day) for day in days]
    courses = [_course(place, tables) for place in places]
    return JsonResponse({"rubric": asked.rubric, "year": asked.year, "days": days, "institutions": courses})


@router.get(
    "/scores/{institution}/rules/{rule}/trace", response=TraceOut, summary="From a point to its records and clauses"
)
def show_trace(request: HttpRequest, institution: str, rule: str, asked: Query[Asked]) -> JsonResponse:
    """Return the trace of one rule, with the records as far as the reader may see them."""
    (place,) = scored_places(request, institution)
    table = _score(asked, [place], asked.day())
    explained = explain_rule(table.sheet(place.pk), rule)
    records = [behind_json(behind) for behind in explained.behind]
    head = {"institution": place.code, "year": asked.year, "as_of": table.as_of}
    return JsonResponse(head | explained.trace.to_json() | {"records": records})


def scored_places(request: HttpRequest, code: str | None) -> list[Institution]:
    """Return the institutions whose score the reader may see. Raises: Missing when one was named and is not among them."""
    actor = actor_of(request)
    if code is None:
        return [place for place in institutions_for(actor) if may(actor, MAY_SEE, institution=place)]
    place = visible_institution(request, code)
    if not may(actor, MAY_SEE, institution=place):
        raise Missing
    return [place]


def _score(asked: Asked, places: Sequence[Institution], day: dt.date) -> ScoreTable:
    rubric, ids = known_rubric(asked.rubric), [place.pk for place in places]
    return score_institutions(rubric, year=asked.year, as_of=day, engine=live_engine(), institutions=ids)


def _course(place: Institution, tables: Sequence[ScoreTable]) -> dict[str, Any]:
    sheets = [table.sheet(place.pk) for table in tables]
    return {
        "code": place.code,
        "raw": [points(sheet.raw) for sheet in sheets],
        "normalised": [None if sheet.normalised is None else points(sheet.normalised) for sheet in sheets],
        "at_risk": [points(sheet.at_risk) for sheet in sheets],
    }
