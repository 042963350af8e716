"""Importing sheets into a register: template, upload, dry run, writing with progress, undo, and the imports so far."""

import uuid
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.exchange.check import check
from anlan.exchange.columns import columns_of, expected
from anlan.exchange.commit import cancel, is_own, may_mend, open_batch, undo
from anlan.exchange.errors import ExchangeError
from anlan.exchange.mending import mending_file
from anlan.exchange.template import template_version, write_template
from anlan.exchange.upload import kept
from anlan.exchange.work import enqueue_check, enqueue_commit, standing
from anlan.flow.errors import FlowError
from anlan.flow.models import Batch
from anlan.flow.slow import NoPlace, slow_work
from anlan.flow.spec import RegisterSpec
from anlan.org.access import note_export
from anlan.web.catalogue import can_import
from anlan.web.place import Place, find_place
from anlan.web.views.registers import crumbs, register_at

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 20
TONES = {
    "uploaded": "info",
    "checked": "attention",
    "running": "info",
    "committed": "done",
    "undone": "line",
    "failed": "danger",
}


def index(request: HttpRequest, place: str, year: int, register: str) -> HttpResponse:
    """Show template, upload and earlier imports of a register; take an upload."""
    here, spec = _at(request, place, year, register)
    error = ""
    if request.method == "POST":
        batch, error = _upload(request, here, spec)
        if batch is not None:
            return redirect(here.url("import", spec.code, batch.uid))
    batches = (
        Batch.objects.filter(institution=here.institution, register=spec.code)
        .select_related("by")
        .order_by("-at", "-pk")
    )
    context = {
        **_context(here, spec),
        "error": error,
        "columns": [{"column": column, "expected": expected(column)} for column in columns_of(spec)],
        "version": template_version(spec),
        "batches": [_shown(batch, here) for batch in Paginator(batches, PAGE).get_page(request.GET.get("page"))],
    }
    return render(request, "anlan/imports/index.html", context, status=422 if error else 200)


@require_GET
def template(request: HttpRequest, place: str, year: int, register: str) -> HttpResponse:
    """Send the template with the institution's records in its dropdowns."""
    here, spec = _at(request, place, year, register)
    stream = BytesIO()
    write_template(spec, stream, language=get_language() or "zh-hans", institution=here.institution)
    note_export(here.actor, "import template", 1, register=spec.code, institution=here.institution)
    return _file(stream.getvalue(), f"{spec.name}.xlsx")


@require_GET
def one(request: HttpRequest, place: str, year: int, register: str, batch: uuid.UUID) -> HttpResponse:
    """Show one import: how far it is, what the dry run found, what may be done next. Polled while work is under way."""
    here, spec = _at(request, place, year, register)
    context = {**_context(here, spec), **_shown(_batch(here, spec, batch), here)}
    part = "anlan/imports/state.html" if request.htmx else "anlan/imports/import.html"  # type: ignore[attr-defined]
    return render(request, part, context)


@require_GET
def errors(request: HttpRequest, place: str, year: int, register: str, batch: uuid.UUID) -> HttpResponse:
    """Send the uploaded rows with the bad cells marked to who uploaded them, while they are not written."""
    here, spec = _at(request, place, year, register)
    found = _batch(here, spec, batch)
    if not may_mend(found, by=here.actor):
        raise Http404
    assert here.institution is not None  # noqa: S101  (`_at` refused it)
    try:
        with slow_work():
            checked = check(spec, here.institution, kept(found.file_sha256), name=found.file_name, by=here.actor)
            marked = mending_file(checked)
    except NoPlace:
        messages.error(request, _("The server is looking into other files. Ask for the sheet again in a minute."))
        return redirect(here.url("import", spec.code, found.uid))
    note_export(here.actor, "rows to mend", found.rows, register=spec.code, institution=here.institution)
    return _file(marked, _("%(name)s to mend.xlsx") % {"name": found.file_name.rsplit(".", 1)[0]})


@require_POST
def act(request: HttpRequest, place: str, year: int, register: str, batch: uuid.UUID, action: str) -> HttpResponse:
    """Write, cancel or undo an import, then show it."""
    here, spec = _at(request, place, year, register)
    found = _batch(here, spec, batch)
    try:
        _take(request, here, found, action)
    except (ExchangeError, FlowError) as error:
        messages.error(request, str(error.message))
    return redirect(here.url("import", spec.code, found.uid))


def _take(request: HttpRequest, here: Place, batch: Batch, action: str) -> None:
    if action in ("commit", "cancel") and not is_own(batch, by=here.actor):
        raise Http404
    if action == "commit":
        enqueue_commit(batch)
    elif action == "cancel":
        cancel(batch)
        messages.success(request, _("The import was cancelled; nothing was written."))
    elif action == "undo":
        count = undo(batch, by=here.actor)
        messages.success(
            request, _("%(count)d records are annulled. They stay visible and no longer count.") % {"count": count}
        )
    else:
        raise Http404


def _at(request: HttpRequest, place: str, year: int, register: str) -> tuple[Place, RegisterSpec]:
    """Return place and register. Raises: Http404 unless the person may import there."""
    here = find_place(request, place, year)
    spec = register_at(request, here, register)
    if not can_import(here, spec):
        raise Http404
    return here, spec


def _upload(request: HttpRequest, here: Place, spec: RegisterSpec) -> tuple[Batch | None, str]:
    file = request.FILES.get("file")
    if file is None or here.institution is None:
        return None, _("Choose a file first.")
    try:
        batch = open_batch(spec, here.institution, file.read(), name=file.name or "", by=here.actor)
    except ExchangeError as error:
        return None, error.message
    enqueue_check(batch)
    return batch, ""


def _batch(here: Place, spec: RegisterSpec, uid: uuid.UUID) -> Batch:
    found = Batch.objects.filter(uid=uid, institution=here.institution, register=spec.code).select_related("by").first()
    if found is None:
        raise Http404
    return found


def _shown(batch: Batch, here: Place) -> dict[str, Any]:
    """Return what the templates show of an import; the cells of the report only to who uploaded the sheet."""
    is_busy = batch.state in (Batch.State.UPLOADED, Batch.State.RUNNING)
    return {
        "batch": batch,
        "tone": TONES[batch.state],
        "is_busy": is_busy,
        "standing": standing(batch) if is_busy else None,
        "report": batch.report,
        "is_own": is_own(batch, by=here.actor),
        "problems": batch.report.get("problems", []) if may_mend(batch, by=here.actor) else [],
        "more_problems": max(0, batch.report.get("problem_count", 0) - len(batch.report.get("problems", []))),
    }


def _context(here: Place, spec: RegisterSpec) -> dict[str, Any]:
    return {"place": here, "spec": spec, "crumbs": crumbs(here, spec, "import")}


def _file(content: bytes, name: str) -> HttpResponse:
    from django.utils.http import content_disposition_header

    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
