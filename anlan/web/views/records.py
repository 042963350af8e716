"""One record: its page, the form that opens it, the steps that follow, and its evidence files."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from anlan.flow.authority import may_take
from anlan.flow.cases import files_are_open
from anlan.flow.declare import ANNULLED
from anlan.flow.erasure import find_tombstone, may_ask, waiting_for
from anlan.flow.errors import FlowError, Refused, WrongState
from anlan.flow.evidence import KEPT_APART, open_evidence
from anlan.flow.models import Evidence
from anlan.flow.noting import note_shown
from anlan.flow.perform import perform
from anlan.flow.reading import NotThere, find_record
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, find_register
from anlan.flow.unmasking import openable
from anlan.ledger.models import Entry
from anlan.web.catalogue import reportable
from anlan.web.erasures import erasure_line
from anlan.web.forms import StepForm
from anlan.web.place import Place, find_place
from anlan.web.sheet import page_of_record, steps_for
from anlan.web.views.registers import crumbs, register_at


def record(request: HttpRequest, place: str, year: int, register: str, uid: uuid.UUID) -> HttpResponse:
    """Show a record: status, facts, evidence, timeline, next steps."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    try:
        found = _find(here, spec, uid)
    except Http404:
        return tombstone(request, here, spec, uid)
    context = _context(here, spec, found)
    return render(request, "anlan/part/record.html" if request.htmx else "anlan/record.html", context)  # type: ignore[attr-defined]


def new(request: HttpRequest, place: str, year: int, register: str) -> HttpResponse:
    """Open a record: the form of the register's first step."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    if spec not in reportable(here):
        raise Http404
    fresh = spec.model(institution=here.institution)
    form = StepForm(*_posted(request), record=fresh, step_name=spec.first, actor=here.actor, initial=request.GET.dict())
    if request.method == "POST" and (entry := _take(form)):
        messages.success(request, _with_receipt(_("%(number)s is recorded.") % {"number": fresh.number}, entry))
        return redirect(here.url("record", spec.code, fresh.uid))
    context = {"place": here, "spec": spec, "form": form, "step": form.step, "crumbs": crumbs(here, spec, "new")}
    return render(request, "anlan/new.html", context, status=422 if form.errors else 200)


def step(request: HttpRequest, place: str, year: int, register: str, uid: uuid.UUID, step: str) -> HttpResponse:
    """Show the form of a step, or take it; an htmx request gets the fragment alone."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    found = _find(here, spec, uid)
    if step not in {option.name for option in steps_for(spec, found, place=here)}:
        return _gone_on(request, here, spec, found)
    form = StepForm(*_posted(request), record=found, step_name=step, actor=here.actor)
    if request.method == "POST" and (entry := _take(form)):
        messages.success(request, _with_receipt(_("“%(step)s” is done.") % {"step": form.step.label}, entry))
        return _after(request, here, spec, found)
    context = {**_context(here, spec, found), "form": form, "step": form.step, "step_name": step}
    return render(request, _step_template(request), context, status=422 if form.errors else 200)


def evidence(request: HttpRequest, uid: uuid.UUID) -> FileResponse:
    """Send an evidence file to a person who may read its record."""
    try:
        file = Evidence.objects.get(uid=uid)
        record = find_record(file.record_uid, spec=find_register(file.register))
        if not files_are_open(record):
            raise Http404
        note_shown(record, what=f"file {file.uid}")
    except (Evidence.DoesNotExist, LookupError) as error:
        raise Http404 from error
    answer = FileResponse(
        open_evidence(file.sha256), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    for name, value in KEPT_APART.items():
        answer[name] = value
    return answer


def _find(place: Place, spec: RegisterSpec, uid: uuid.UUID) -> Register:
    try:
        found = find_record(uid, spec=spec)
    except NotThere as error:
        raise Http404 from error
    if not found.institution.unit.path.startswith(place.unit.path):
        raise Http404
    return found


def tombstone(request: HttpRequest, place: Place, spec: RegisterSpec, uid: uuid.UUID) -> HttpResponse:
    """Show what stands at the address of an erased record. Raises: Http404 for those who could not see the record."""
    stone = find_tombstone(uid, spec=spec)
    if stone is None or not stone.institution.unit.path.startswith(place.unit.path):
        raise Http404
    context = {
        "place": place,
        "spec": spec,
        "stone": erasure_line(stone, place),
        "crumbs": crumbs(place, spec, "record"),
    }
    return render(request, "anlan/tombstone.html", context, status=410)


def _posted(request: HttpRequest) -> tuple[Any, ...]:
    return (request.POST, request.FILES) if request.method == "POST" else ()


def _take(form: StepForm) -> Entry | None:
    """Perform the step of a posted form and return its ledger entry; complaints go back to the form."""
    if not form.is_valid():
        return None
    if form.record.pk is not None and form.cleaned_data["version"] != form.record.version:
        form.add_error(
            None, _("Somebody else changed this record in the meantime. Reload the page and take the step again.")
        )
        return None
    try:
        return perform(form.record, form.step_name, by=form.actor, **form.answers())
    except (Refused, WrongState):
        raise
    except FlowError as error:
        form.refuse(error)
        return None


def _with_receipt(done: str, entry: Entry) -> SafeString:
    """Return what was done with the way to its receipt."""
    return format_html('{} <a href="{}">{}</a>', done, reverse("portal:receipt", args=(entry.uid,)), _("Its receipt"))


def _context(place: Place, spec: RegisterSpec, record: Register) -> dict[str, Any]:
    page = page_of_record(spec, record, place=place)
    return {
        "place": place,
        "spec": spec,
        "record": record,
        "page": page,
        "crumbs": crumbs(place, spec, "record"),
        "annulled": ANNULLED,
        "erasure": waiting_for(record),
        "may_ask_erasure": may_ask(place.actor, record),
        "can_unmask": bool(openable(record, to=place.actor)),
        "names_parties": may_take(record, spec.steps["involve"], by=place.actor),
    }


def _step_template(request: HttpRequest) -> str:
    return "anlan/part/step_form.html" if request.htmx else "anlan/step.html"  # type: ignore[attr-defined]


def _after(request: HttpRequest, place: Place, spec: RegisterSpec, record: Register) -> HttpResponse:
    """Show the record as it is now."""
    try:
        found = _find(place, spec, record.uid)
    except Http404:  # the step handed the case over: it is about leaders now, or another department's
        messages.info(request, _("%(number)s is handed over; you see it no longer.") % {"number": record.number})
        return _leave(request, place.url("list", spec.code))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(place.url("record", spec.code, record.uid))
    answer = render(request, "anlan/part/record.html", {**_context(place, spec, found), "is_swap": True})
    answer["HX-Retarget"], answer["HX-Reswap"] = "#record", "outerHTML"
    answer["HX-Trigger"] = "todo"  # the count in the top bar asks again
    return answer


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(url)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = url
    return answer


def _gone_on(request: HttpRequest, place: Place, spec: RegisterSpec, record: Register) -> HttpResponse:
    """The step is not open to this person now: say so on the record's page rather than as an error."""
    words = {"number": record.number, "state": spec.states[record.state]}
    messages.error(
        request, _("%(number)s is now “%(state)s”; that step is not open. Choose one of the steps shown.") % words
    )
    return _after(request, place, spec, record)
