"""The score screens: the city, an institution's sheet, one rule with its reason, the rubric itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from anlan.assessment.errors import UnknownRule
from anlan.assessment.sheet import Sheet
from anlan.web.gaps import gaps_of
from anlan.web.place import Place, find_place
from anlan.web.reasons import SHOWN, Reason, explained_all, reason_for
from anlan.web.scores import city, current_rubric, scored_institutions, sheet_at
from anlan.web.views.registers import crumbs


def score(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the city's table at a commission, the score sheet at an institution."""
    here = find_place(request, place, year)
    rubric = current_rubric(request.GET.get("rubric", ""))
    context = {"place": here, "rubric": rubric, "crumbs": crumbs(here), "is_provisional": _is_provisional(here)}
    if here.institution is None:
        return render(request, "anlan/city.html", {**context, "city": city(here, rubric)})
    sheet = sheet_at(here, rubric)
    return render(request, "anlan/score_sheet.html", {**context, "sheet": sheet, "gaps": gaps_of(here, sheet, most=4)})


def print_sheet(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the sheet for paper: every lost point with its reason, A4."""
    here = find_place(request, place, year)
    sheet = sheet_at(here, current_rubric(request.GET.get("rubric", "")))
    context = {"place": here, "rubric": sheet.rubric, "sheet": sheet, "reasons": explained_all(here, sheet)}
    return render(request, "anlan/score_print.html", {**context, "is_provisional": _is_provisional(here)})


def rule(request: HttpRequest, place: str, year: int, rule: str) -> HttpResponse:
    """Show one rule at one institution: definition, figures, months, records, the way back."""
    here = find_place(request, place, year)
    sheet = sheet_at(here, current_rubric(request.GET.get("rubric", "")))
    reason = _reason(here, sheet, rule, most=50)
    way = [*crumbs(here), {"name": _("Score sheet"), "url": here.url("score")}]
    context = {"place": here, "sheet": sheet, "reason": reason, "crumbs": way, "can_judge": _can_judge(here, reason)}
    return render(request, "anlan/rule.html", context)


def reason(request: HttpRequest, place: str, year: int, rule: str) -> HttpResponse:
    """Return the reason of one rule, to unfold within the sheet."""
    here = find_place(request, place, year)
    sheet = sheet_at(here, current_rubric(request.GET.get("rubric", "")))
    found = _reason(here, sheet, rule)
    return render(
        request, "anlan/part/reason.html", {"place": here, "reason": found, "can_judge": _can_judge(here, found)}
    )


def rubric(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the rubric: categories, rules, and how each ambiguity is read."""
    here = find_place(request, place, year)
    scored_institutions(here)
    found = current_rubric(request.GET.get("rubric", ""))
    return render(request, "anlan/rubric.html", {"place": here, "rubric": found, "crumbs": crumbs(here)})


def _is_provisional(place: Place) -> bool:
    return place.as_of() == place.today and place.today.year == place.year


def _reason(place: Place, sheet: Sheet, code: str, *, most: int = SHOWN) -> Reason:
    try:
        return reason_for(place, sheet, code, most=most)
    except UnknownRule as error:
        raise Http404 from error


def _can_judge(place: Place, reason: Reason) -> bool:
    return place.actor.can("can:judge") and reason.trace.score.outcome == "awaits_person"
