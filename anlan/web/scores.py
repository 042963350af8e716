"""Scores as the screens show them: who may see whose, the city's table, ranks with ties, the trend by month."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language, pgettext

from anlan.assessment.load import load_rubric, rubric_codes
from anlan.assessment.rubric import Category, Rubric
from anlan.assessment.score import ScoreTable, score_institutions
from anlan.assessment.sheet import CategoryScore, Sheet
from anlan.facts.live import live_engine
from anlan.kernel.period import Period
from anlan.kernel.text import Text
from anlan.org.models import Institution
from anlan.org.policy import institutions_for, may
from anlan.web.place import Place, unit_name

MAY_SCORE = ("can:score",)
# Least share of the maximum for each shade of the heat map, from poor to full.
SHADES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0)


@lru_cache(maxsize=8)
def rubric_of(code: str) -> Rubric:
    """Return a rubric; the same object for the same code, since plans are kept by rubric."""
    return load_rubric(code)


def current_rubric(wanted: str = "") -> Rubric:
    """Return the rubric asked for, or the first there is. Raises: Http404 when there is none."""
    codes = rubric_codes()
    if wanted and wanted not in codes:
        raise Http404
    if not codes:
        raise Http404
    return rubric_of(wanted or codes[0])


def words(text: Text) -> str:
    """Return a text of the content in the language of the page."""
    return text.in_language(get_language() or "zh")


def scored_institutions(place: Place) -> list[Institution]:
    """Return the institutions at the place whose score the person may see. Raises: Http404 when there are none."""
    found = [
        one
        for one in institutions_for(place.actor)
        if one.unit.path.startswith(place.unit.path) and may(place.actor, MAY_SCORE, institution=one)
    ]
    if not found:
        raise Http404
    return found


def score_table(place: Place, rubric: Rubric, institutions: Sequence[Institution], *, as_of: dt.date) -> ScoreTable:
    """Return the scores of the institutions for the year in view as they stood on a day, from the live registers."""
    ids = [one.pk for one in institutions]
    return score_institutions(rubric, year=place.year, as_of=as_of, engine=live_engine(), institutions=ids)


def sheet_at(place: Place, rubric: Rubric) -> Sheet:
    """Return the sheet of the institution in view. Raises: Http404 where there is none that the person may see."""
    if place.institution is None:
        raise Http404
    institutions = scored_institutions(place)
    return score_table(place, rubric, institutions, as_of=place.as_of()).sheet(place.institution.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One category of one institution: hundredths and shade 0…6, or none with a reason."""

    points: int | None
    maximum: int
    shade: int | None
    waits: int
    unknown: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityRow:
    """One institution in the city's table. `rank` is empty where there is no score; ties share a rank."""

    institution: Institution
    name: str
    kind: str
    normalised: int | None
    raw: int
    maximum: int
    at_risk: int
    rank: int | None
    is_tied: bool
    waits: int
    unknown: int
    cells: tuple[HeatCell, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything that the city page shows besides the charts."""

    categories: tuple[Category, ...]
    rows: tuple[CityRow, ...]
    median: int | None
    waits: int
    unknown: int
    weakest: Category | None
    weakest_loss: int


def city(place: Place, rubric: Rubric) -> City:
    """Return the table of every institution below the commission in view, best first, those without a score last."""
    institutions = scored_institutions(place)
    table = score_table(place, rubric, institutions, as_of=place.as_of())
    sheets = [table.sheet(one.pk) for one in institutions]
    ranks = ranks_of([sheet.normalised for sheet in sheets])
    rows = [_row(place, one, sheet, rank) for one, sheet, rank in zip(institutions, sheets, ranks, strict=True)]
    rows.sort(key=lambda row: (row.rank is None, row.rank or 0, row.institution.unit.path))
    known = [row.normalised for row in rows if row.normalised is not None]
    weakest, loss = _weakest(rubric, sheets)
    return City(
        categories=rubric.categories,
        rows=tuple(rows),
        median=round(median(known)) if known else None,
        waits=sum(row.waits for row in rows),
        unknown=sum(row.unknown for row in rows),
        weakest=weakest,
        weakest_loss=loss,
    )


def ranks_of(scores: Sequence[int | None]) -> list[tuple[int | None, bool]]:
    """Return rank and tie of every score: equal scores share the better rank and the next one is skipped; none for none."""
    known = [score for score in scores if score is not None]
    return [
        (None, False) if score is None else (1 + sum(other > score for other in known), known.count(score) > 1)
        for score in scores
    ]


def shade_of(points: int, maximum: int) -> int:
    """Return the shade 0…6 for a share of the maximum."""
    share = points / maximum if maximum else 1.0
    return max(index for index, least in enumerate(SHADES) if share >= least or index == 0)


def _row(place: Place, institution: Institution, sheet: Sheet, rank: tuple[int | None, bool]) -> CityRow:
    return CityRow(
        institution=institution,
        name=unit_name(institution.unit),
        kind=words(sheet.institution_class.name) if sheet.institution_class else "",
        normalised=sheet.normalised,
        raw=sheet.raw,
        maximum=sheet.applicable_max,
        at_risk=sheet.at_risk,
        rank=rank[0],
        is_tied=rank[1],
        waits=_outcomes(sheet.categories, "awaits_person"),
        unknown=_outcomes(sheet.categories, "no_data"),
        cells=tuple(_cell(category) for category in sheet.categories),
        url=_sheet_url(place, institution),
    )


def _sheet_url(place: Place, institution: Institution) -> str:
    return reverse("web:score", args=(institution.unit.code, place.year))


def _outcomes(categories: Sequence[CategoryScore], outcome: str) -> int:
    return sum(rule.outcome == outcome for category in categories for rule in category.rules)


def _cell(score: CategoryScore) -> HeatCell:
    name, waits, unknown = (
        words(score.category.name),
        _outcomes([score], "awaits_person"),
        _outcomes([score], "no_data"),
    )
    if score.outcome == "not_applicable":
        return HeatCell(points=None, maximum=score.max, shade=None, waits=0, unknown=0, name=name)
    shade = shade_of(score.points, score.max)
    return HeatCell(points=score.points, maximum=score.max, shade=shade, waits=waits, unknown=unknown, name=name)


def _weakest(rubric: Rubric, sheets: Sequence[Sheet]) -> tuple[Category | None, int]:
    """Return the category that costs the most on average among those it concerns, with that average in hundredths."""
    losses: dict[str, list[int]] = {}
    for sheet in sheets:
        for score in sheet.categories:
            if score.outcome == "scored":
                losses.setdefault(score.code, []).append(score.max - score.points)
    if not losses:
        return None, 0
    means = {code: sum(values) / len(values) for code, values in losses.items()}
    code = max(means, key=lambda one: means[one])
    return next(one for one in rubric.categories if one.code == code), round(means[code])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The scores at one month's end, by institution; out of 100, in hundredths."""

    label: str
    day: dt.date
    scores: dict[int, int | None]


def trend(place: Place, rubric: Rubric, institutions: Sequence[Institution]) -> list[Moment]:
    """Return the scores as they stood at the end of each complete month of the year, and today where the year runs."""
    as_of = place.as_of()
    days = [month.end for month in Period.year(place.year).due_months(as_of)]
    if not days or days[-1] != as_of:
        days.append(as_of)
    found = []
    for day in days:
        table = score_table(place, rubric, institutions, as_of=day)
        scores = dict(zip(table.institution_ids, table.column("normalised"), strict=True))
        found.append(Moment(label=month_name(day.month), day=day, scores=scores))
    return found


def month_name(month: int) -> str:
    """Return the short name of a month: 4月, Apr."""
    names = (
        pgettext("month", "Jan"), pgettext("month", "Feb"), pgettext("month", "Mar"), pgettext("month", "Apr"),
        pgettext("month", "May"), pgettext("month", "Jun"), pgettext("month", "Jul"), pgettext("month", "Aug"),
        pgettext("month", "Sep"), pgettext("month", "Oct"), pgettext("month", "Nov"), pgettext("month", "Dec"),
    )  # fmt: skip
    return names[month - 1]
