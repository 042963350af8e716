"""Writes what happened to units, people and posts into the ledger, by the format of every other entry."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils import timezone

from anlan.ledger.append import append
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.models import Entry
from anlan.org.access import note_permission
from anlan.org.models import Unit
from anlan.org.posts import institution_of
from anlan.org.scope import Actor, as_system

SCREEN = Origin(kind="screen")
LOG = "org.access"  # the access log's own entries; everything else here changes what somebody may do
# Units, people and posts carry no receipt; theirs follows from register and key, the same every time.
_NAMES = uuid.UUID("6c1f2f0e-52a4-5d0b-9a57-0f3f6f6e7f11")


def subject_uid(register: str, key: str | int) -> uuid.UUID:
    """Return the receipt of a unit (key: its code), a person or a post (key: its row)."""
    return uuid.uuid5(_NAMES, f"{register}/{key}")


def note(
    register: str, key: str | int, step: str, content: Mapping[str, Any], *, at: Unit, by: Actor, origin: Origin
) -> Entry:
    """Append one entry, filed under the institution in which the unit lies, else under the commission.

    Call it inside the transaction of the change. What changes rights stands in the access log too, without its values.
    """
    if register != LOG:
        note_permission(by, f"{register} {step} {content.get('person') or key}", path=at.path)
    with as_system(
        f"entry of {register}"
    ):  # who may change the thing was asked before; its entries may lie out of their sight
        return _append(register, key, step, content, at=at, by=by, origin=origin)


def _append(
    register: str, key: str | int, step: str, content: Mapping[str, Any], *, at: Unit, by: Actor, origin: Origin
) -> Entry:
    record_uid = subject_uid(register, key)
    last = Entry.objects.filter(record_uid=record_uid).aggregate(last=Max("version"))["last"] or 0
    home = Unit.objects.get(pk=institution_of(at) or at.pk)
    fact = Fact(
        uid=uuid.uuid4(),
        institution_code=home.code,
        register=register,
        record_uid=record_uid,
        version=last + 1,
        step=step,
        actor_id=by.person_id,
        occurred_on=timezone.localdate(),
        recorded_at=timezone.now(),
        origin=origin,
        content=content,
    )
    return append(home.pk, fact)
