"""Changes of accounts that take two people: what waits, one request, and the decision of the second person."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anlan.org.account_requests import approve, end, find_request, may_look, read_by
from anlan.org.credentials import AccountRequest
from anlan.org.errors import Contradiction
from anlan.org.models import Person
from anlan.org.scope import Actor
from anlan.web.account_requests import Line, line_of, lines_for
from anlan.web.signed_in_again import asks_again


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, and what became of the rest."""
    actor = _actor(request)
    waiting, over = lines_for(actor, now=timezone.now())
    return render(request, "anlan/account_requests/index.html", {"waiting": waiting, "over": over})


@never_cache
@require_GET
def one(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Show one request, to its asker with their half of the password."""
    return render(request, "anlan/account_requests/one.html", _page(_find(request, uid), _actor(request)))


@never_cache
@require_POST
@asks_again
def decide(request: HttpRequest, uid: uuid.UUID, action: str) -> HttpResponse:
    """Approve a request, which carries it out, or end it."""
    row, actor = _find(request, uid), _actor(request)
    if action not in ("approve", "end"):
        raise Http404
    try:
        if action == "end":
            end(row, by=actor)
            messages.success(request, _("The request is ended; nothing was changed."))
            return redirect("web:account-request", row.uid)
        made = approve(row, by=actor)
    except Contradiction as error:
        messages.error(request, error.message)
        return redirect("web:account-request", row.uid)
    if made.password:
        row = _find(request, uid)
        return render(request, "anlan/account_requests/one.html", _page(row, actor) | {"second_half": made.password})
    messages.success(request, _("It is carried out, and the person is told."))
    return redirect("web:account-request", row.uid)


@require_POST
def told(request: HttpRequest) -> HttpResponse:
    """Note that the person has read what was done to their account."""
    person: Person = request.user  # type: ignore[assignment]
    shown = request.POST.getlist("request")
    read_by(person, which=shown, by=request.actor, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("web:me")


def _page(row: AccountRequest, actor: Actor) -> dict[str, Any]:
    line: Line = line_of(row, actor, now=timezone.now())
    return {"line": line, "request_row": row}


def _find(request: HttpRequest, uid: uuid.UUID) -> AccountRequest:
    found = find_request(_actor(request), uid)
    if found is None:
        raise Http404
    return found


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_look(actor):
        raise Http404
    return actor
