"""Writes what happened to units, people and posts into the ledger, by the format of every other entry."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from anlan.ledger.append import append
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.models import Entry
from anlan.org.access import note_permission
from anlan.org.attributes import changed, of_person
from anlan.org.models import Person, Post, Unit
from anlan.org.posts import institution_of
from anlan.org.scope import Actor, as_system
from anlan.org.subjects import PERSON, subject_uid

__all__ = ["LOG", "NOWHERE", "SCREEN", "change_of_person", "home_of", "note", "subject_uid"]

SCREEN = Origin(kind="screen")
LOG = "org.access"  # the access log's own entries; everything else here changes what somebody may do
NOWHERE = (0, "")  # under which an entry is filed that belongs to the whole installation: key and code of no unit


def note(
    register: str,
    key: str | int,
    step: str,
    content: Mapping[str, Any],
    *,
    at: Unit | None,
    by: Actor,
    origin: Origin,
    changes_rights: bool = True,
    whose: str = "",
) -> Entry:
    """Append one entry, filed under the institution in which the unit lies, else under the commission; without a unit under none.

    Call it inside the transaction of the change. What changes rights stands in the access log too, without its values;
    `whose` names the person there, where the content does not.
    """
    if register != LOG and changes_rights:
        path = at.path if at is not None else ""
        note_permission(by, f"{register} {step} {whose or content.get('person') or key}", path=path)
    with as_system(
        f"entry of {register}"
    ):  # who may change the thing was asked before; its entries may lie out of their sight
        return _append(register, key, step, content, at=at, by=by, origin=origin)


@contextmanager
def change_of_person(
    person: Person,
    step: str,
    *,
    by: Actor,
    at: Unit | None = None,
    origin: Origin = SCREEN,
    changes_rights: bool = True,
    only_if_changed: bool = False,
) -> Iterator[dict[str, Any]]:
    """Carry out the block and append one entry that tells every attribute of the account that it changed.

    The block may add to the dictionary what the history shall say beside. Two changes of one account follow each other. Never
    within another one of the same person: the inner entry would tell what the outer one tells again.
    """
    with transaction.atomic():
        Person.objects.select_for_update().filter(pk=person.pk).first()
        before = of_person(person)
        beside: dict[str, Any] = {}
        yield beside
        said = changed(before, of_person(person))
        if said or not only_if_changed:
            where = at or home_of(person)
            note(PERSON, person.pk, step, beside | said, at=where, by=by, origin=origin, changes_rights=changes_rights)


def home_of(person: Person) -> Unit | None:
    """Return the unit under which an entry about an account is filed: the newest post's, else the root; null without any unit."""
    post = Post.objects.filter(person=person).select_related("unit").order_by("-starts_on", "-pk").first()
    return post.unit if post is not None else Unit.objects.filter(depth=1).order_by("path").first()


def _append(
    register: str, key: str | int, step: str, content: Mapping[str, Any], *, at: Unit | None, by: Actor, origin: Origin
) -> Entry:
    record_uid = subject_uid(register, key)
    last = Entry.objects.filter(record_uid=record_uid).aggregate(last=Max("version"))["last"] or 0
    home, code = NOWHERE
    if at is not None:
        unit = Unit.objects.get(pk=institution_of(at) or at.pk)
        home, code = unit.pk, unit.code
    fact = Fact(
        uid=uuid.uuid4(),
        institution_code=code,
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
    return append(home, fact)
