"""Our own log before its witnesses: what it offers them, and what it makes of their answers.

The worker calls `ask_witnesses`; where networks are apart, `anlan witness offer` and `accept` do the same with files. A witness
that knows more than our database, or another history, raises an alarm: the database was rolled back or replaced.
"""

import datetime as dt
import logging
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from anlan.ledger.alarms import Contradiction, open_alarms, raise_alarm, settle
from anlan.ledger.checkpoint import BadNote, Note, parse_checkpoint, parse_note, signatures_of
from anlan.ledger.cosignature import CosignerKey
from anlan.ledger.errors import LedgerError
from anlan.ledger.kept import keep, what_contradicts
from anlan.ledger.models import Alarm, TreeHead, Witness
from anlan.ledger.offer import Offer
from anlan.ledger.signing import BadSignature, own_signer
from anlan.ledger.store import stored_consistency
from anlan.ledger.tiles import MissingTile
from anlan.ledger.transport import Send, Unreachable, post

EVERY = dt.timedelta(minutes=1)
AGAIN = dt.timedelta(
    minutes=10
)  # a log at rest shows itself too: yesterday's database would otherwise never be asked about
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?", re.ASCII)
_log = logging.getLogger("anlan.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A witness of our log. `url` is its submission prefix; empty where offers are carried as files."""

    key: CosignerKey
    url: str


def configured_witnesses() -> tuple[Configured, ...]:
    """Return the witnesses that ANLAN_WITNESSES names. Raises: LedgerError, BadNote."""
    found = []
    for part in settings.ANLAN_WITNESSES.split(","):
        words = part.split()
        if not words:
            continue
        url = words[1].rstrip("/") if len(words) > 1 else ""
        if len(words) > 2 or (url and urlsplit(url).scheme not in ("http", "https")):
            raise LedgerError(
                "ledger.E030", f'ANLAN_WITNESSES: "{part.strip()}" is not "KEY" or "KEY http(s)://address".'
            )
        found.append(Configured(key=CosignerKey.from_text(words[0]), url=url))
    return tuple(found)


def make_offer(*, old: int) -> Offer:
    """Return the newest signed checkpoint with the proof from `old` entries. Raises: LedgerError when there is none."""
    head = newest_signed()
    if head is None:
        raise LedgerError(
            "ledger.E031", "There is no signed checkpoint yet. See that `anlan serve` or `anlan worker` runs."
        )
    if old > head.size:
        raise LedgerError(
            "ledger.E032",
            f"The witness cosigned {old} entries, but this log has {head.size}: the database was rolled back, or is an old copy. "
            "Look for the newer one before anything is recorded.",
        )
    return _offer(old, head)


def newest_signed() -> TreeHead | None:
    """Return the newest head that is signed."""
    return TreeHead.objects.exclude(checkpoint="").order_by("-size").first()


def ask_witnesses(*, now: dt.datetime, send: Send = post) -> int:
    """Offer the newest checkpoint to each witness that has an address, at most every minute; return how many cosigned."""
    head = newest_signed()
    if head is None:
        return 0
    return sum(_ask(one, head, now=now, send=send) for one in configured_witnesses() if one.url and _is_turn(one, now))


def accept(text: str, *, now: dt.datetime) -> tuple[str, ...]:
    """Take a checkpoint of ours that came back from a witness; return the names of those whose cosignature is stored.

    Raises: LedgerError when it is of another log, bears no cosignature of a witness of ours, or contradicts our tree; the
    last is recorded as an alarm.
    """
    verifier = own_signer().verifier
    checkpoint = verifier.open_checkpoint(text)
    note = parse_note(text)
    cosigners = [one.key for one in configured_witnesses() if _cosigned_at(one.key, note) is not None]
    if wrong := what_contradicts(checkpoint):
        kind = Alarm.Kind.ROLLED_BACK if wrong.is_smaller else Alarm.Kind.SPLIT_VIEW
        names = ", ".join(key.name for key in cosigners)
        sizes = {"witnessed": checkpoint.size, "shown": wrong.size}
        _contradicted(kind, names, wrong.said, now=now, about=checkpoint.text(), evidence=text, **sizes)
        raise LedgerError("ledger.E033", f"The ledger contradicts the file: {wrong.said}.")
    if not cosigners:
        raise LedgerError(
            "ledger.E034",
            "The file bears no cosignature of a witness in ANLAN_WITNESSES. Ask the witness for `anlan witness key`.",
        )
    for key in cosigners:
        _store(key, note, now=now)
    return tuple(key.name for key in cosigners)


def _is_turn(one: Configured, now: dt.datetime) -> bool:
    """Take the turn of asking a witness, so that several workers ask once; a clock that was set back does not silence us."""
    if Witness.objects.filter(name=one.key.name, asked_at__gt=now - EVERY, asked_at__lte=now).exists():
        return False
    Witness.objects.bulk_create([Witness(name=one.key.name)], ignore_conflicts=True)
    is_due = Q(asked_at=None) | Q(asked_at__lte=now - EVERY) | Q(asked_at__gt=now)
    return bool(Witness.objects.filter(is_due, name=one.key.name).update(asked_at=now))


def _ask(one: Configured, head: TreeHead, *, now: dt.datetime, send: Send) -> bool:
    witness = Witness.objects.get(pk=one.key.name)
    if _is_up_to_date(witness, head, now):
        return False
    old = min(witness.size, head.size)
    try:
        status, text = send(f"{one.url}/add-checkpoint", str(_offer(old, head)))
        known = _known_size(text) if status == 409 else None
        if known is not None and known != old and known <= head.size:
            _note_forgetful(one, witness, known, now=now)
            old = known
            status, text = send(f"{one.url}/add-checkpoint", str(_offer(old, head)))
        fault = _take(one, head, old, status, text, now=now)
    except Unreachable as error:
        fault = f"does not answer: {error}"
    except MissingTile as error:
        fault = f"cannot be shown a proof from {old} entries: {error}"
    Witness.objects.filter(pk=witness.pk).update(fault=fault)
    if fault:
        _log.warning("Witness %s: %s", one.key.name, fault)
    return not fault


def _is_up_to_date(witness: Witness, head: TreeHead, now: dt.datetime) -> bool:
    is_recent = witness.cosigned_at is not None and now - AGAIN < witness.cosigned_at <= now + AGAIN
    return is_recent and witness.size == head.size and not witness.fault


def _offer(old: int, head: TreeHead) -> Offer:
    return Offer(old=old, proof=tuple(stored_consistency(old, head.size)) if old else (), note=head.checkpoint)


def _known_size(text: str) -> int | None:
    said = _SIZE.fullmatch(text)
    return int(said[1]) if said else None


def _note_forgetful(one: Configured, witness: Witness, known: int, *, now: dt.datetime) -> None:
    if known < witness.size:
        said = f"cosigned {witness.size} entries and now knows of {known} only: its own database was rolled back"
        sizes = {"witnessed": witness.size, "shown": known}
        _contradicted(Alarm.Kind.WITNESS_BEHIND, one.key.name, said, now=now, about=str(witness.size), **sizes)


def _take(one: Configured, head: TreeHead, old: int, status: int, text: str, *, now: dt.datetime) -> str:
    """Store a cosignature or raise the alarm that an answer asks for. Returns what is at fault, empty for nothing."""
    if status == 200:
        return _take_cosignature(one, head, text, now=now)
    known = _known_size(text) if status == 409 else None
    if known is not None and known > head.size:
        said = f"cosigned {known} entries, this log has {head.size}: the database was rolled back, or is an old copy"
        kind, witnessed = Alarm.Kind.ROLLED_BACK, known
    elif known is not None or status == 422:
        said = f"cosigned {old} entries of another history than this database holds"
        kind, witnessed = Alarm.Kind.SPLIT_VIEW, old
    else:
        return f"answers {status}: {' '.join(text.split())[:200]}"
    sizes = {"witnessed": witnessed, "shown": head.size}
    return _contradicted(kind, one.key.name, said, now=now, about=str(witnessed), evidence=head.checkpoint, **sizes)


def _take_cosignature(one: Configured, head: TreeHead, text: str, *, now: dt.datetime) -> str:
    try:
        note = parse_note(f"{head.checkpoint}{text}")
        one.key.time_of(note)
    except (BadNote, BadSignature) as error:
        return f"answered, but not with its cosignature: {error}"
    _store(one.key, note, now=now)
    return ""


def _cosigned_at(key: CosignerKey, note: Note) -> dt.datetime | None:
    try:
        return key.time_of(note)
    except BadSignature:
        return None


def _store(key: CosignerKey, note: Note, *, now: dt.datetime) -> None:
    """Add the witness's line to the head's checkpoint, remember how far it is, and keep the checkpoint outside the database."""
    size = parse_checkpoint(note.text).size
    line = max(signatures_of(note, key.name, key.key_id), key=lambda one: one.value)  # it begins with the time
    with transaction.atomic():
        head = TreeHead.objects.select_for_update().filter(size=size).exclude(checkpoint="").first()
        if head is not None:
            stored = parse_note(head.checkpoint)
            others = tuple(one for one in stored.signatures if (one.name, one.key_id) != (line.name, line.key_id))
            head.checkpoint = str(Note(text=stored.text, signatures=(*others, line)))
            head.save(update_fields=["checkpoint"])
        Witness.objects.bulk_create([Witness(name=key.name)], ignore_conflicts=True)
        Witness.objects.filter(pk=key.name, size__lte=size).update(size=size, cosigned_at=key.time_of(note), fault="")
        settle(open_alarms().filter(is_ours=True, origin=settings.ANLAN_LOG_NAME, witness=key.name), now=now)
    keep(parse_note(head.checkpoint) if head is not None else note)


def _contradicted(kind: Alarm.Kind, witness: str, said: str, *, now: dt.datetime, **more: Any) -> str:
    """Raise an alarm of our own log; returns what was said."""
    wrong = Contradiction(kind=kind, is_ours=True, origin=settings.ANLAN_LOG_NAME, witness=witness, said=said, **more)
    raise_alarm(wrong, now=now)
    return said
