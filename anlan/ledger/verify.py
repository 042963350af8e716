"""Verifying one record: each entry from its content over header and leaf into the tree, up to the newest signed checkpoint.

`anlan verify` prints the steps. Every hash is computed anew from what the row says; nothing stored is believed but the
checkpoint, and that only as far as its signature.
"""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from anlan.ledger.check import columns_that_differ
from anlan.ledger.checkpoint import BadNote
from anlan.ledger.content import lies_plain
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.erased import what_is_missing
from anlan.ledger.hashing import TreeHash
from anlan.ledger.kept import broken_promise, kept_checkpoint
from anlan.ledger.models import Entry, Position, TreeHead, Unsequenced
from anlan.ledger.store import log_hash, newest_head, stored_tree
from anlan.ledger.tiles import MissingTile, Tiles
from anlan.ledger.tree import inclusion, verify_inclusion


class Outcome(StrEnum):
    """How a step ended. What waits is not proven yet; the sequencer comes every second."""

    HOLDS = "holds"
    WAITS = "waits"
    FAILS = "fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a proof in plain words."""

    name: str
    outcome: Outcome
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """The steps of one entry. `proof` is the inclusion path, the leaf's sibling first; empty while the entry waits."""

    version: int
    step: str
    uid: uuid.UUID
    position: int | None
    leaf: bytes
    proof: tuple[bytes, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """The proofs of a record's entries, oldest first, against one checkpoint; `steps` concern them all."""

    record_uid: uuid.UUID
    checkpoint: str
    size: int
    entries: tuple[EntryProof, ...]
    steps: tuple[Step, ...]

    @property
    def outcome(self) -> Outcome:
        """Fails if one step fails; else waits if one waits."""
        outcomes = {step.outcome for step in self.all_steps()}
        return next((one for one in (Outcome.FAILS, Outcome.WAITS) if one in outcomes), Outcome.HOLDS)

    def all_steps(self) -> Iterable[Step]:
        """Yield the steps of the whole and of every entry."""
        yield from self.steps
        for entry in self.entries:
            yield from entry.steps


OpenCheckpoint = Callable[[TreeHead], Step]


def verify_record(record_uid: uuid.UUID, *, open_checkpoint: OpenCheckpoint | None = None) -> RecordProof:
    """Verify every entry of a record against the newest checkpoint. Raises: LookupError when the ledger knows no such record."""
    entries = list(Entry.objects.filter(record_uid=record_uid).order_by("version"))
    if not entries:
        raise LookupError(f"The ledger holds no record {record_uid}. Look at the record's page for its number or uid.")
    positions = dict(Position.objects.filter(entry__in=entries).values_list("entry_id", "index"))
    waiting = set(Unsequenced.objects.filter(entry__in=entries).values_list("entry_id", flat=True))
    # Read after the positions: a head that is newer than they are still proves them.
    head, tree = newest_head(), stored_tree()
    proofs = tuple(
        prove_entry(entry, positions.get(entry.pk), head, tree, is_waiting=entry.pk in waiting) for entry in entries
    )
    return RecordProof(
        record_uid=record_uid,
        checkpoint=head.checkpoint if head else "",
        size=head.size if head else 0,
        entries=proofs,
        steps=(
            _versions(entries),
            (open_checkpoint or open_with_own_key)(head) if head else no_head(),
            *witnessed(),
        ),
    )


def open_with_own_key(head: TreeHead) -> Step:
    """Check the signature of a head's checkpoint with this installation's key, and that it is of this very head."""
    from anlan.ledger.signing import BadSignature, own_signer

    if not head.checkpoint:
        return Step(name="checkpoint", outcome=Outcome.WAITS, said=f"the head of {head.size} entries is not signed yet")
    verifier = own_signer().verifier
    try:
        checkpoint = verifier.open_checkpoint(head.checkpoint)
    except (BadNote, BadSignature) as error:
        return Step(name="checkpoint", outcome=Outcome.FAILS, said=str(error))
    said_of = (checkpoint.size, checkpoint.root, checkpoint.tree_hash)
    if said_of != (head.size, bytes(head.root), log_hash().name):
        return Step(name="checkpoint", outcome=Outcome.FAILS, said="the signed text is of another tree head")
    key = verifier.key_id.hex()
    said = f"signed by {verifier.name}, key {key}, over {head.size} entries, root {checkpoint.root.hex()}"
    return Step(name="checkpoint", outcome=Outcome.HOLDS, said=said)


def witnessed() -> tuple[Step, ...]:
    """Compare the tree with the newest checkpoint that a witness cosigned; nothing where none did."""
    if broken := broken_promise():
        return (Step(name="witness", outcome=Outcome.FAILS, said=broken),)
    kept = kept_checkpoint()
    if kept is None:
        return ()
    names = ", ".join(dict.fromkeys(one.name for one in kept.note.signatures if one.name != kept.checkpoint.origin))
    said = f"the tree begins with the {kept.checkpoint.size} entries that were cosigned by {names}"
    return (Step(name="witness", outcome=Outcome.HOLDS, said=said),)


def no_head() -> Step:
    """Say that there is no checkpoint to verify against."""
    return Step(name="checkpoint", outcome=Outcome.WAITS, said="there is no checkpoint yet")


def _versions(entries: list[Entry]) -> Step:
    numbers = [entry.version for entry in entries]
    missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
    if missing:
        said = f"entries of version {', '.join(map(str, missing))} are gone"
        return Step(name="versions", outcome=Outcome.FAILS, said=said)
    return Step(
        name="versions",
        outcome=Outcome.HOLDS,
        said=f"{len(numbers)} entries, versions 1 to {numbers[-1]}, none is missing",
    )


def prove_entry(
    entry: Entry, position: int | None, head: TreeHead | None, tree: Tiles, *, is_waiting: bool
) -> EntryProof:
    """Verify one entry against a head: content, header, leaf, path. `is_waiting` tells whether the queue still holds it."""
    leaf = leaf_hash(entry.header.encode(), tree.hash)
    included, proof = _included(leaf, position, head, tree, is_waiting=is_waiting)
    return EntryProof(
        version=entry.version,
        step=entry.step,
        uid=entry.uid,
        position=position,
        leaf=leaf,
        proof=proof,
        steps=(_content(entry), _header(entry), _leaf(entry, leaf, tree.hash), included),
    )


def _content(entry: Entry) -> Step:
    is_plain = lies_plain(entry)  # asked before the content is opened
    if entry.content is None or entry.salt is None:
        fault = what_is_missing(entry)
        said = fault or "was erased lawfully, as a later entry says; its hash stays in the header"
        return Step(name="content", outcome=Outcome.FAILS if fault else Outcome.HOLDS, said=said)
    found = content_hash(bytes(entry.salt), entry.content.encode())
    if found != _said(entry).get("content"):
        return Step(
            name="content", outcome=Outcome.FAILS, said=f"the content hashes to {found}, the header says otherwise"
        )
    if is_plain:
        said = "lies unencrypted: somebody without the keys wrote it, whatever its hashes say"
        return Step(name="content", outcome=Outcome.FAILS, said=said)
    return Step(name="content", outcome=Outcome.HOLDS, said=f"SHA-256(salt, content) is {found}, as the header says")


def _header(entry: Entry) -> Step:
    said = _said(entry)
    if other := columns_that_differ(entry, said):
        return Step(name="header", outcome=Outcome.FAILS, said=f"the row says otherwise on: {', '.join(other)}")
    told = (
        f"{entry.register}, step {entry.step}, occurred on {entry.occurred_on}, recorded at {said.get('recorded_at')}"
    )
    return Step(name="header", outcome=Outcome.HOLDS, said=told)


def _said(entry: Entry) -> dict[str, object]:
    try:
        said = json.loads(entry.header)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _leaf(entry: Entry, leaf: bytes, by: TreeHash) -> Step:
    if leaf != bytes(entry.leaf):
        return Step(
            name="leaf", outcome=Outcome.FAILS, said=f"the header hashes to {leaf.hex()}, the row holds another leaf"
        )
    return Step(name="leaf", outcome=Outcome.HOLDS, said=f"{by.title}(0x00, header) is {leaf.hex()}")


def _included(
    leaf: bytes, position: int | None, head: TreeHead | None, tree: Tiles, *, is_waiting: bool
) -> tuple[Step, tuple[bytes, ...]]:
    if position is None and is_waiting:
        return Step(
            name="tree", outcome=Outcome.WAITS, said="waits for its position; the sequencer comes every second"
        ), ()
    if position is None or head is None or position >= head.size:
        return Step(
            name="tree", outcome=Outcome.FAILS, said="has no position in the tree and does not wait for one"
        ), ()
    try:
        proof = tuple(inclusion(tree, position, head.size))
    except MissingTile as error:
        return Step(name="tree", outcome=Outcome.FAILS, said=str(error)), ()
    if not verify_inclusion(leaf, index=position, size=head.size, proof=proof, root=bytes(head.root), by=tree.hash):
        said = f"its {len(proof)} hashes do not lead from position {position} to the root of {head.size} entries"
        return Step(name="tree", outcome=Outcome.FAILS, said=said), proof
    said = f"{len(proof)} hashes lead from position {position} to the root of {head.size} entries"
    return Step(name="tree", outcome=Outcome.HOLDS, said=said), proof
