"""Who asks for a receipt of what: of an entry or of an import by its id. The portal, the API and `anlan receipt` ask here.

An id is random and stands in the receipt alone, so whoever has it may see the receipt, and the receipt says no more than the
entry's header and the record's number. Nobody needs an account for that.
"""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.flow.errors import FlowError
from anlan.flow.models import Batch
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.ledger.checkpoint import parse_checkpoint, parse_note
from anlan.ledger.models import Entry
from anlan.ledger.receipt import BatchFacts, batch_receipt, entry_receipt
from anlan.ledger.signing import own_signer
from anlan.ledger.standalone.anlan_verify import Bad, Verification
from anlan.ledger.store import stored_tree
from anlan.ledger.tiles import MissingTile
from anlan.ledger.tree import root
from anlan.org.scope import as_system

LONGEST_IMPORT = dt.timedelta(days=1)


class NoReceipt(FlowError):
    """There is no entry or import of this id, or the import wrote nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a receipt that somebody handed in. `receipt` is as of now, null where the log is not ours or it differs.

    `differs` says in plain words what is wrong; empty when nothing is.
    """

    found: Verification
    receipt: dict[str, Any] | None
    differs: str = ""


def find_receipt(uid: uuid.UUID, *, at: dt.datetime) -> dict[str, Any]:
    """Return the receipt of an entry or of an import, completed if the tree holds it. Raises: NoReceipt."""
    with as_system(
        "a receipt of this id"
    ):  # whoever holds the id may ask, signed in or not; a receipt holds no content
        return _receipt(uid, at)


def _receipt(uid: uuid.UUID, at: dt.datetime) -> dict[str, Any]:
    entry = Entry.objects.filter(uid=uid).first()
    if entry is not None:
        return entry_receipt(entry, number=number_of(entry), at=at)
    batch = Batch.objects.filter(uid=uid, state__in=(Batch.State.COMMITTED, Batch.State.UNDONE)).first()
    entries = entries_of(batch) if batch is not None else []
    if batch is None or not entries:
        raise NoReceipt("flow.E050", _("There is no receipt of this id. Look whether the whole id was typed in."))
    facts = BatchFacts(id=batch.uid.hex, file_sha256=batch.file_sha256, rows=batch.rows)
    return batch_receipt(facts, entries, at=at)


def receipts_of_record(record_uid: uuid.UUID, *, at: dt.datetime) -> list[dict[str, Any]]:
    """Return the receipts of all entries of a record, oldest first."""
    entries = list(Entry.objects.filter(record_uid=record_uid).order_by("version"))
    number = number_of(entries[0]) if entries else ""
    return [entry_receipt(entry, number=number, at=at) for entry in entries]


def number_of(entry: Entry) -> str:
    """Return the number of the record of an entry; empty for what is no record of a register, or no longer there."""
    spec = _spec(entry.register)
    if spec is None:
        return ""
    with as_system("number on a receipt"):
        found = spec.model.objects.filter(uid=entry.record_uid).values_list("number", flat=True).first()
    return found or ""


def entries_of(batch: Batch) -> list[Entry]:
    """Return the entries that an import wrote, in order; those of its undoing are left out.

    The headers name the import. They are searched among the institution's entries of that day, by their index.
    """
    day = Entry.objects.filter(
        institution_id=batch.institution_id,
        recorded_at__gte=batch.at - LONGEST_IMPORT,
        recorded_at__lte=batch.at,
    )
    return list(day.filter(header__contains=f'"batch":"{batch.uid.hex}"').order_by("pk"))


def judge(receipt: Any, *, at: dt.datetime) -> Judged:
    """Verify a receipt that somebody handed in: its signatures and proof, and whether this log still holds what it promised.

    Raises: Bad for what is no receipt at all.
    """
    own = own_signer()
    is_ours = isinstance(receipt, dict) and receipt.get("log", {}) == {"name": own.name, "key": str(own.verifier)}
    found = Verification(str(own.verifier) if is_ours else "")
    found.receipt(receipt)
    if not is_ours:
        return Judged(found=found, receipt=None)
    if found.outcome == 2:  # its own signature or proof is wrong: what the log holds would say nothing of it
        return Judged(found=found, receipt=None, differs=_("This is not what the log signed."))
    try:
        now = find_receipt(uuid.UUID(_id_in(receipt)), at=at)
    except NoReceipt:
        return Judged(found=found, receipt=None, differs=_("The log promised to hold this, and does not hold it."))
    same = ("header", "leaf") if receipt["kind"] == "entry" else ("batch",)
    if any(now.get(name) != receipt[name] for name in same):
        return Judged(found=found, receipt=None, differs=_("The log holds something else than what it promised."))
    if receipt["proof"] and not stands_at(receipt["proof"]["checkpoint"]):
        words = _("The log was rewritten: its tree no longer begins with the tree of this receipt.")
        return Judged(found=found, receipt=None, differs=words)
    return Judged(found=found, receipt=now)


def _id_in(receipt: dict[str, Any]) -> str:
    if receipt["kind"] == "batch":
        return str(receipt["batch"]["id"])
    try:
        return str(json.loads(receipt["header"])["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise Bad("the header names no entry") from error


def stands_at(checkpoint: str) -> bool:
    """Tell whether the tree of today begins with the tree that a checkpoint of this log speaks of. Raises: BadNote."""
    then = parse_checkpoint(parse_note(checkpoint).text)
    try:
        return root(stored_tree(), then.size) == then.root
    except MissingTile:
        return False


def _spec(code: str) -> RegisterSpec | None:
    return next((spec for spec in all_registers() if spec.code == code), None)
