"""Records: pages of a register, one record with its timeline, opening one and taking steps."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.params.functions import Header, Query
from pydantic import Field, StringConstraints

from anlan.api.found import record_at
from anlan.api.institutions import visible_institution
from anlan.api.problems import Missing, Problem
from anlan.api.registers import known_register
from anlan.api.session import actor_of
from anlan.api.shapes import (
    HappeningOut,
    Line,
    Opening,
    PageOut,
    RecordOut,
    Taking,
    happening_out,
    record_out,
)
from anlan.flow.evidence import Upload
from anlan.flow.idempotency import is_used
from anlan.flow.noting import note_shown
from anlan.flow.perform import perform
from anlan.flow.reading import NEWEST_FIRST, find_record, list_records
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.flow.timeline import timeline
from anlan.ledger.entry import Origin
from anlan.org.policy import readable

router = Router(tags=["records"])
API = Origin(kind="api")
Key = Annotated[str, StringConstraints(max_length=120, pattern=r"^[\x21-\x7e]*$")]
IdempotencyKey = Header(
    "", alias="Idempotency-Key", description="Sent again with the same key, a write changes nothing."
)
NO_FILTERS = frozenset({"institution", "search", "sort", "after", "limit"})


@router.get(
    "/registers/{code}/records",
    response=PageOut,
    summary="A page of one institution's records; every other query parameter is a filter of the register",
)
def list_page(
    request: HttpRequest,
    code: str,
    institution: Line,
    search: Line = "",
    sort: Line = NEWEST_FIRST,
    after: Line = "",
    limit: Annotated[int, Field(ge=1, le=200)] = Query(50),
) -> PageOut:
    """Return the page that starts behind the key `after`, newest first unless `sort` says otherwise."""
    spec, place = known_register(code), visible_institution(request, institution)
    if not readable(actor_of(request), spec.sensitivity, institution=place):
        raise Missing
    filters = {name: values for name, values in request.GET.lists() if name not in NO_FILTERS}
    _refuse_nul(filters)
    page = list_records(spec, place, filters=filters, search=search, sort=sort, after=after, limit=limit)
    records = [record_out(row, actor=actor_of(request)) for row in page.rows]
    return PageOut(records=records, after=page.after, searched_to=page.searched_to)


@router.post("/registers/{code}/records", response={201: RecordOut}, summary="Open a record")
def open_record(request: HttpRequest, code: str, opening: Opening, key: Key = IdempotencyKey) -> Status[RecordOut]:
    """Take the register's opening step and return the new record."""
    spec, place = known_register(code), visible_institution(request, opening.institution)
    record = take(request, spec.model(institution=place), spec.first, opening, key=key)
    return Status(201, record_out(record, actor=actor_of(request)))


@router.get("/records/{uid}", response=RecordOut, summary="One record")
def show_record(request: HttpRequest, uid: UUID) -> RecordOut:
    """Return the record of a receipt."""
    return record_out(record_at(uid), actor=actor_of(request))


@router.get("/records/{uid}/timeline", response=list[HappeningOut], summary="What happened to a record, oldest first")
def show_timeline(request: HttpRequest, uid: UUID) -> list[HappeningOut]:
    """Return who took which step when, and what it changed."""
    record = record_at(uid)
    note_shown(record, what="timeline")
    return [happening_out(one) for one in timeline(record)]


@router.post("/records/{uid}/steps/{step}", response=RecordOut, summary="Take a step on a record")
def take_step(request: HttpRequest, uid: UUID, step: str, taking: Taking, key: Key = IdempotencyKey) -> RecordOut:
    """Take the step and return the record as it is afterwards."""
    record = record_at(uid)
    is_stale = taking.version is not None and taking.version != record.version
    if is_stale and not is_used(actor_of(request), key):
        message = _("The record is at version %(is)d; you saw version %(saw)d. Read it again.")
        raise Problem(409, "flow.E020", message % {"is": record.version, "saw": taking.version})
    record = take(request, record, step, taking, key=key)
    return record_out(record, actor=actor_of(request))


def take(
    request: HttpRequest,
    record: Register,
    step: str,
    asked: Opening | Taking,
    *,
    key: str = "",
    evidence: tuple[Upload, ...] = (),
) -> Register:
    """Perform a step and return the record as stored: the first result when the key was used before.

    Raises: FlowError as `perform`.
    """
    spec = spec_of(record)
    given: dict[str, Any] = dict(asked.values)
    entry = perform(
        record, step, by=actor_of(request), origin=API, key=key, evidence=evidence, reason=asked.reason, values=given
    )
    return find_record(entry.record_uid, spec=spec)


def _refuse_nul(filters: dict[str, list[str]]) -> None:
    faulty = [name for name, values in filters.items() if any("\x00" in text for text in (name, *values))]
    if faulty:
        message = _("Some filters are not right.")
        raise Problem(422, "flow.E040", message, fields={name.replace("\x00", ""): [message] for name in faulty})
