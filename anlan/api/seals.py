"""Sealed scores for programs: the list of an institution, the document as it was sealed, and the package that proves it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from anlan.api.problems import Missing, Problem
from anlan.api.scores import Year, scored_places
from anlan.api.session import actor_of
from anlan.api.shapes import Line
from anlan.assessment.jsonform import points
from anlan.assessment.models import Seal
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import FIRST_FORMAT, FORMAT, write_package
from anlan.assessment.seal_readers import document_for, withheld_whole
from anlan.assessment.seal_rights import may_take_document, may_take_package

router = Router(tags=["scores"])
_PACKAGE = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
_DOCUMENT = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["format", "institution", "year", "version", "totals", "categories", "records", "checkpoint"],
            "properties": {"format": {"enum": [FORMAT, FIRST_FORMAT]}},
        }
    }
}


class SealOut(Schema):
    """A sealed score, in points. `kind` is commission or self_check; `sha256` is that of the document, which its ledger entry tells."""

    uid: UUID
    kind: str
    rubric: str
    edition: str
    year: int
    version: int
    as_of: dt.date
    raw: float
    applicable_max: float
    normalised: float | None
    sha256: str
    entry: UUID
    reason: str
    published_at: dt.datetime
    published_by: str | None
    takes_package: bool


@router.get(
    "/scores/{institution}/seals", response=list[SealOut], summary="The sealed scores of an institution, newest first"
)
def list_seals(
    request: HttpRequest, institution: str, year: Year | None = None, rubric: Line | None = None
) -> list[SealOut]:
    """Return every seal that stands, also those behind which a later one stands."""
    (place,) = scored_places(request, institution)
    rows = Seal.objects.filter(institution=place).select_related("institution__unit", "published_by")
    rows = rows if year is None else rows.filter(year=year)
    rows = rows if rubric is None else rows.filter(rubric=rubric)
    return [_seal_out(request, row) for row in rows.order_by("-published_at", "-pk")]


@router.get(
    "/scores/{institution}/seals/{seal}",
    response=None,
    summary="score.json of a sealed score, byte by byte as it was sealed",
    openapi_extra={"responses": {200: {"description": "The sealed document", "content": _DOCUMENT}}},
)
def read_seal(request: HttpRequest, institution: str, seal: UUID) -> HttpResponse:
    """Return the document `anlan-score/2`, which `anlan verify` takes."""
    found = _found(request, institution, seal)
    if not may_take_document(actor_of(request), found):
        raise refused()
    return _sent(document_for(found, by=actor_of(request)), "application/json")


@router.get(
    "/scores/{institution}/seals/{seal}/package",
    response=None,
    summary="The package of a sealed score, cut to the records that you may read",
    openapi_extra={"responses": {200: {"description": "A ZIP", "content": _PACKAGE}}},
)
def read_package(request: HttpRequest, institution: str, seal: UUID) -> HttpResponse:
    """Return the package: with it and the document `anlan verify score.json --package` needs nothing of this server."""
    found = _found(request, institution, seal)
    if not may_take_package(actor_of(request), found):
        raise refused()
    return _sent(write_package(package_of(found, by=actor_of(request))), "application/zip")


def refused() -> Problem:
    """Return the answer for a seal of the first format that cannot be cut to what the reader may see."""
    error = withheld_whole()
    return Problem(403, error.code, error.message)


def _found(request: HttpRequest, institution: str, uid: UUID) -> Seal:
    """Return a seal of an institution whose score the reader may see. Raises: Missing."""
    (place,) = scored_places(request, institution)
    found = Seal.objects.select_related("institution__unit").filter(institution=place, uid=uid).first()
    if found is None:
        raise Missing
    return found


def _seal_out(request: HttpRequest, seal: Seal) -> SealOut:
    names: dict[str, Any] = {name: getattr(seal, name) for name in SealOut.model_fields if hasattr(seal, name)}
    changed = {
        "raw": points(seal.raw),
        "applicable_max": points(seal.applicable_max),
        "normalised": None if seal.normalised is None else points(seal.normalised),
        "entry": seal.entry_uid,
        "published_by": seal.published_by.name if seal.published_by else None,
        "takes_package": may_take_package(actor_of(request), seal),
    }
    return SealOut(**names | changed)


def _sent(body: bytes, content_type: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=content_type)
    answer["Cache-Control"] = "private, no-store"
    return answer
