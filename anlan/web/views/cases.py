"""Cases apart from any place: one's own list, one case as a party sees it, its parties, and the opening of masked names."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.flow.authority import may_take
from anlan.flow.declare import ANNULLED
from anlan.flow.errors import FlowError, Refused
from anlan.flow.parties import named, parties_of
from anlan.flow.perform import perform
from anlan.flow.reading import NotThere, find_record
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.flow.unmasking import openable, unmask
from anlan.org.scope import Actor
from anlan.web.cases import PartyForm, ReasonForm, UnmaskForm, lines_for, party_rows, record_url, registers_of_cases
from anlan.web.place import Place, default_place, find_place
from anlan.web.sheet import page_of_record
from anlan.web.views.registers import crumbs


@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """Show the cases to which the person is a party, and the registers of cases at the place in view."""
    _keep_menus(request)
    place: Place | None = getattr(request, "place", None)
    registers = registers_of_cases(place) if place else []
    context = {"lines": lines_for(_actor(request)), "place": place, "registers": registers}
    return render(request, "anlan/cases/list.html", context)


@require_GET
def case(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Show one case to whoever may see it: what a party from outside opens, without the menus of an institution."""
    record = _find(uid)
    _keep_menus(request)
    return render(request, "anlan/cases/case.html", _context(request, record))


def unmasked(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ask for a reason; then show the opened values on this one page."""
    record, actor = _find(uid), _actor(request)
    if not openable(record, to=actor):
        raise Http404
    _keep_menus(request)
    form = UnmaskForm(request.POST if request.method == "POST" else None, record=record, actor=actor)
    opened: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        opened = _open(form, record, actor)
    context = {**_context(request, record, is_beyond=True), "form": form, "opened": opened}
    return render(request, "anlan/cases/unmask.html", context, status=422 if form.errors else 200)


def parties(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Show the parties to a case, and let one in."""
    record = _names_parties(request, uid)
    _keep_menus(request)
    form = PartyForm(request.POST if request.method == "POST" else None, record=record)
    if request.method == "POST" and form.is_valid() and _involve(form, record, _actor(request)):
        messages.success(request, _("The party is let in, and the timeline says so."))
        return redirect("web:parties", record.uid)
    return _parties_page(request, record, form)


@require_POST
def release(request: HttpRequest, uid: uuid.UUID, party: int) -> HttpResponse:
    """End a party's part in a case."""
    record = _names_parties(request, uid)
    found = next((one for one in parties_of(record) if one.pk == party), None)
    if found is None:
        raise Http404
    end = ReasonForm(request.POST, prefix="end")
    if not end.is_valid():
        _keep_menus(request)
        return _parties_page(request, record, PartyForm(record=record), end=end, of=party)
    try:
        perform(record, "release", by=_actor(request), reason=end.cleaned_data["reason"], parties=[named(found)])
    except FlowError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The party sees the case no longer."))
    return redirect("web:parties", record.uid)


def _parties_page(
    request: HttpRequest, record: Register, form: PartyForm, *, end: ReasonForm | None = None, of: int | None = None
) -> HttpResponse:
    """`end` is the refused reason for ending the part `of` one party."""
    context = {
        **_context(request, record, is_beyond=True),
        "form": form,
        "parties": party_rows(record),
        "end": end,
        "of": of,
    }
    is_refused = form.errors or (end is not None and end.errors)
    return render(request, "anlan/cases/parties.html", context, status=422 if is_refused else 200)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _find(uid: uuid.UUID) -> Register:
    try:
        return find_record(uid)
    except NotThere as error:
        raise Http404 from error


def _names_parties(request: HttpRequest, uid: uuid.UUID) -> Register:
    record = _find(uid)
    if not may_take(record, spec_of(record).steps["involve"], by=_actor(request)):
        raise Http404
    return record


def _keep_menus(request: HttpRequest) -> None:
    """Keep the place looked at last in the menus; somebody from outside has none."""
    if place := default_place(request, _actor(request)):
        find_place(request, *place)


def _context(request: HttpRequest, record: Register, *, is_beyond: bool = False) -> dict[str, Any]:
    """Return what a page of the case shows; a page beyond it has the case itself on its way back."""
    spec, today = spec_of(record), timezone.localdate()
    place = Place(
        unit=record.institution.unit,
        institution=record.institution,
        year=record.occurred_on.year,
        actor=_actor(request),
        today=today,
    )
    page = page_of_record(spec, record, place=place)
    page.steps.clear()
    page.asides.clear()
    names = may_take(record, spec.steps["involve"], by=place.actor)
    flags = {"can_unmask": bool(openable(record, to=place.actor)), "names_parties": names}
    return {
        "place": place,
        "spec": spec,
        "record": record,
        "page": page,
        "annulled": ANNULLED,
        **flags,
        **_way(place, record, is_beyond),
    }


def _way(place: Place, record: Register, is_beyond: bool) -> dict[str, Any]:
    """Return the way back: through the register for whoever reads it, else through one's own cases."""
    url = record_url(record, place)
    way = crumbs(place, spec_of(record), "record") if url else [{"name": _("Cases"), "url": reverse("web:cases")}]
    url = url or reverse("web:case", args=(record.uid,))
    if is_beyond:
        way.append({"name": record.number, "url": url})
    return {"crumbs": way, "record_url": url}


def _open(form: UnmaskForm, record: Register, actor: Actor) -> list[dict[str, Any]]:
    data = form.cleaned_data
    try:
        values = unmask(record, data["fields"], by=actor, reason=data["reason"])
    except FlowError as error:
        form.add_error("reason", str(error.message))
        return []
    return [{"label": spec_of(record).label(name), "value": value or "—"} for name, value in values.items()]


def _involve(form: PartyForm, record: Register, actor: Actor) -> bool:
    party = form.party()
    if party is None:
        return False
    try:
        perform(record, "involve", by=actor, reason=form.cleaned_data["reason"], parties=[party])
    except Refused:
        raise
    except FlowError as error:
        form.add_error(None, str(error.message))
        return False
    return True
