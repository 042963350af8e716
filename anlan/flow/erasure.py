"""Lawful erasure: a request with its legal ground, two approvals by two other people, and the destruction of the content.

What goes: content and salt of the record's entries, its row, its evidence, and what other rooms still keep of it. What stays:
the tombstone (`Erasure`), the entries' headers and leaves, and the entry `erase`; so every proof holds and figures no longer
count the record. One transaction; files go after it, by a job that survives a crash.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.flow.cases import case_of
from anlan.flow.destroy import enqueue_destruction
from anlan.flow.erasure_entries import is_as_told, note_erasure, of_erasure
from anlan.flow.errors import Conflict, InvalidData, Refused, WrongState
from anlan.flow.evidence import path_of
from anlan.flow.grounds import find_ground
from anlan.flow.holds import Hold, holds_on
from anlan.flow.models import Approval, Erasure, Evidence
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, find_register, spec_of
from anlan.ledger.append import append
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.erase import destroy_content
from anlan.ledger.erased import APPROVALS, STEP
from anlan.ledger.models import Entry, Position
from anlan.org.models import Institution
from anlan.org.parties import Party, capacities
from anlan.org.policy import Case, Sight, barred, may, visible
from anlan.org.scope import Actor, as_system, current_actor

MAY_ASK = ("can:correct", "can:erase")
MAY_APPROVE = ("can:erase",)
SCREEN = Origin(kind="screen")
Remains = Callable[[Register], Iterable[Path]]
_remains: list[Remains] = []


class Held(WrongState):
    """Something still needs the record. `holds` says what."""

    def __init__(self, holds: tuple[Hold, ...], message: str) -> None:
        super().__init__("flow.E052", message)
        self.holds = holds


def declare_remains(clear: Remains) -> Remains:
    """Add a function that clears, inside the erasure's transaction, what a room keeps of a record beside its row.

    It returns files that must go after the commit. Usable as a decorator.
    """
    if clear not in _remains:
        _remains.append(clear)
    return clear


def may_ask(actor: Actor, record: Register) -> bool:
    """Tell whether the actor may ask for the record's erasure."""
    return _may(actor, MAY_ASK, record.institution, case_of(record, actor=actor))


def may_approve(actor: Actor, erasure: Erasure) -> bool:
    """Tell whether the actor may approve or refuse this request now: not their own, and each person once."""
    if erasure.state != Erasure.State.REQUESTED or actor.person_id in (None, erasure.requested_by_id):
        return False
    if any(approval.by_id == actor.person_id for approval in erasure.approvals.all()):
        return False
    return _may(actor, MAY_APPROVE, erasure.institution, case_behind(erasure, actor=actor))


def may_end(actor: Actor, erasure: Erasure) -> bool:
    """Tell whether the actor may end a request without an erasure: those who approve, and the one who asked."""
    if erasure.state != Erasure.State.REQUESTED:
        return False
    return actor.person_id == erasure.requested_by_id or _may(
        actor, MAY_APPROVE, erasure.institution, case_behind(erasure, actor=actor)
    )


def request_erasure(record: Register, *, by: Actor, ground: str, reason: str, at: dt.datetime | None = None) -> Erasure:
    """Ask for the erasure of a record and return the request.

    Raises: Refused; InvalidData for an unknown ground or no reason; Held, naming what still needs the record; Conflict when
    a request waits already.
    """
    moment, spec = at or timezone.now(), spec_of(record)
    if by.person_id is None or not may_ask(by, record):
        raise Refused("flow.E053", _("%(who)s may not ask for this erasure.") % {"who": by.name})
    find_ground(ground)
    if not reason.strip():
        message = _("Say why; do not repeat what the record says, since the reason stays.")
        raise InvalidData("flow.E014", message, fields={"reason": [message]})
    _refuse_held(record, moment)
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                institution=record.institution,
                register=spec.code,
                record_uid=record.uid,
                number=record.number,
                department_id=record.department_id,
                recorded_by_id=record.recorded_by_id,
                is_about_leaders=bool(spec.about_leaders and getattr(record, spec.about_leaders)),
                ground=ground,
                reason=reason.strip(),
                requested_by_id=by.person_id,
                requested_at=moment,
            )
            note_erasure(erasure, "request", by=by)
            return erasure
    except IntegrityError as error:
        message = _("The erasure of %(number)s was asked for already; it waits for approval.")
        raise Conflict("flow.E054", message % {"number": record.number}) from error


