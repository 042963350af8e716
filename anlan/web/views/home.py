"""The home of each role: what is missing or late, nearest first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from anlan.web import todo
from anlan.web.access_words import is_protector, openings
from anlan.web.catalogue import often, reportable
from anlan.web.erasures import waiting_for_approval_of
from anlan.web.place import find_place
from anlan.web.scores_city import most_to_decide
from anlan.web.scores_missing import missing_context

SHOWN = 12


def home(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show what waits for this person at this place."""
    here = find_place(request, place, year)
    waiting = todo.tasks(here)
    late = [task for task in waiting if task.is_late]
    shown = waiting if "all" in request.GET else waiting[:SHOWN]
    context = {
        "place": here,
        "tasks": shown,
        "total": len(waiting),
        "rest": len(waiting) - len(shown),
        "late": late,
        "reportable": often(reportable(here))[:6],
    }
    context |= {"is_protector": is_protector(here), "openings": openings(here, now=timezone.now())}
    context["erasures"] = waiting_for_approval_of(here)
    context |= {"has_more": len(waiting) >= todo.MOST, "low": most_to_decide(here)} | missing_context(here)
    return render(request, "anlan/home.html", context)


def todo_count(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Return the number for the badge; loaded after the page, so that no page waits for it."""
    here = find_place(request, place, year)
    return render(request, "anlan/part/todo_count.html", {"count": todo.count(here)})
