"""The running check behind `anlan check`: entries against their hashes, and the tree against the entries.

The root is recomputed from the entries' stored leaves and compared with every head, the newest last; tiles are compared on the
way, so that what differs is named by its position. Nothing is repaired.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Exists, Max, OuterRef

from anlan.ledger.check_extent import tiles_beyond
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.erased import what_is_missing
from anlan.ledger.hashing import HASH_BYTES
from anlan.ledger.models import Entry, Position, Tile, TreeHead, Unsequenced
from anlan.ledger.store import log_hash
from anlan.ledger.tiles import WIDTH, Edge, Key, MissingTile

_CHUNK = 2000
Progress = Callable[[int, int], None]


def broken_entries(progress: Progress | None = None) -> Iterator[tuple[int, str]]:
    """Yield (entry id, what is wrong) for every entry whose header or content no longer matches its hashes.

    Content may be gone where a later entry of the record says that it was erased; anywhere else it was taken away.
    """
    by, total = log_hash(), Entry.objects.count() if progress else 0
    for done, entry in enumerate(Entry.objects.order_by("pk").iterator(chunk_size=_CHUNK)):
        if progress and not done % _CHUNK:
            progress(done, total)
        if leaf_hash(entry.header.encode(), by) != bytes(entry.leaf):
            yield entry.pk, "header does not match the leaf"
            continue
        said = json.loads(entry.header)
        if _content_is_other(entry, said):
            yield entry.pk, "content does not match its hash"
        if other := columns_that_differ(entry, said):
            yield entry.pk, f"columns differ from the header: {', '.join(other)}"
        if fault := what_is_missing(entry):
            yield entry.pk, fault


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


def broken_tree(progress: Progress | None = None) -> Iterator[tuple[str, str]]:
    """Yield (where, what is wrong) for what differs between entries, positions, tiles and heads.

    Of positions that differ only the first is named: from there on every root is another one.
    """
    yield from _entries_outside()
    walk, newest = _Walk(), TreeHead.objects.aggregate(size=Max("size"))["size"] or 0
    try:
        for head in TreeHead.objects.order_by("size").iterator(chunk_size=_CHUNK):
            walk.go_to(head)
            if progress:
                progress(walk.edge.size, newest)
    except Differs as fault:
        yield fault.where, fault.what
        return
    beyond = (
        Position.objects.filter(index__gte=walk.edge.size).order_by("index").values_list("index", flat=True).first()
    )
    if beyond is not None:
        yield f"position {beyond}", f"lies beyond the newest tree head, which has {walk.edge.size} entries"
    else:
        yield from tiles_beyond()


def _content_is_other(entry: Entry, said: Mapping[str, object]) -> bool:
    """What was erased lawfully has no content to compare."""
    if entry.content is None or entry.salt is None:
        return False
    return content_hash(bytes(entry.salt), entry.content.encode()) != said.get("content")


class Differs(Exception):
    """Something differs from the stored tree: where, and what."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


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


def _no_tile(level: int, index: int) -> bytes:
    raise MissingTile(f"{level}/{index}")


@dataclass(slots=True)
class _Walk:
    """Builds the tree anew from the entries, head by head. Memory holds the edge only."""

    edge: Edge = field(default_factory=lambda: Edge(0, _no_tile, log_hash()))

    def go_to(self, head: TreeHead) -> None:
        """Add the entries up to a head and compare. Raises: Differs, naming the first position or tile that differs."""
        since = self.edge.size
        while self.edge.size < head.size:
            self._add(min(_CHUNK, head.size - self.edge.size))
        if self.edge.root() != bytes(head.root):
            raise Differs(
                f"tree head {head.size}",
                f"its root is not that of the first {head.size} entries; something from position {since} on was changed, "
                "or the head itself",
            )

    def _add(self, count: int) -> None:
        start = self.edge.size
        rows = Position.objects.filter(index__gte=start, index__lt=start + count).order_by("index")
        found = dict(rows.values_list("index", "entry__leaf"))
        leaves = []
        for index in range(start, start + count):
            leaf = found.get(index)
            if leaf is None:
                raise Differs(f"position {index}", "holds no entry any more")
            leaves.append(bytes(leaf))
        _compare_leaves(leaves, start)
        changed = self.edge.append(leaves)
        _compare_tiles({key: hashes for key, hashes in changed.items() if key[0] > 0})


def _compare_leaves(leaves: list[bytes], start: int) -> None:
    """Compare leaves with the tiles of the lowest level, which the sequencer wrote."""
    stored = _tiles(0, start // WIDTH, (start + len(leaves) - 1) // WIDTH)
    for index, leaf in enumerate(leaves, start=start):
        tile, at = divmod(index, WIDTH)
        if stored.get((0, tile), b"")[at * HASH_BYTES : (at + 1) * HASH_BYTES] != leaf:
            raise Differs(f"position {index}", "the entry's leaf is not the one in the tree")


def _compare_tiles(changed: dict[Key, bytes]) -> None:
    """Compare the tiles above. What the walk has reached of a tile is a beginning of what is stored."""
    for level, keys in groupby(sorted(changed), key=lambda key: key[0]):
        indexes = [index for _, index in keys]
        stored = _tiles(level, indexes[0], indexes[-1])
        for index in indexes:
            ours, theirs = changed[level, index], stored.get((level, index), b"")
            if not theirs.startswith(ours):
                at = _first_difference(ours, theirs)
                first = (index * WIDTH + at) * WIDTH**level
                raise Differs(
                    f"positions {first} to {first + WIDTH**level - 1}",
                    f"their entries and their tile agree, but tile {level}/{index} says otherwise",
                )


def _first_difference(ours: bytes, theirs: bytes) -> int:
    return next(
        at // HASH_BYTES
        for at in range(0, len(ours), HASH_BYTES)
        if ours[at : at + HASH_BYTES] != theirs[at : at + HASH_BYTES]
    )


def _tiles(level: int, first: int, last: int) -> dict[Key, bytes]:
    rows = Tile.objects.filter(level=level, index__gte=first, index__lte=last).values_list("level", "index", "hashes")
    return {(row_level, index): bytes(hashes) for row_level, index, hashes in rows}
