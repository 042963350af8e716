"""Entries for the tests of the ledger, written as the flow writes them."""

import datetime as dt
import uuid
from dataclasses import replace

from anlan.ledger.append import append
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.models import Entry

AT = dt.datetime(2025, 3, 10, 1, 30, tzinfo=dt.UTC)


def write(count: int = 1, *, record: uuid.UUID | None = None) -> list[Entry]:
    """Append entries: the versions of one record, or one version each of as many records."""
    return [
        append(1, fact(number + 1 if record else 1, record or uuid.uuid4(), note=f"第 {number} 条"))
        for number in range(count)
    ]


def erasure(version: int, record: uuid.UUID, **other: object) -> Fact:
    """The fact that the content of a record was erased lawfully, but for what is said otherwise."""
    content = {"erasure": "e1", "ground": "pipl-47-purpose", "requested_by": 7, "approved_by": [8, 9], **other}
    return replace(fact(version, record, note=""), step="erase", content=content)


def fact(version: int, record: uuid.UUID, *, note: str) -> Fact:
    return Fact(
        uid=uuid.uuid4(),
        institution_code="E04",
        register="hazard",
        record_uid=record,
        version=version,
        step="report",
        actor_id=7,
        occurred_on=dt.date(2025, 3, 9),
        recorded_at=AT,
        origin=Origin(kind="screen"),
        content={"note": note},
    )
