"""Figures for the charts and for the tables under them, as JSON."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from anlan.assessment.errors import UnknownRule
from anlan.web.place import find_place, unit_name
from anlan.web.reasons import by_month
from anlan.web.scores import city, current_rubric, month_name, scored_institutions, sheet_at, trend


def spread(request: HttpRequest, place: str, year: int) -> JsonResponse:
    """Return every institution's score as a dot on the line of its class."""
    here = find_place(request, place, year)
    rows = city(here, current_rubric(request.GET.get("rubric", ""))).rows
    known = [row for row in rows if row.normalised is not None]
    dots = [{"name": row.name, "group": row.kind, "value": _points(row.normalised), "url": row.url} for row in known]
    table = [[row.name, row.kind, _points(row.normalised)] for row in rows]
    columns = [_("Institution"), _("Class"), _("Score out of 100")]
    return JsonResponse({"kind": "dots", "dots": dots, "unit": _("points"), "columns": columns, "rows": table})


def score_trend(request: HttpRequest, place: str, year: int) -> JsonResponse:
    """Return the scores at each month's end: one line at an institution, lowest, median and highest at a commission."""
    here = find_place(request, place, year)
    moments = trend(here, current_rubric(request.GET.get("rubric", "")), scored_institutions(here))
    series = [_line(unit_name(here.unit), [_known(one.scores)[:1] for one in moments], first)]
    if here.institution is None:
        known = [sorted(_known(one.scores)) for one in moments]
        series = [
            _line(_("Highest"), known, last),
            _line(_("Median"), known, middle, is_main=True),
            _line(_("Lowest"), known, first),
        ]
    return _lines([one.label for one in moments], series, unit=_("points"))


def rule_months(request: HttpRequest, place: str, year: int, rule: str) -> JsonResponse:
    """Return the figures of a rule as they stood at each month's end."""
    here = find_place(request, place, year)
    sheet = sheet_at(here, current_rubric(request.GET.get("rubric", "")))
    try:
        days, lines = by_month(sheet, sheet.rule(rule))
    except UnknownRule:
        return JsonResponse({"kind": "lines", "labels": [], "series": [], "columns": [], "rows": []}, status=404)
    series = [{"name": one.name, "values": one.values, "is_percent": one.is_percent, "is_main": False} for one in lines]
    return _lines([month_name(day.month) for day in days], series, unit="")


def first(values: list[int]) -> int:
    """Return the lowest of sorted values."""
    return values[0]


def last(values: list[int]) -> int:
    """Return the highest of sorted values."""
    return values[-1]


def middle(values: list[int]) -> float:
    """Return the median of sorted values."""
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _known(scores: dict[int, int | None]) -> list[int]:
    return [value for value in scores.values() if value is not None]


def _line(name: str, months: list[list[int]], pick: Any, *, is_main: bool = False) -> dict[str, Any]:
    values = [_points(pick(month)) if month else None for month in months]
    return {"name": name, "values": values, "is_main": is_main, "is_percent": False}


def _lines(labels: list[str], series: list[dict[str, Any]], *, unit: str) -> JsonResponse:
    rows = [[label, *(one["values"][index] for one in series)] for index, label in enumerate(labels)]
    columns = [_("Month"), *(one["name"] for one in series)]
    return JsonResponse(
        {"kind": "lines", "labels": labels, "series": series, "unit": unit, "columns": columns, "rows": rows}
    )


def _points(hundredths: float | None) -> float | None:
    return None if hundredths is None else round(hundredths / 100, 2)
