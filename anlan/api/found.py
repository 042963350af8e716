"""A record by its receipt. In the place of one that was lawfully erased stands its tombstone, for those who could read the record."""

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Schema

from anlan.api.problems import ERASED, Problem, ProblemSchema
from anlan.flow.erasure import entry_position, find_tombstone
from anlan.flow.grounds import all_grounds
from anlan.flow.models import Erasure
from anlan.flow.reading import NotThere, find_record
from anlan.flow.register import Register


class GroundOut(Schema):
    """The legal ground of an erasure; `instrument`, `article` and `text` are empty where the content no longer declares it."""

    code: str
    instrument: str
    article: str
    text: str


class ApprovalOut(Schema):
    """Who approved, and when."""

    who: str
    at: dt.datetime


class TombstoneOut(Schema):
    """What is left of an erased record. `entries` contents and `files` were destroyed; `position` is null until the tree holds `entry`."""

    uid: UUID
    register_code: str
    number: str
    institution: str
    ground: GroundOut
    reason: str
    requested_by: str
    requested_at: dt.datetime
    approvals: list[ApprovalOut]
    erased_at: dt.datetime
    entries: int
    files: int
    entry: UUID
    position: int | None


class GoneSchema(ProblemSchema):
    """The problem of an erased record, with its tombstone."""

    tombstone: TombstoneOut


class Gone(Problem):
    """The record was lawfully erased, and the reader could read it."""

    def __init__(self, stone: Erasure) -> None:
        message = _("%(number)s was lawfully erased. Its entries still stand in the ledger, without their content.")
        super().__init__(410, ERASED, message % {"number": stone.number})
        self.tombstone = tombstone_out(stone)

    def body(self) -> GoneSchema:
        """Return what the response says."""
        return GoneSchema(**super().body().model_dump(), tombstone=self.tombstone)


def record_at(uid: UUID) -> Register:
    """Return the record. Raises: Gone for one that was erased; NotThere for what does not exist or is hidden."""
    try:
        return find_record(uid)
    except NotThere:
        stone = find_tombstone(uid)
        if stone is None:
            raise
        raise Gone(stone) from None


def tombstone_out(stone: Erasure) -> TombstoneOut:
    """Return a tombstone's shape."""
    ground = all_grounds().get(stone.ground)
    words = {name: str(getattr(ground, name, "")) for name in ("instrument", "article", "text")}
    return TombstoneOut.model_validate(
        {
            "uid": stone.record_uid,
            "register_code": stone.register,
            "number": stone.number,
            "institution": stone.institution.code,
            "ground": {"code": stone.ground, **words},
            "reason": stone.reason,
            "requested_by": stone.requested_by.name,
            "requested_at": stone.requested_at,
            "approvals": [{"who": one.by.name, "at": one.at} for one in stone.approvals.all()],
            "erased_at": stone.decided_at,
            "entries": stone.entries,
            "files": stone.files,
            "entry": stone.entry_uid,
            "position": entry_position(stone),
        }
    )
