"""The ledger itself as stages of the running audit: entries against their hashes, the tree against the entries, heads and signatures.

The same comparisons as `anlan check` makes at once (`anlan.ledger.check`), a chunk at a time.
"""

from collections.abc import Iterable, Iterator

from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault
from anlan.ledger.check import faults_of
from anlan.ledger.check_signatures import broken_signatures
from anlan.ledger.check_tree import beyond_the_heads, broken_heads, broken_range, tree_size
from anlan.ledger.models import Entry, TreeHead
from anlan.ledger.store import log_hash
from anlan.ledger.tiles import WIDTH

_HEADS = 5  # a head costs as much as some rows: its root is computed and its signature opened


def drift_of_hashes(*, after: int | None = None, limit: int = CHUNK) -> Chunk:
    """Hash the entries behind a key anew and compare them with their leaves, their columns and what the header says."""
    by, found = log_hash(), list(Entry.objects.filter(pk__gt=after or 0).order_by("pk")[:limit])
    drifts = [
        Drift(
            fault=Fault.LEDGER,
            register=entry.register,
            record_uid=entry.record_uid,
            institution_id=entry.institution_id,
            number="",
            column=f"entry {entry.pk}",
            row_says=fault,
        )
        for entry in found
        for fault in faults_of(entry, by)
    ]
    return Chunk(drifts=tuple(drifts), last=found[-1].pk if len(found) == limit else None, seen=len(found))


def drift_of_tree(*, after: int | None = None, limit: int = CHUNK) -> Chunk:
    """Compare the leaves behind a position with the tiles, and these with the ones above; at the end, what no head counts."""
    size, first, count = tree_size(), (after or 0) // WIDTH, max(1, limit // WIDTH)
    drifts = list(_of_log(Fault.LEDGER, broken_range(first, count, size)))
    end = (first + count) * WIDTH
    if end >= size:
        drifts += _of_log(Fault.LEDGER, beyond_the_heads())
    return Chunk(
        drifts=tuple(drifts),
        last=end if end < size else None,
        seen=max(0, min(end, size) - first * WIDTH),
    )


def drift_of_heads(*, after: int | None = None, limit: int = CHUNK) -> Chunk:
    """Compute the roots of the heads behind a size anew, and open the signatures of the same heads."""
    heads = max(1, limit // _HEADS)
    found, last = broken_heads(after=after or 0, limit=heads)
    ends = TreeHead.objects.filter(size__gt=after or 0).order_by("size").values_list("size", flat=True)[:heads]
    seen = list(ends)
    signed = broken_signatures(after=after or 0, until=seen[-1]) if seen else ()
    drifts = (*_of_log(Fault.LEDGER, found), *_of_log(Fault.CHECKPOINT, signed))
    return Chunk(drifts=drifts, last=last, seen=len(seen))


def _of_log(fault: Fault, found: Iterable[tuple[str, str]]) -> Iterator[Drift]:
    """Put what the room of the ledger found into the form of the audit: the place is a number, what is said stands beside."""
    for where, said in found:
        yield Drift(fault=fault, register="ledger", record_uid=None, institution_id=None, number=where, row_says=said)
