"""Which records a score read, rule by rule, and their ledger entries with proofs. Needs a system actor."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.assessment.errors import AssessmentError
from anlan.assessment.recordsquery import RecordsQuery, queries_of
from anlan.assessment.score import judgement_measures
from anlan.assessment.seal_format import SealedEntry
from anlan.assessment.sheet import Sheet
from anlan.facts.records import records_where
from anlan.ledger.errors import LedgerError
from anlan.ledger.models import Entry, Leader, Position, TreeHead, Unsequenced
from anlan.ledger.rounds import sign_newest_head
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.store import stored_tree
from anlan.ledger.tree import inclusion
from anlan.measures.predicate import Predicate

_CHUNK = 500
Uids = frozenset[uuid.UUID]


class NotInTree(AssessmentError):
    """Entries behind the score have no signed place in the tree yet."""

    id = "assessment.E022"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRead:
    """The receipts behind each rule (hex, by rule), and of each record its register."""

    by_rule: Mapping[str, tuple[str, ...]]
    registers: Mapping[uuid.UUID, str]


def records_read(sheet: Sheet) -> RecordsRead:
    """Return the records that the figures of a sheet count, and the decisions on it."""
    known: dict[tuple[str, Predicate], Uids] = {}
    registers: dict[uuid.UUID, str] = {}
    by_rule: dict[str, tuple[str, ...]] = {}
    decided = {rule.code: measure for rule, measure in judgement_measures(sheet.rubric, sheet.year)}
    for score in sheet.rules():
        found: set[uuid.UUID] = set()
        for query in _queries(sheet, score.rule.measures(), decided.get(score.code)):
            key = (query.register, query.where)
            if key not in known:
                known[key] = _uids(query)
                registers.update(dict.fromkeys(known[key], query.register))
            found |= known[key]
        by_rule[score.code] = tuple(sorted(uid.hex for uid in found))
    return RecordsRead(by_rule=by_rule, registers=registers)


def _queries(sheet: Sheet, measures: Iterable[str], decided: Any) -> Iterator[RecordsQuery]:
    for code in measures:
        yield from queries_of(sheet, code, role="sealed")
    if decided is not None:
        yield from queries_of(sheet, decided.code, role="sealed", definition=decided.definition)


def _uids(query: RecordsQuery) -> Uids:
    rows = records_where(query.register, query.where, institution_id=query.institution_id)
    return frozenset(rows.order_by().values_list("uid", flat=True))


def entries_of(uids: Iterable[uuid.UUID]) -> list[Entry]:
    """Return every entry of the records, by record and version."""
    listed = sorted(uids)
    found: list[Entry] = []
    for start in range(0, len(listed), _CHUNK):
        part = listed[start : start + _CHUNK]
        found += Entry.objects.filter(record_uid__in=part).order_by("record_uid", "version")
    return found


def positions_of(entries: Iterable[Entry]) -> dict[int, int]:
    """Return the positions of entries by their key; those that wait are left out."""
    keys = [entry.pk for entry in entries]
    found: dict[int, int] = {}
    for start in range(0, len(keys), _CHUNK):
        rows = Position.objects.filter(entry_id__in=keys[start : start + _CHUNK])
        found |= dict(rows.values_list("entry_id", "index"))
    return found


def place_what_waits() -> None:
    """Place waiting entries and sign the head, if nobody else leads at this moment."""
    if not Unsequenced.objects.exists() and TreeHead.objects.order_by("-size").exclude(checkpoint="").exists():
        return
    sequencer = Sequencer()
    sequencer.run()
    Leader.objects.filter(holder=sequencer.holder).update(holder=None, until=None)
    try:
        sign_newest_head()
    except LedgerError as error:  # what a witness cosigned contradicts the tree: nothing is sealed on top of that
        raise NotInTree(str(error)) from error


def signed_head(positions: Iterable[int], *, count: int) -> TreeHead:
    """Return the newest signed head that holds all `count` entries. Raises: NotInTree, saying how many still wait."""
    placed = list(positions)
    head = TreeHead.objects.exclude(checkpoint="").order_by("-size").first()
    beyond = sum(1 for position in placed if head is None or position >= head.size)
    waiting = count - len(placed) + beyond
    if head is None:
        raise NotInTree(
            _("The ledger has no signed checkpoint yet. Record something first, then try again in a few seconds.")
        )
    if waiting:
        message = _(
            "%(count)d ledger entries behind the score have no signed place in the tree yet. Try again in a few seconds."
        )
        raise NotInTree(message % {"count": waiting})
    return head


def sealed_entries(entries: Iterable[Entry], positions: Mapping[int, int], *, size: int) -> tuple[SealedEntry, ...]:
    """Return entries with their proofs at a tree size, in the order of the ledger."""
    tree = stored_tree()
    placed = sorted((positions[entry.pk], entry) for entry in entries)
    return tuple(
        SealedEntry(
            header=entry.header,
            content=entry.content,
            salt=None if entry.salt is None else bytes(entry.salt),
            position=position,
            proof=tuple(inclusion(tree, position, size)),
        )
        for position, entry in placed
    )


def records_data(entries: Iterable[Entry], registers: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    """Return what a seal says of each record: register, number, and leaf and content hash of every version."""
    found: dict[str, Any] = {}
    for entry in entries:
        header = json.loads(entry.header)
        told = found.setdefault(
            entry.record_uid.hex, {"register": registers[entry.record_uid], "number": "", "entries": []}
        )
        if entry.version == 1 and entry.content is not None:
            told["number"] = str(json.loads(entry.content).get("number", ""))
        told["entries"].append([bytes(entry.leaf).hex(), header["content"]])
    return found


def sha256_of(body: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()
