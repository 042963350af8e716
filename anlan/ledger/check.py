"""The running check behind `anlan check`: entries against their hashes, and the tree against the entries.

Every entry is hashed anew, its leaf is compared with the tree's tiles, these with each other and with every head
(`check_tree`). What differs is named by its position, and hides nothing else. Nothing is repaired.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping

from django.db.models import Exists, OuterRef, QuerySet

from anlan.ledger.check_tree import beyond_the_heads, broken_heads, broken_range, tree_size
from anlan.ledger.content import lies_plain
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.erased import what_is_missing
from anlan.ledger.hashing import TreeHash
from anlan.ledger.models import Entry, Unsequenced
from anlan.ledger.store import log_hash
from anlan.ledger.tiles import WIDTH
from anlan.vault.errors import KeyMissing
from anlan.vault.ring import SILENT

_CHUNK = 2000
_TILES = 8
Progress = Callable[[int, int], None]


def broken_entries(
    progress: Progress | None = None, *, among: "QuerySet[Entry] | None" = None
) -> Iterator[tuple[int, str]]:
    """Yield (entry id, what is wrong) for every entry whose header or content no longer matches its hashes.

    Content may be gone where a later entry of the record says that it was erased; anywhere else it was taken away.
    `among` keeps to some entries.
    """
    rows = Entry.objects.all() if among is None else among
    by, total = log_hash(), rows.count() if progress else 0
    for done, entry in enumerate(rows.order_by("pk").iterator(chunk_size=_CHUNK)):
        if progress and not done % _CHUNK:
            progress(done, total)
        yield from ((entry.pk, fault) for fault in faults_of(entry, by))


def faults_of(entry: Entry, by: TreeHash) -> Iterator[str]:
    """Yield what is wrong with one entry, as it was loaded. Where the header is another one, nothing that it says is worth comparing.

    Every content is encrypted, older ones since the upgrade: one that lies plain was written by somebody without the keys.
    """
    if lies_plain(entry):
        yield "content lies unencrypted: somebody without the keys wrote it"
    if leaf_hash(entry.header.encode(), by) != bytes(entry.leaf):
        yield "header does not match the leaf"
        return
    if (said := _said(entry)) is None:
        yield "header is no JSON of an entry"
        return
    if not _opens(entry):
        yield "content names a key that is not there: it cannot be opened"
        return
    if _content_is_other(entry, said):
        yield "content does not match its hash"
    if other := columns_that_differ(entry, said):
        yield f"columns differ from the header: {', '.join(other)}"
    if fault := what_is_missing(entry):
        yield fault


def _opens(entry: Entry) -> bool:
    """Tell whether the key that a content names is there. Raises: KeyMissing when no key at all can be had."""
    try:
        _ = entry.content
    except KeyMissing as error:
        if error.code == SILENT:
            raise
        return False
    return True


def _said(entry: Entry) -> dict[str, object] | None:
    try:
        said = json.loads(entry.header)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def columns_that_differ(entry: Entry, said: Mapping[str, object]) -> list[str]:
    """Return what an entry's columns say otherwise than its header. The tree holds the header; the columns serve look-ups."""
    columns = {
        "id": entry.uid.hex,
        "record": entry.record_uid.hex,
        "register": entry.register,
        "version": entry.version,
        "step": entry.step,
        "actor": entry.actor_id,
        "occurred_on": entry.occurred_on.isoformat(),
        "recorded_at": entry.recorded_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
    }
    return [name for name, value in columns.items() if said.get(name) != value]


def broken_tree(progress: Progress | None = None, *, since: int = 0) -> Iterator[tuple[str, str]]:
    """Yield (where, what is wrong) for what differs between entries, positions, tiles and heads, all of it.

    `since` leaves out the leaves before a position and the heads up to it.
    """
    yield from _entries_outside()
    size, once = tree_size(), set[tuple[str, str]]()
    for first in range(since // WIDTH, -(-size // WIDTH), _TILES):
        for finding in broken_range(first, _TILES, size):
            if finding not in once:  # the tiles above are looked at with each piece below them
                once.add(finding)
                yield finding
        if progress:
            progress(min(size, (first + _TILES) * WIDTH), size)
    yield from broken_heads(after=since)[0]
    yield from beyond_the_heads()


def _content_is_other(entry: Entry, said: Mapping[str, object]) -> bool:
    """What was erased lawfully has no content to compare."""
    if entry.content is None or entry.salt is None:
        return False
    return content_hash(bytes(entry.salt), entry.content.encode()) != said.get("content")


def _entries_outside() -> Iterator[tuple[str, str]]:
    """Yield what differs between the entries and the queue: each entry has a position or waits for one, never both."""
    outside = Entry.objects.filter(position=None, unsequenced=None).order_by("pk").values_list("pk", flat=True)
    for pk in outside.iterator(chunk_size=_CHUNK):
        yield f"entry {pk}", "has no position in the tree and does not wait for one"
    twice = Unsequenced.objects.exclude(entry__position=None).order_by("pk").values_list("pk", flat=True)
    for pk in twice.iterator(chunk_size=_CHUNK):
        yield f"entry {pk}", "has a position in the tree and waits for another one"
    nowhere = Unsequenced.objects.exclude(Exists(Entry.objects.filter(pk=OuterRef("pk")))).order_by("pk")
    for pk in nowhere.values_list("pk", flat=True).iterator(chunk_size=_CHUNK):
        yield f"entry {pk}", "waits for a position and does not exist"
