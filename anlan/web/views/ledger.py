"""The page of the ledger: how far, how fresh, who witnessed it, what is wrong."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from anlan.flow.audit import walk_of_audit
from anlan.ledger.status import checkpoint_words, ledger_status
from anlan.org.baseline import baseline_at
from anlan.org.content_changes import content_changes
from anlan.org.scope import Actor, as_system
from anlan.web.administration import way
from anlan.web.ledger_words import is_in_order, witness_lines
from anlan.web.place import Place, find_administered, find_place, reads_ledger_status
from anlan.web.views.registers import crumbs


def status(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the state of the ledger. It speaks of the whole log, never of a record."""
    here = _place(request, place, year)
    with as_system("state of the ledger"):  # it counts entries of the whole log and names none
        found = ledger_status(now=timezone.now())
        context = {"place": here, "status": found, "checkpoint": checkpoint_words(), "walk": walk_of_audit()}
        context |= {"content_changes": list(content_changes()), "proven_from": baseline_at()}
    context |= {"witnesses": witness_lines(found), "is_in_order": is_in_order(found)}
    context["crumbs"] = way(here) if here.is_administration else crumbs(here)
    return render(request, "anlan/ledger/status.html", context)


def _place(request: HttpRequest, code: str, year: int) -> Place:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.can("can:administer"):
        return find_administered(request, code, year)
    here = find_place(request, code, year)
    if not reads_ledger_status(here):
        raise Http404
    return here
