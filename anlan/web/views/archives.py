"""Archive packages at an institution: ask for one, watch it being written, take the file."""

import uuid
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.exchange.archive.work import archives_of, enqueue_archive, find_archive, open_archive
from anlan.flow.spec import all_registers
from anlan.org.access import note_export
from anlan.org.jobs import Job
from anlan.web.catalogue import can_archive
from anlan.web.place import Place, find_place
from anlan.web.views.registers import crumbs

TAKEN = "archive package taken"  # as the access log names it
TONES = {Job.State.WAITING: "info", Job.State.RUNNING: "info", Job.State.DONE: "done", Job.State.FAILED: "danger"}


def index(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the form and the packages so far; queue one that is asked for. Polled while one is being written."""
    here = _at(request, place, year)
    specs = [spec for spec in all_registers() if here.reads(spec.sensitivity)]
    if request.method == "POST":
        chosen = next((spec for spec in specs if spec.code == request.POST.get("register")), None)
        enqueue_archive(
            here.institution,  # type: ignore[arg-type]  # `_at` refused a commission
            register=chosen,
            year=here.year if request.POST.get("years") == "one" else None,
            evidence="evidence" in request.POST,
            by=here.actor,
        )
        return redirect(here.url("archives"))
    shown = [_shown(job, here) for job in archives_of(here.institution, by=here.actor)]  # type: ignore[arg-type]  # as above
    context = {"place": here, "specs": specs, "archives": shown, "is_busy": any(one["is_busy"] for one in shown)}
    context["crumbs"] = [*crumbs(here), {"name": _("Registers"), "url": here.url("registers")}]
    part = "anlan/archives/list.html" if request.htmx else "anlan/archives/index.html"  # type: ignore[attr-defined]
    return render(request, part, context)


@require_GET
def file(request: HttpRequest, place: str, year: int, job: uuid.UUID) -> FileResponse:
    """Send a package to the person who asked for it."""
    here = _at(request, place, year)
    found = find_archive(job, here.institution, by=here.actor)  # type: ignore[arg-type]  # `_at` refused a commission
    if found is None:
        raise Http404
    name = f"anlan-{here.unit.code}-{job.hex[:8]}.zip"
    answer = FileResponse(open_archive(found), as_attachment=True, filename=name, content_type="application/zip")
    answer["X-Content-Type-Options"] = "nosniff"
    # the row of the making says who asked; this one who took it, when and from where
    count, register = (found.result or {}).get("records", 0), found.arguments["register"]
    note_export(here.actor, TAKEN, count, register=register, institution=here.institution)
    return answer


def _at(request: HttpRequest, place: str, year: int) -> Place:
    """Return the place. Raises: Http404 unless the person may take packages there."""
    here = find_place(request, place, year)
    if not can_archive(here):
        raise Http404
    return here


def _shown(job: Job, here: Place) -> dict[str, Any]:
    is_busy = job.state in (Job.State.WAITING, Job.State.RUNNING)
    found = find_archive(job.uid, here.institution, by=here.actor) if not is_busy else None  # type: ignore[arg-type]
    register = next((spec.name for spec in all_registers() if spec.code == job.arguments["register"]), "")
    return {
        "job": job,
        "asked": job.arguments,
        "register": register,
        "at": job.run_after,
        "tone": TONES[Job.State(job.state)],
        "is_busy": is_busy,
        "percent": min(100, job.done_units * 100 // job.total_units) if job.total_units else 0,
        "result": job.result or {},
        "url": here.url("archive-file", job.uid) if found else "",
    }