def approve(erasure: Erasure, *, by: Actor, at: dt.datetime | None = None) -> Erasure:
    """Approve a request; the second approval erases the record in the same transaction. Return the request as it is then.

    Raises: Refused, also for the person who asked or approved before; Held when something needs the record by now; WrongState
    for a request or an approval that somebody wrote beside the ledger.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        locked = _locked(erasure)
        if by.person_id is None or not may_approve(by, locked):
            raise Refused("flow.E055", _not_approvable(locked, by))
        if not is_as_told(locked):
            message = _(
                "The request to erase %(number)s, or an approval of it, is not what the ledger was told: somebody changed it by another "
                "way. Nothing is erased. Run `anlan check`; refuse this request and ask anew."
            )
            raise WrongState("flow.E056", message % {"number": locked.number})
        before = of_erasure(locked)
        Approval.objects.create(erasure=locked, by_id=by.person_id, at=moment)
        if locked.approvals.count() >= APPROVALS:
            _erase(locked, by=by, at=moment)
        note_erasure(locked, "approve", by=by, before=before)
    return locked


def refuse(erasure: Erasure, *, by: Actor, at: dt.datetime | None = None) -> None:
    """End a request without an erasure: refused by one who approves, or withdrawn by the one who asked. Raises: Refused."""
    with transaction.atomic():
        locked = _locked(erasure)
        if not may_end(by, locked):
            raise Refused("flow.E055", _not_approvable(locked, by))
        before = of_erasure(locked)
        locked.state, locked.refused_by_id = Erasure.State.REFUSED, by.person_id
        locked.decided_at = at or timezone.now()
        locked.save(update_fields=["state", "refused_by", "decided_at"])
        note_erasure(locked, "refuse", by=by, before=before)


def find_tombstone(record_uid: uuid.UUID, *, spec: RegisterSpec | None = None) -> Erasure | None:
    """Return what stands in the place of an erased record, of one register or of any, for those who could see it; else null."""
    rows = Erasure.objects.filter(record_uid=record_uid, state=Erasure.State.ERASED)
    rows = rows.filter(register=spec.code) if spec else rows
    stone = with_people(rows).first()
    return stone if stone is not None and sees(current_actor(), stone) else None


def entry_position(erasure: Erasure) -> int | None:
    """Return where the tree holds the entry of an erasure; null while it waits, and before there is one."""
    places = Position.objects.filter(entry__uid=erasure.entry_uid) if erasure.entry_uid else Position.objects.none()
    return places.values_list("index", flat=True).first()


def tombstones(institution: Institution, *, spec: RegisterSpec) -> list[Erasure]:
    """Return the tombstones of an institution's register whose records the acting person could see, by number."""
    rows = Erasure.objects.filter(institution=institution, register=spec.code, state=Erasure.State.ERASED)
    actor = current_actor()
    return [stone for stone in rows.select_related("institution__unit").order_by("number") if sees(actor, stone)]


def sees(actor: Actor, erasure: Erasure) -> bool:
    """Tell whether the actor sees, or saw, the record of a request or tombstone."""
    return visible(actor, case_behind(erasure, actor=actor)) is not Sight.HIDDEN


def case_behind(erasure: Erasure, *, actor: Actor) -> Case:
    """Return what the policy asks of the record behind a request, from what the request keeps of it."""
    found = capacities(actor, erasure.register, [erasure.record_uid])
    return Case(
        kind=find_register(erasure.register).kind,
        institution_id=erasure.institution_id,
        institution_path=erasure.institution.unit.path,
        department_id=erasure.department_id,
        recorded_by_id=erasure.recorded_by_id,
        is_about_leaders=erasure.is_about_leaders,
        capacities=found.get(erasure.record_uid, frozenset()),
    )


