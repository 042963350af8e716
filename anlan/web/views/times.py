"""Honest times beside the score: the panel that the score pages load after themselves, and the records behind each cell."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from anlan.facts.honesty import has
from anlan.measures.honesty import Honesty
from anlan.web.scores_source import as_of_in_view
from anlan.web.times_page import records_page, times_page
from anlan.web.views.registers import register_at
from anlan.web.views.scores import crumbs, institution_place, require, scored_place


def times(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the panel of a place; an htmx request gets the panel alone."""
    here = scored_place(request, place, year)
    if here.institution is None:
        require(here, "can:compare")
    page = times_page(here, as_of=as_of_in_view(request, here))
    context = {"place": here, "page": page, "crumbs": crumbs(here, _("Honest times"))}
    template = "anlan/scores/times_panel.html" if request.htmx else "anlan/scores/times.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def records(request: HttpRequest, place: str, year: int, register: str, kind: str) -> HttpResponse:
    """Show the records behind one cell of the panel."""
    here = institution_place(request, place, year)
    spec = register_at(request, here, register)
    if kind not in set(Honesty) or not spec.is_timed or not has(spec, Honesty(kind)):
        raise Http404
    page = records_page(here, spec, Honesty(kind), as_of=as_of_in_view(request, here))
    way = [*crumbs(here, _("Honest times")), {"name": spec.name, "url": ""}]
    way[-2]["url"] = here.url("times")
    return render(
        request, "anlan/scores/times_records.html", {"place": here, "spec": spec, "page": page, "crumbs": way}
    )
