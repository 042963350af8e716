"""The access log, one's cases, the parties to a case, and the opening of masked names."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from anlan.api.found import record_at
from anlan.api.problems import INVALID, Missing, Problem
from anlan.api.records import IdempotencyKey, Key
from anlan.api.session import actor_of
from anlan.api.shapes import Body, Line, ToldPartyOut, told_party
from anlan.flow.authority import may_take
from anlan.flow.parties import NamedParty, named, parties_of
from anlan.flow.perform import perform
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.flow.unmasking import openable, unmask
from anlan.ledger.entry import Origin
from anlan.org.access import Access
from anlan.org.access_reading import Wanted, read_log
from anlan.org.models import Party, Person, Unit
from anlan.org.parties import stakes

router = Router(tags=["access"])
API = Origin(kind="api")
MOST = 200


class AccessOut(Schema):
    """One row of the access log."""

    id: int
    at: dt.datetime
    kind: str
    who: str
    person_id: int | None
    register_code: str
    record_uid: UUID | None
    what: str
    count: int
    reason: str
    address: str


class AccessPage(Schema):
    """A page of the log, newest first. Pass `after` to get the next; 0 at the end."""

    rows: list[AccessOut]
    after: int


class AccessAsked(Schema):
    """What to narrow the log to; empty means all."""

    kind: Line = ""
    who: Line = ""
    register_code: Line = Field("", alias="register")
    since: dt.date | None = None
    until: dt.date | None = None
    after: Annotated[int, Field(ge=0, lt=2**63)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CaseOut(Schema):
    """A case to which one is a party."""

    uid: UUID
    register_code: str
    capacity: str
    since: dt.date


class PartyOut(ToldPartyOut):
    """A party to a case: a person by user name, or a unit by code with a role."""

    since: dt.date


class PartyIn(Body):
    """A party to let in or to release, and why: either `person` (user name) or `unit` (code), the latter with a `role`."""

    capacity: Line
    person: Line = ""
    unit: Line = ""
    role: Line = ""
    reason: Line


class Unmasking(Body):
    """Which masked columns to open, and why. The reason is kept, and the protector of personal information reads it."""

    fields: list[Line]
    reason: Line


@router.get("/access-log", response=AccessPage, summary="Who saw, took out or changed what: for the audit officer")
def list_accesses(request: HttpRequest, asked: Query[AccessAsked]) -> AccessPage:
    """Return a page of what the officer's post reaches; the security officer gets rights and sign-ins alone."""
    wanted = Wanted(
        kind=asked.kind if asked.kind in Access.Kind.values else "",
        who=asked.who,
        register=asked.register_code,
        since=asked.since,
        until=asked.until,
        after=asked.after,
    )
    rows, after = read_log(actor_of(request), wanted, limit=asked.limit)
    return AccessPage(rows=[_access_out(row) for row in rows], after=after)


def _access_out(row: Access) -> AccessOut:
    columns = {name: getattr(row, name) for name in AccessOut.model_fields if name != "register_code"}
    return AccessOut(**columns, register_code=row.register)


@router.get("/cases", response=list[CaseOut], summary="The cases to which you are a party")
def list_cases(request: HttpRequest) -> list[CaseOut]:
    """Return the newest first, at most 200."""
    rows = Party.objects.filter(stakes(actor_of(request))).order_by("-pk")[:MOST]
    return [
        CaseOut(uid=row.record_uid, register_code=row.register, capacity=row.capacity, since=row.starts_on)
        for row in rows
    ]


@router.get("/records/{uid}/parties", response=list[PartyOut], summary="The parties to a case")
def list_parties(request: HttpRequest, uid: UUID) -> list[PartyOut]:
    """Return the parties of today, for those who may name them."""
    return [_party_out(row) for row in parties_of(_named_by(request, uid))]


@router.post("/records/{uid}/parties", response={201: list[PartyOut]}, summary="Let a party into a case")
def involve(request: HttpRequest, uid: UUID, party: PartyIn, key: Key = IdempotencyKey) -> Status[list[PartyOut]]:
    """Take the step `involve` and return every party."""
    record = _named_by(request, uid)
    _take(request, record, "involve", party, key)
    return Status(201, [_party_out(row) for row in parties_of(record)])


@router.post("/records/{uid}/parties/release", response=list[PartyOut], summary="End a party's part in a case")
def release(request: HttpRequest, uid: UUID, party: PartyIn, key: Key = IdempotencyKey) -> list[PartyOut]:
    """Take the step `release` and return the parties that are left."""
    record = _named_by(request, uid)
    _take(request, record, "release", party, key)
    return [_party_out(row) for row in parties_of(record)]


@router.post("/records/{uid}/unmask", response=dict[str, Any], summary="Open masked names with a reason")
def open_names(request: HttpRequest, uid: UUID, unmasking: Unmasking) -> dict[str, Any]:
    """Return the values by column. Every opening stands in the access log."""
    record, actor = record_at(uid), actor_of(request)
    able = openable(record, to=actor)
    if not able:
        raise Missing
    unknown = sorted(set(unmasking.fields) - set(able))
    if unknown:
        message = _("These columns are not masked, or not yours to open: %(names)s.") % {"names": ", ".join(unknown)}
        raise Problem(422, INVALID, message, fields={"fields": [message]})
    return unmask(record, unmasking.fields, by=actor, reason=unmasking.reason)


def _take(request: HttpRequest, record: Register, step: str, party: PartyIn, key: str) -> None:
    named_ones = [_named(party)]
    perform(record, step, by=actor_of(request), origin=API, key=key, reason=party.reason, parties=named_ones)


def _named_by(request: HttpRequest, uid: UUID) -> Register:
    """Return the record if the caller may name its parties; to others there is no such list. Raises: Missing."""
    record = record_at(uid)
    if not may_take(record, spec_of(record).steps["involve"], by=actor_of(request)):
        raise Missing
    return record


def _named(party: PartyIn) -> NamedParty:
    person = Person.objects.filter(username=party.person, is_active=True).first() if party.person else None
    unit = Unit.objects.filter(code=party.unit).first() if party.unit else None
    if (party.person and person is None) or (party.unit and unit is None):
        name = "person" if party.person and person is None else "unit"
        message = _("There is none of this name.")
        raise Problem(422, INVALID, message, fields={name: [message]})
    return NamedParty(capacity=party.capacity, person=person, unit=unit, role=party.role)


def _party_out(row: Party) -> PartyOut:
    return PartyOut(**told_party(named(row)).dict(), since=row.starts_on)
