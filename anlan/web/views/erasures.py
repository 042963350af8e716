"""Lawful erasure: asking for it on a record, the list of requests, and the decision of those who approve."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.flow.erasure import approve, may_approve, may_ask, may_end, refuse, request_erasure, waiting_for
from anlan.flow.errors import FlowError
from anlan.flow.holds import holds_on
from anlan.flow.models import Erasure
from anlan.flow.reading import NotThere, find_record
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.web.erasures import ErasureForm, can_look_at_erasures, erasures_page, find_erasure
from anlan.web.place import Place, find_place
from anlan.web.signed_in_again import asks_again
from anlan.web.views.registers import crumbs, register_at


def ask(request: HttpRequest, place: str, year: int, register: str, uid: uuid.UUID) -> HttpResponse:
    """Ask for the erasure of a record, or say what still needs it."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    found = _record(here, uid, spec)
    holds = holds_on(found, today=here.today)
    form = ErasureForm(request.POST if request.method == "POST" and not holds else None)
    if form.is_bound and form.is_valid() and _asked(form, found, here):
        messages.success(request, _("The erasure is asked for; two other people have to approve it."))
        return redirect(here.url("record", register, uid))
    context = {"place": here, "spec": spec, "record": found, "form": form, "holds": holds}
    context |= {"waiting": waiting_for(found), "crumbs": crumbs(here, spec, "record")}
    return render(request, "anlan/erasures/ask.html", context, status=422 if form.errors else 200)


def index(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the requests that wait and what was decided."""
    here = find_place(request, place, year)
    if not can_look_at_erasures(here):
        raise Http404
    context = {"place": here, "page": erasures_page(here), "crumbs": crumbs(here)}
    return render(request, "anlan/erasures/index.html", context)


@require_POST
@asks_again
def decide(request: HttpRequest, place: str, year: int, erasure: uuid.UUID, action: str) -> HttpResponse:
    """Approve or refuse a request."""
    here = find_place(request, place, year)
    found = find_erasure(here, erasure)
    allowed = {"approve": may_approve, "refuse": may_end}
    if found is None or action not in allowed or not allowed[action](here.actor, found):
        raise Http404
    try:
        messages.success(request, _decided(found, action, here))
    except FlowError as error:
        messages.error(request, str(error.message))
    return redirect(here.url("erasures"))


def _asked(form: ErasureForm, record: Register, here: Place) -> bool:
    answers = form.cleaned_data
    try:
        request_erasure(record, by=here.actor, ground=answers["ground"], reason=answers["reason"], at=timezone.now())
    except FlowError as error:
        form.add_error(None, str(error.message))
        return False
    return True


def _decided(found: Erasure, action: str, here: Place) -> str:
    words = {"number": found.number}
    if action == "refuse":
        refuse(found, by=here.actor)
        return _("The request to erase %(number)s is ended; the record stays.") % words
    if approve(found, by=here.actor).state == Erasure.State.ERASED:
        return _("%(number)s is erased. Its tombstone stands at its address.") % words
    return _("Your approval is noted; another person has to approve the erasure of %(number)s.") % words


def _record(here: Place, uid: uuid.UUID, spec: RegisterSpec) -> Register:
    try:
        found = find_record(uid, spec=spec)
    except NotThere as error:
        raise Http404 from error
    if not found.institution.unit.path.startswith(here.unit.path) or not may_ask(here.actor, found):
        raise Http404
    return found
