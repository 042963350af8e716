"""This node as a witness of other logs (C2SP tlog-witness): it cosigns a checkpoint that goes on from the one before, and no other.

`POST /witness/add-checkpoint` and `anlan witness cosign` call `add_checkpoint`. Which logs are known stands in
`keys/logs.txt`, one public key a line. What was cosigned last is compared and replaced in one transaction, so a killed
witness has either kept a checkpoint or not, and never goes back.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from django.conf import settings
from django.db import transaction

from anlan.ledger.alarms import Contradiction, open_alarms, raise_alarm, settle
from anlan.ledger.checkpoint import BadNote, Checkpoint, Note, parse_checkpoint, parse_note
from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import tree_hash
from anlan.ledger.models import Alarm, WitnessedLog
from anlan.ledger.offer import Offer, parse_offer
from anlan.ledger.signing import BadSignature, VerifierKey
from anlan.ledger.tree import verify_consistency

_log = logging.getLogger("anlan.ledger")
LOGS_FILE = "logs.txt"
_LONGEST_NAME = 200


class Verdict(IntEnum):
    """How an offer was answered; the numbers are those of HTTP."""

    COSIGNED = 200
    MALFORMED = 400
    BAD_SIGNATURE = 403
    UNKNOWN_LOG = 404
    CONFLICT = 409
    UNPROVEN = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`text` is what goes over HTTP. `newest` is the checkpoint of the log that this witness cosigned last, as a note."""

    verdict: Verdict
    text: str
    newest: str = ""


def known_logs() -> dict[str, list[VerifierKey]]:
    """Return the keys of the logs that this node witnesses, by origin; empty where it is no witness. Raises: BadNote."""
    file = Path(settings.ANLAN_KEYS_FOLDER) / LOGS_FILE
    logs: dict[str, list[VerifierKey]] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        if line.strip() and not line.startswith("#"):
            key = VerifierKey.from_text(line)
            logs.setdefault(key.name, []).append(key)
    return logs


def add_log(name: str, text: str) -> bool:
    """Make a log known by its public key line; tell whether it was new. Raises: BadNote; LedgerError when the names differ."""
    key = VerifierKey.from_text(text)
    if key.name != name or len(name) > _LONGEST_NAME:
        raise LedgerError(
            "ledger.E020", f'The key is of the log "{key.name}", not of "{name}". Give the name in the key.'
        )
    if key in known_logs().get(name, []):
        return False
    file = Path(settings.ANLAN_KEYS_FOLDER) / LOGS_FILE
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{key}\n")
    return True


def known_origin(text: str) -> str:
    """Return the log that an offer names if this node witnesses it; empty for any other, and for what is no offer."""
    try:
        origin = parse_checkpoint(parse_note(parse_offer(text).note).text).origin
    except BadNote:
        return ""
    return origin if origin in known_logs() else ""


def add_checkpoint(text: str, *, now: dt.datetime) -> Answer:
    """Judge an offer as C2SP tlog-witness says, cosign it or say why not, and keep what contradicts as evidence."""
    try:
        offer = parse_offer(text)
        note = parse_note(offer.note)
        checkpoint = parse_checkpoint(note.text)
    except BadNote as error:
        return Answer(verdict=Verdict.MALFORMED, text=f"{error}\n")
    keys = known_logs().get(checkpoint.origin, [])
    if not keys:
        return Answer(verdict=Verdict.UNKNOWN_LOG, text=f"The log {checkpoint.origin} is not known here.\n")
    if not any(_signed(key, offer.note) for key in keys):
        return Answer(verdict=Verdict.BAD_SIGNATURE, text="No key that is known of this log signed the checkpoint.\n")
    if offer.old > checkpoint.size:
        return Answer(verdict=Verdict.MALFORMED, text="The old size is larger than that of the checkpoint.\n")
    with transaction.atomic():
        return _judge(offer, note, checkpoint, now=now)


def broken_witnessed() -> Iterator[tuple[str, str]]:
    """Yield (log, what is wrong) for what this witness keeps: it decides by size and root, and these are those that it cosigned."""
    for known in WitnessedLog.objects.order_by("pk"):
        if fault := _fault_of(known):
            yield f"witnessed log {known.origin}", fault


def _fault_of(known: WitnessedLog) -> str:
    """Return what is wrong with what is kept of a log; empty for nothing."""
    kept = (known.size, bytes(known.root), known.tree_hash)
    if not known.checkpoint:
        return "" if kept == (0, b"", "") else "size, root or hash are kept without the checkpoint that was cosigned"
    try:
        note = parse_note(known.checkpoint)
        checkpoint = parse_checkpoint(note.text)
        own_cosigner().key.time_of(note)
    except (BadNote, BadSignature) as error:
        return str(error)
    said = (checkpoint.size, checkpoint.root, checkpoint.tree_hash)
    return (
        ""
        if (checkpoint.origin, said) == (known.origin, kept)
        else "another size, root or hash than was cosigned is kept"
    )


