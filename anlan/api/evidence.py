"""Evidence files of a record: the list, the bytes, adding one, and steps that bring files with them."""

import json
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Status, UploadedFile
from pydantic import ValidationError

from anlan.api.found import record_at
from anlan.api.institutions import visible_institution
from anlan.api.problems import INVALID, Missing, Problem
from anlan.api.records import IdempotencyKey, Key, take
from anlan.api.registers import known_register
from anlan.api.session import actor_of
from anlan.api.shapes import EvidenceOut, Opening, RecordOut, Taking, evidence_out, record_out
from anlan.flow.cases import files_are_open
from anlan.flow.evidence import CONTENT_TYPES, KEPT_APART, Upload, open_evidence
from anlan.flow.models import Evidence
from anlan.flow.noting import note_shown

router = Router(tags=["evidence"])
MOST_FILES = 20
_FILE = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in CONTENT_TYPES}


@router.get("/records/{uid}/evidence", response=list[EvidenceOut], summary="The files of a record")
def list_evidence(request: HttpRequest, uid: UUID) -> list[EvidenceOut]:
    """Return the files that came with the record's steps, oldest first."""
    record = record_at(uid)
    if not files_are_open(record):
        return []
    return [evidence_out(file) for file in Evidence.objects.filter(record_uid=record.uid).order_by("pk")]


@router.get(
    "/records/{uid}/evidence/{file}",
    response=None,
    summary="The bytes of one file",
    openapi_extra={
        "responses": {200: {"description": "The file", "content": _FILE}},
    },
)
def read_evidence(request: HttpRequest, uid: UUID, file: UUID) -> FileResponse:
    """Return the file as an attachment, never to be shown inside a page."""
    record = record_at(uid)
    found = Evidence.objects.filter(record_uid=record.uid, uid=file).first() if files_are_open(record) else None
    if found is None:
        raise Missing
    note_shown(record, what=f"file {found.uid}")
    answer = FileResponse(open_evidence(found.sha256), as_attachment=True, filename=found.name)
    answer["Content-Type"] = found.content_type
    for name, value in KEPT_APART.items():
        answer[name] = value
    return answer


@router.post("/records/{uid}/evidence", response={201: list[EvidenceOut]}, summary="Add files to a record")
def add_evidence(
    request: HttpRequest, uid: UUID, evidence: File[list[UploadedFile]], key: Key = IdempotencyKey
) -> Status[list[EvidenceOut]]:
    """Take the step `attach` with the files and return every file of the record."""
    take(request, record_at(uid), "attach", Taking(), key=key, evidence=_uploads(evidence))
    return Status(201, list_evidence(request, uid))


@router.post("/records/{uid}/steps/{step}/with-evidence", response=RecordOut, summary="Take a step that brings files")
def take_step_with_evidence(
    request: HttpRequest,
    uid: UUID,
    step: str,
    evidence: File[list[UploadedFile]],
    data: Form[str] = "{}",
    key: Key = IdempotencyKey,
) -> RecordOut:
    """Take the step. `data` is what the plain step takes as its body, as JSON text."""
    taking = _parse(Taking, data)
    record = take(request, record_at(uid), step, taking, key=key, evidence=_uploads(evidence))
    return record_out(record, actor=actor_of(request))


@router.post(
    "/registers/{code}/records/with-evidence", response={201: RecordOut}, summary="Open a record that brings files"
)
def open_record_with_evidence(
    request: HttpRequest, code: str, evidence: File[list[UploadedFile]], data: Form[str], key: Key = IdempotencyKey
) -> Status[RecordOut]:
    """Open the record. `data` is what the plain opening takes as its body, as JSON text."""
    opening, spec = _parse(Opening, data), known_register(code)
    place = visible_institution(request, opening.institution)
    record = take(request, spec.model(institution=place), spec.first, opening, key=key, evidence=_uploads(evidence))
    return Status(201, record_out(record, actor=actor_of(request)))


def _uploads(files: list[UploadedFile]) -> tuple[Upload, ...]:
    if len(files) > MOST_FILES:
        message = _("At most %(most)d files go with one step.") % {"most": MOST_FILES}
        raise Problem(422, INVALID, message, fields={"evidence": [message]})
    return tuple(Upload(name=file.name or "", chunks=file.chunks()) for file in files)


def _parse(shape: Any, text: str) -> Any:
    try:
        return shape.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError) as error:
        message = _("`data` is not the JSON that this step takes.")
        raise Problem(422, INVALID, message, fields={"data": [message]}) from error
