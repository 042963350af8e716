"""Verifying many records at once: a whole register, or the whole log with every signature. `anlan verify` calls it.

The same steps as for one record, entry by entry from the content to the root; what holds is counted, what does not is named.
"""

from dataclasses import dataclass, field
from typing import Any

from anlan.ledger.check import Progress, broken_entries, broken_tree
from anlan.ledger.check_signatures import broken_signatures
from anlan.ledger.models import Entry, TreeHead, Unsequenced
from anlan.ledger.store import newest_head, stored_tree
from anlan.ledger.verify import Outcome, Step, no_head, open_with_own_key, prove_entry, witnessed

_CHUNK = 1000


@dataclass(kw_only=True)
class Audit:
    """What was found: how many of what, the step of the checkpoint, and (where, what) of all that fails. `waiting` entries wait."""

    checkpoint: Step
    counts: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """Fails if anything fails; else waits if anything waits."""
        if self.faults or self.checkpoint.outcome is Outcome.FAILS:
            return Outcome.FAILS
        return Outcome.WAITS if self.waiting or self.checkpoint.outcome is Outcome.WAITS else Outcome.HOLDS


def verify_register(
    register: str, institution_id: int | None = None, *, progress: Progress = lambda _done, _all: None
) -> Audit:
    """Verify every entry of a register, of one institution or of all. Raises: LookupError when the ledger holds none."""
    rows = Entry.objects.filter(register=register)
    if institution_id is not None:
        rows = rows.filter(institution_id=institution_id)
    keys = list(rows.order_by("position__index", "pk").values_list("pk", flat=True))
    if not keys:
        raise LookupError(
            f'The ledger holds no entry of the register "{register}" there. `anlan registers` lists them.'
        )
    waiting = set(Unsequenced.objects.filter(entry__register=register).values_list("entry_id", flat=True))
    head = newest_head()  # read last: it is as new as the positions, or newer
    audit = Audit(checkpoint=open_with_own_key(head) if head else no_head())
    last: dict[Any, int] = {}
    versions: dict[Any, int] = {}
    for start in range(0, len(keys), _CHUNK):
        chunk, tree = keys[start : start + _CHUNK], stored_tree()
        found = Entry.objects.select_related("position").in_bulk(chunk)
        for entry in (found[pk] for pk in chunk if pk in found):
            position = entry.position.index if hasattr(entry, "position") else None
            proof = prove_entry(entry, position, head, tree, is_waiting=entry.pk in waiting)
            _note(audit, entry, proof.steps)
            last[entry.record_uid] = max(last.get(entry.record_uid, 0), entry.version)
            versions[entry.record_uid] = versions.get(entry.record_uid, 0) + 1
        progress(start + len(chunk), len(keys))
    audit.faults += [
        (f"record {uid}", f"{newest - versions[uid]} of its {newest} versions are gone")
        for uid, newest in last.items()
        if newest != versions[uid]
    ]
    audit.counts = {"records": len(last), "entries": len(keys)}
    return audit


def _note(audit: Audit, entry: Entry, steps: tuple[Step, ...]) -> None:
    where = f"record {entry.record_uid} version {entry.version}, step {entry.step}"
    audit.waiting += any(step.outcome is Outcome.WAITS for step in steps)
    audit.faults += [(where, f"{step.name}: {step.said}") for step in steps if step.outcome is Outcome.FAILS]


def verify_log(*, progress: Progress = lambda _done, _all: None) -> Audit:
    """Verify the whole log: contents, headers, leaves, tiles, heads, and every checkpoint's signature and cosignatures."""
    head = newest_head()
    audit = Audit(checkpoint=open_with_own_key(head) if head else no_head())
    audit.faults += [(f"entry {pk}", what) for pk, what in broken_entries(progress)]
    audit.faults += broken_tree(progress)
    audit.faults += broken_signatures(counts=audit.counts)
    audit.faults += [(step.name, step.said) for step in witnessed() if step.outcome is Outcome.FAILS]
    audit.waiting = Unsequenced.objects.count()
    audit.counts |= {"entries": Entry.objects.count(), "heads": TreeHead.objects.count()}
    return audit
