"""The screens of sealed scores: the list of a year, the confirmation, a sealed sheet, and its two files."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.assessment.errors import AssessmentError
from anlan.assessment.models import Seal
from anlan.assessment.seal import Wanted, draft, publish, seals_of
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import write_package
from anlan.assessment.seal_readers import document_for, withheld_whole
from anlan.assessment.seal_rights import kind_to_seal, may_take_document, may_take_package
from anlan.web.place import Place
from anlan.web.scores_source import as_of_in_view, rubric_in_view
from anlan.web.seals import SealForm, sealed_page, seals_at
from anlan.web.views.scores import crumbs, institution_place, sheet_in_view, suffix


def seals(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """List the sealed scores of an institution's year."""
    here = institution_place(request, place, year)
    context = {"place": here, "seals": seals_at(here), "crumbs": crumbs(here, _("Sealed scores"))}
    context["kind"] = kind_to_seal(here.actor, _institution(here))
    return render(request, "anlan/scores/seals.html", context)


def seal_new(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Ask for confirmation; on POST seal the score in view and show it."""
    here = institution_place(request, place, year)
    kind = kind_to_seal(here.actor, _institution(here))
    if not kind:
        raise Http404
    sheet = sheet_in_view(request, here)
    last = seals_of(_institution(here), sheet.rubric.code, year, kind).order_by("-version").first()
    form = SealForm(request.POST if request.method == "POST" else None, is_anew=last is not None)
    if request.method == "POST" and form.is_valid():
        made = _publish(request, here, kind, form)
        if made is not None:
            messages.success(request, _("The score is sealed. It stands in the ledger and does not change any more."))
            return redirect("web:seal", place, year, made.uid)
    context = {
        "place": here,
        "sheet": sheet,
        "rubric": sheet.rubric,
        "kind": Seal.Kind(kind),
        "last": last,
        "form": form,
    }
    context |= {
        "as_of": as_of_in_view(request, here),
        "suffix": suffix(request),
        "crumbs": crumbs(here, _("Seal the score")),
    }
    return render(request, "anlan/scores/seal_new.html", context, status=422 if request.method == "POST" else 200)


def seal(request: HttpRequest, place: str, year: int, seal: uuid.UUID) -> HttpResponse:
    """Show a sealed sheet as its document says it."""
    here, found = _found(request, place, year, seal)
    context: dict[str, Any] = {"place": here, "page": sealed_page(found, place=here)}
    context["crumbs"] = crumbs(here, _("Sealed score"))
    return render(request, "anlan/scores/seal.html", context)


def seal_score(request: HttpRequest, place: str, year: int, seal: uuid.UUID) -> HttpResponse:
    """Hand over score.json, byte by byte as it was sealed; one that names a record which the reader may not see is refused."""
    here, found = _found(request, place, year, seal)
    if not may_take_document(here.actor, found):
        return _refused(request, place, found)
    return _download(document_for(found, by=here.actor), "application/json", f"{_stem(found)}.json")


def seal_package(request: HttpRequest, place: str, year: int, seal: uuid.UUID) -> HttpResponse:
    """Hand over the package, cut to what the reader may read."""
    here, found = _found(request, place, year, seal)
    if not may_take_package(here.actor, found):
        return _refused(request, place, found)
    return _download(write_package(package_of(found, by=here.actor)), "application/zip", f"{_stem(found)}.zip")


def _refused(request: HttpRequest, place: str, found: Seal) -> HttpResponse:
    """Say on the page of the seal why a file of the first format is not handed over."""
    refusal = withheld_whole()
    messages.error(request, f"{refusal.message} ({refusal.code})")
    return redirect("web:seal", place, found.year, found.uid)


def _publish(request: HttpRequest, here: Place, kind: str, form: SealForm) -> Seal | None:
    wanted = Wanted(
        institution=_institution(here),
        rubric=rubric_in_view(request).code,
        year=here.year,
        as_of=as_of_in_view(request, here),
        kind=kind,
        reason=form.cleaned_data.get("reason", ""),
    )
    try:
        return publish(draft(wanted), by=here.actor, at=timezone.now())
    except AssessmentError as error:
        form.add_error(None, str(error))
        return None


def _found(request: HttpRequest, place: str, year: int, uid: uuid.UUID) -> tuple[Place, Seal]:
    here = institution_place(request, place, year)
    rows = Seal.objects.select_related("institution__unit", "published_by")
    found = rows.filter(institution=here.institution, year=year, uid=uid).first()
    if found is None:
        raise Http404
    return here, found


def _institution(here: Place) -> Any:
    return here.institution


def _stem(found: Seal) -> str:
    return f"score-{found.institution.code}-{found.rubric}-{found.year}-{found.kind}-v{found.version}"


def _download(body: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