def waiting_for(record: Register) -> Erasure | None:
    """Return the request that waits for approval, if the record has one."""
    rows = Erasure.objects.filter(record_uid=record.uid, state=Erasure.State.REQUESTED)
    return with_people(rows).first()


def with_people(rows: "QuerySet[Erasure]") -> "QuerySet[Erasure]":
    """Fetch along who asked, approved and refused, and the institution with its unit."""
    people = ("institution__unit", "requested_by", "refused_by")
    return rows.select_related(*people).prefetch_related("approvals__by")


def _may(actor: Actor, names: tuple[str, ...], institution: Institution, case: Case) -> bool:
    """Whether a post that reads the case answers to a name, and its holder is not concerned by the case."""
    if visible(actor, case) is Sight.HIDDEN or "can:correct" in barred(actor, case, institution=institution):
        return False
    return may(actor, names, institution=institution, sensitivity=case.kind.sensitivity)


def _locked(erasure: Erasure) -> Erasure:
    rows = Erasure.objects.select_for_update(of=("self",)).select_related("institution__unit")
    return rows.get(pk=erasure.pk)


def _not_approvable(erasure: Erasure, by: Actor) -> str:
    message = _(
        "%(who)s may not decide on the erasure of %(number)s: it takes two people with the right, neither of whom asked for it."
    )
    return message % {"who": by.name, "number": erasure.number}


def _refuse_held(record: Register, moment: dt.datetime) -> None:
    holds = holds_on(record, today=timezone.localtime(moment).date())
    if holds:
        words = {"number": record.number, "why": " ".join(hold.words for hold in holds)}
        raise Held(holds, _("%(number)s may not be erased now. %(why)s") % words)


def _erase(erasure: Erasure, *, by: Actor, at: dt.datetime) -> None:
    """Destroy the record. The caller holds the transaction and the request's lock."""
    spec = find_register(erasure.register)
    with as_system(f"erasure {erasure.uid}"):
        record = spec.model.objects.select_for_update().get(uid=erasure.record_uid)
        _refuse_held(record, at)
        files = _clear_evidence(record)
        Party.objects.filter(record_uid=record.uid).delete()  # who was concerned is content too
        remains = [path for clear in _remains for path in clear(record)]
        erasure.files, erasure.entries = len(files), destroy_content(record.uid)
        erasure.entry_uid = _note(erasure, by=by, at=at)
        spec.model.objects.filter(pk=record.pk).delete()
    erasure.state, erasure.decided_at = Erasure.State.ERASED, at
    erasure.save(update_fields=["state", "decided_at", "entry_uid", "entries", "files"])
    enqueue_destruction([path_of(sha256) for sha256 in set(files)] + remains)


def _clear_evidence(record: Register) -> list[str]:
    rows = Evidence.objects.filter(record_uid=record.uid)
    hashes = list(rows.values_list("sha256", flat=True))
    rows.delete()
    return hashes


def _note(erasure: Erasure, *, by: Actor, at: dt.datetime) -> uuid.UUID:
    """Append the entry that says that the content went lawfully. It names people by id, and nothing of the record."""
    last = Entry.objects.filter(record_uid=erasure.record_uid).order_by("-version").first()
    approvals = erasure.approvals.order_by("pk")
    fact = Fact(
        uid=uuid.uuid4(),
        institution_code=erasure.institution.code,
        register=erasure.register,
        record_uid=erasure.record_uid,
        version=last.version + 1 if last else 1,
        step=STEP,
        actor_id=by.person_id,
        occurred_on=timezone.localtime(at).date(),
        recorded_at=at,
        origin=SCREEN,
        content={
            "erasure": erasure.uid.hex,
            "ground": erasure.ground,
            "requested_by": erasure.requested_by_id,
            "approved_by": [approval.by_id for approval in approvals],
        },
    )
    return append(erasure.institution_id, fact).uid
