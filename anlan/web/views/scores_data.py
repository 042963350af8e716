"""JSON behind the charts of the score screens: semantic figures and their table twin; the browser builds the drawing."""

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from anlan.assessment.sheet import Sheet
from anlan.web.place import Place
from anlan.web.scores_city import city_rows, class_order, ranked
from anlan.web.scores_rule import by_month
from anlan.web.scores_source import as_of_in_view, institutions_at, median, month_ends, rubric_in_view, score_table
from anlan.web.scores_words import UNITS, month_short, period_short, points_text
from anlan.web.views.scores import found, institution_place, require, scored_place, sheet_in_view, suffix


def spread(request: HttpRequest, place: str, year: int) -> JsonResponse:
    """Return every institution's score with what is at risk, by class: the distribution."""
    here = _commission(request, place, year)
    rows = city_rows(here, rubric=rubric_in_view(request), as_of=as_of_in_view(request, here), suffix=suffix(request))
    rows.sort(key=class_order)
    dots = [
        {
            "name": row.name,
            "group": row.class_name,
            "score": _points(row.sheet.normalised),
            "worst": _points(_worst(row.sheet)),
            "url": row.url,
        }
        for row in ranked(rows)
    ]
    groups = list(dict.fromkeys(row.class_name for row in rows))
    middles = {
        group: _points(median([row.sheet.normalised for row in rows if row.class_name == group])) for group in groups
    }
    head = [_("Institution"), _("Class"), _("Score of 100"), _("If all that waits is confirmed")]
    body = [[dot["name"], dot["group"], _shown(dot["score"]), _shown(dot["worst"])] for dot in dots]
    words = {"median": _("Median"), "worst": _("if all that waits is confirmed"), "score": _("Score of 100")}
    data = {"kind": "spread", "groups": groups, "medians": middles, "dots": dots, "words": words}
    return JsonResponse({**data, "table": {"head": head, "body": body}})


def trend(request: HttpRequest, place: str, year: int) -> JsonResponse:
    """Return the score at each month end: the median, the middle half, and one institution if the address names it."""
    here = _commission(request, place, year)
    rubric, institutions = rubric_in_view(request), institutions_at(here)
    chosen = next((one for one in institutions if one.unit.code == request.GET.get("with")), None)
    days = sorted({*month_ends(here), here.as_of()} if here.as_of().year == here.year else month_ends(here))
    middle, low, high, own = [], [], [], []
    for day in days:
        table = score_table(rubric, year=here.year, as_of=day, institutions=institutions)
        known = sorted(value for value in table.column("normalised") if value is not None)
        middle.append(_points(median(known)))
        low.append(_points(known[len(known) // 4] if known else None))
        high.append(_points(known[(len(known) * 3) // 4] if known else None))
        own.append(_points(table.sheet(chosen.pk).normalised) if chosen else None)
    labels = [month_short(day.month) if day in month_ends(here) else _("today") for day in days]
    names = [_("Median"), _("Lower quarter"), _("Upper quarter"), *([chosen.unit.name] if chosen else [])]
    columns = [middle, low, high, *([own] if chosen else [])]
    body = [[label, *(_shown(column[row]) for column in columns)] for row, label in enumerate(labels)]
    band = _("middle half of the institutions")
    data = {"kind": "trend", "labels": labels, "names": names, "columns": columns, "words": {"band": band}}
    return JsonResponse({**data, "table": {"head": [_("Month end"), *names], "body": body}})


def own_trend(request: HttpRequest, place: str, year: int) -> JsonResponse:
    """Return one institution's own score at each month end."""
    here = institution_place(request, place, year)
    rubric, institutions = rubric_in_view(request), institutions_at(here)
    days = [*month_ends(here)]
    own = [
        _points(
            score_table(rubric, year=here.year, as_of=day, institutions=institutions)
            .sheet(institutions[0].pk)
            .normalised
        )
        for day in days
    ]
    labels = [month_short(day.month) for day in days]
    body = [[label, _shown(value)] for label, value in zip(labels, own, strict=True)]
    data = {"kind": "trend", "labels": labels, "names": [here.name], "columns": [own], "words": {}}
    return JsonResponse({**data, "table": {"head": [_("Month end"), _("Score of 100")], "body": body}})


def rule(request: HttpRequest, place: str, year: int, rule: str) -> JsonResponse:
    """Return the figures of one rule month by month."""
    here = institution_place(request, place, year)
    sheet = sheet_in_view(request, here)
    asked = found(lambda: sheet.rubric.rule(rule))[1]
    months = by_month(sheet, asked)
    labels = [period_short(period) for period in months.periods]
    series = [
        {"name": one.name, "kind": one.kind, "unit": str(UNITS.get(one.unit, one.unit)), "values": one.values}
        for one in months.series
    ]
    head = [_("Period"), *(f"{one['name']} ({one['unit']})" if one["unit"] else one["name"] for one in series)]
    body = [[label, *(_figure(one["values"][row]) for one in series)] for row, label in enumerate(labels)]
    data = {
        "kind": "months",
        "labels": labels,
        "series": series,
        "target": months.target,
        "words": {"target": _("Target")},
    }
    return JsonResponse({**data, "table": {"head": head, "body": body}})


def _commission(request: HttpRequest, code: str, year: int) -> Place:
    here = scored_place(request, code, year)
    if here.institution is not None:
        raise Http404
    require(here, "can:compare")
    return here


def _worst(sheet: Sheet) -> int | None:
    """The score out of 100 if every proposal were confirmed, each category within its cap."""
    if sheet.normalised is None or not sheet.applicable_max:
        return None
    left = sum(one.max - min(one.max, one.deducted + one.at_risk) for one in sheet.categories)
    return min(sheet.normalised, left * 10000 // sheet.applicable_max)


def _points(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / 100


def _shown(value: Any) -> str:
    return "—" if value is None else points_text(round(value * 100))


def _figure(value: Any) -> str:
    return "—" if value is None else f"{value:g}"
