"""Receipts: what whoever filed something takes home. A promise first, an inclusion proof as soon as the tree holds the entry.

A receipt is a small JSON file, `anlan-receipt/1`: the log's name and key, the entry's header (ids and hashes only) with its leaf, or
what is known of an import, the record's number, and a promise that the log's key signed. `flow.receipts` gives them out;
`standalone/anlan_verify.py` verifies them. The promise is signed when the receipt is given out; nothing is stored.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.hashing import TreeHash
from anlan.ledger.kept import kept_checkpoint
from anlan.ledger.many import inclusion_of_many
from anlan.ledger.models import Entry, Position, TreeHead
from anlan.ledger.signing import own_signer
from anlan.ledger.store import log_hash, stored_inclusion, stored_tree
from anlan.ledger.tree import Nodes, subtree

FORMAT = "anlan-receipt/1"
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """What a batch receipt says of an import beside its entries: its id, the file's SHA-256 (hex) and the rows of the file."""

    id: str
    file_sha256: str
    rows: int


def entry_receipt(entry: Entry, *, number: str, at: dt.datetime) -> dict[str, Any]:
    """Return the receipt of one entry; `number` is the record's, empty where it has none. Raises: BadNote without a key."""
    leaf = bytes(entry.leaf)
    said = {"kind": "entry", "header": entry.header, "leaf": leaf.hex()}
    position = Position.objects.filter(entry=entry).values_list("index", flat=True).first()
    head = signed_head(position + 1) if position is not None else None
    proof = None
    if head is not None and position is not None and position < head.size:
        path = [one.hex() for one in stored_inclusion(position, head.size)]
        proof = {"checkpoint": head.checkpoint, "position": position, "path": path}
    return _receipt(said, leaf, number=number, at=at, proof=proof)


def batch_receipt(facts: BatchFacts, entries: Sequence[Entry], *, at: dt.datetime) -> dict[str, Any]:
    """Return the receipt of an import; `entries` in the order in which they were written, at least one. Raises: as above."""
    leaves = [bytes(entry.leaf) for entry in entries]
    batch = {
        "id": facts.id,
        "file_sha256": facts.file_sha256,
        "rows": facts.rows,
        "entries": len(entries),
        "first": entries[0].uid.hex,
        "last": entries[-1].uid.hex,
        "root": root_of(leaves).hex(),
    }
    subject = hashlib.sha256(canonical_bytes(batch)).digest()
    return _receipt({"kind": "batch", "batch": batch}, subject, number="", at=at, proof=_batch_proof(entries, leaves))


def receipt_text(receipt: dict[str, Any]) -> str:
    """Return a receipt as the text of its file."""
    return json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def signed_head(needed: int) -> TreeHead | None:
    """Return the newest head that a witness cosigned if it has the `needed` entries, else the newest that is signed; null for none."""
    signed = TreeHead.objects.exclude(checkpoint="")
    kept = kept_checkpoint()
    cosigned = signed.filter(size=kept.checkpoint.size, size__gte=needed).first() if kept else None
    return cosigned or signed.order_by("-size").first()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over a few leaves by the log's own hash."""
    return subtree(_Row(leaves, log_hash()), 0, len(leaves))


def _receipt(
    said: dict[str, Any], subject: bytes, *, number: str, at: dt.datetime, proof: dict[str, Any] | None
) -> dict[str, Any]:
    signer = own_signer()
    lines = (
        FORMAT,
        signer.name,
        said["kind"],
        base64.b64encode(subject).decode(),
        number or "-",
        at.astimezone(dt.UTC).isoformat(timespec="seconds"),
    )
    return said | {
        "format": FORMAT,
        "log": {"name": signer.name, "key": str(signer.verifier)},
        "tree_hash": log_hash().name,
        "number": number,
        "promise": str(signer.sign("".join(f"{line}\n" for line in lines))),
        "proof": proof,
    }


def _batch_proof(entries: Sequence[Entry], leaves: Sequence[bytes]) -> dict[str, Any] | None:
    """Return one proof for all entries of an import; null while one of them waits."""
    positions: list[int] = []
    for start in range(0, len(entries), _CHUNK):
        keys = [entry.pk for entry in entries[start : start + _CHUNK]]
        found = dict(Position.objects.filter(entry__in=keys).values_list("entry_id", "index"))
        positions += [found[key] for key in keys if key in found]
    if len(positions) < len(entries):
        return None
    head = signed_head(max(positions) + 1)
    if head is None or max(positions) >= head.size:
        return None
    return {
        "checkpoint": head.checkpoint,
        "positions": positions,
        "leaves": [leaf.hex() for leaf in leaves],
        "path": [one.hex() for one in inclusion_of_many(stored_tree(), positions, head.size)],
    }


class _Row(Nodes):
    """A tree over a few leaves at hand; complete subtrees are computed when they are asked for."""

    def __init__(self, leaves: Sequence[bytes], by: TreeHash) -> None:
        self._rows, self._by = [b"".join(leaves)], by

    @property
    def hash(self) -> TreeHash:
        return self._by

    def node(self, level: int, index: int) -> bytes:
        while len(self._rows) <= level:
            row = self._rows[-1]
            self._rows.append(self._by.parents(row[: len(row) // 64 * 64]))
        return self._rows[level][index * 32 : index * 32 + 32]