def _signed(key: VerifierKey, note: str) -> bool:
    try:
        key.open_checkpoint(note)
    except (BadNote, BadSignature):
        return False
    return True


def _judge(offer: Offer, note: Note, checkpoint: Checkpoint, *, now: dt.datetime) -> Answer:
    """Compare with what is known; the row stays locked until the new checkpoint is kept."""
    WitnessedLog.objects.bulk_create([WitnessedLog(origin=checkpoint.origin)], ignore_conflicts=True)
    known = WitnessedLog.objects.select_for_update().get(pk=checkpoint.origin)
    if fault := _fault_of(known):
        _log.critical("WITNESS: log %s: %s", known.origin, fault)
        said = "What this witness keeps of the log is not what it cosigned. Whoever keeps the witness runs `anlan check`.\n"
        return Answer(verdict=Verdict.UNPROVEN, text=said)
    if wrong := _contradiction(known, offer, checkpoint):
        raise_alarm(wrong, now=now)
    is_other_tree = wrong is not None and wrong.kind is Alarm.Kind.SPLIT_VIEW
    if offer.old != known.size or is_other_tree:
        return Answer(verdict=Verdict.CONFLICT, text=f"{known.size}\n", newest=known.checkpoint)
    if wrong is not None:
        said = f"The proof does not lead from {known.size} entries to this checkpoint.\n"
        return Answer(verdict=Verdict.UNPROVEN, text=said, newest=known.checkpoint)
    return _cosign(known, note, checkpoint, now=now)


def _contradiction(known: WitnessedLog, offer: Offer, checkpoint: Checkpoint) -> Contradiction | None:
    """Return what the offer contradicts. Anybody may send an old checkpoint or a wrong proof again: those are only suspicions."""
    is_same_size = checkpoint.size == known.size and bool(known.size)
    has_other_hash = bool(known.size) and checkpoint.tree_hash != known.tree_hash
    if has_other_hash or (is_same_size and checkpoint.root != bytes(known.root)):
        kind, about = Alarm.Kind.SPLIT_VIEW, checkpoint.text()
        said = (
            f"two checkpoints of {checkpoint.size} and {known.size} entries, both signed by the log, exclude each other"
        )
    elif checkpoint.size < known.size:
        kind, about = Alarm.Kind.ROLLED_BACK, str(known.size)
        said = f"offers {checkpoint.size} entries, {known.size} were cosigned: an old copy was sent, or the log was rolled back"
    elif offer.old == known.size and not _continues(known, offer, checkpoint):
        kind, about = Alarm.Kind.UNPROVEN, checkpoint.text()
        said = f"no proof leads from the {known.size} entries that were cosigned to the {checkpoint.size} that it shows"
    else:
        return None
    return Contradiction(
        kind=kind,
        is_ours=False,
        origin=checkpoint.origin,
        witness=settings.ANLAN_WITNESS_NAME,
        witnessed=known.size,
        shown=checkpoint.size,
        said=said,
        about=about,
        evidence=f"{offer.note}\n{known.checkpoint}",
    )


def _continues(known: WitnessedLog, offer: Offer, checkpoint: Checkpoint) -> bool:
    by = tree_hash(checkpoint.tree_hash)
    if known.size == 0:
        return not offer.proof and (checkpoint.size > 0 or checkpoint.root == by.empty_root)
    return verify_consistency(
        old=known.size,
        new=checkpoint.size,
        old_root=bytes(known.root),
        new_root=checkpoint.root,
        proof=offer.proof,
        by=by,
    )


def _cosign(known: WitnessedLog, note: Note, checkpoint: Checkpoint, *, now: dt.datetime) -> Answer:
    cosignature = own_cosigner().cosign(note.text, at=now)
    kept = Note(text=note.text, signatures=(*note.signatures, cosignature))
    known.size, known.root, known.tree_hash = checkpoint.size, checkpoint.root, checkpoint.tree_hash
    known.checkpoint, known.at = str(kept), now
    known.save()
    mine = open_alarms().filter(is_ours=False, origin=checkpoint.origin)
    settle(mine.filter(kind=Alarm.Kind.ROLLED_BACK), now=now)
    settle(mine.filter(kind=Alarm.Kind.UNPROVEN, evidence__startswith=note.text), now=now)
    return Answer(verdict=Verdict.COSIGNED, text=f"{cosignature}\n", newest=known.checkpoint)
