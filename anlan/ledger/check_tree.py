"""The tree against the entries, piece by piece: leaves against tiles, each level of tiles against the one below, heads against tiles.

Each piece is compared with its neighbour as it is stored, so that a hole or a change hides nothing beside it. `anlan check` walks
through all pieces, the running audit through some at a time. What grows meanwhile is no finding: sizes are read before rows.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.db.models.functions import Length

from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import HASH_BYTES
from anlan.ledger.models import Position, Tile, TreeHead
from anlan.ledger.store import load_tile, log_hash
from anlan.ledger.tiles import FULL, HEIGHT, WIDTH, MissingTile, Tiles
from anlan.ledger.tree import root

Finding = tuple[str, str]
_HEADS = 500
_POINT = re.compile(r"(0|[1-9][0-9]{0,17})(?::([0-9a-f]{64}))?", re.ASCII)


def tree_size() -> int:
    """Return how many entries the newest head counts; 0 for none."""
    return TreeHead.objects.aggregate(size=Max("size"))["size"] or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place in the log: how many entries lie before it, and the root of the tree over them (hex; empty where nobody told)."""

    size: int
    root: str = ""

    def __str__(self) -> str:
        return f"{self.size}:{self.root}" if self.root else str(self.size)


def newest_point() -> Point:
    """Return where the log ends now."""
    head = TreeHead.objects.order_by("-size").first()
    return Point(size=head.size, root=bytes(head.root).hex()) if head else Point(size=0)


def point_of_this_log(text: str) -> Point:
    """Read a place that an earlier check named, and prove that the log at hand goes on from there.

    Raises: LedgerError for a text that names none, for more entries than the log has, and for another root than the tree of that
    many entries has today. Without a root it is believed that the place is one of this log.
    """
    said = _POINT.fullmatch(text)
    if said is None:
        raise LedgerError(
            "ledger.E088",
            f'"{text}" names no place in the log. Give what the last clean `anlan check` printed: POSITION:HASH, or POSITION.',
        )
    point, size = Point(size=int(said[1]), root=said[2] or ""), tree_size()
    if point.size > size:
        raise LedgerError(
            "ledger.E089",
            f"The log has {size} entries, the place given is behind {point.size}: it is of another log, or this database is an "
            "older copy. Run `anlan check` without --since.",
        )
    if point.root and _root_of(Tiles(load_tile, log_hash()), point.size).hex() != point.root:
        raise LedgerError(
            "ledger.E090",
            f"The tree of the first {point.size} entries has another root than the place given names: it is of another log, or "
            "what was checked has changed since. Run `anlan check` without --since.",
        )
    return point


def broken_range(first: int, count: int, size: int) -> Iterator[Finding]:
    """Yield what differs in `count` tiles of leaves from the tile `first` on, and in the tiles above them, up to `size` entries."""
    start, end = first * WIDTH, min(size, (first + count) * WIDTH)
    if start >= end:
        return
    leaves = _tiles(0, first, (end - 1) // WIDTH)
    yield from _runs(_broken_leaves(start, end, leaves))
    level, below = 0, leaves
    while below:
        yield from _short_tiles(level, below, start, end, size)
        above = _tiles(level + 1, min(below) // WIDTH, max(below) // WIDTH) if size >> HEIGHT * (level + 1) else {}
        yield from _broken_tops(level, below, above, size)
        level, below = level + 1, above


def broken_heads(*, after: int = 0, limit: int | None = None) -> tuple[list[Finding], int | None]:
    """Return what is wrong with the heads behind a size, and the last size looked at; null at the end.

    Heads that fail one after the other are one finding: from one changed place on, every root is another one.
    """
    rows = TreeHead.objects.filter(size__gt=after).order_by("size").values_list("size", "root")
    heads, tree = list(rows[:limit] if limit else rows), Tiles(load_tile, log_hash())
    found: list[Finding] = []
    good, failing = after, list[int]()
    for number, (size, stored) in enumerate(heads):
        if not number % _HEADS:
            tree = Tiles(load_tile, log_hash())  # what it remembers grows with what it reads
        if _root_of(tree, size) == bytes(stored):
            found += _of_heads(failing, good)
            good, failing = size, []
        else:
            failing.append(size)
    found += _of_heads(failing, good)
    return found, heads[-1][0] if limit and len(heads) == limit else None


def beyond_the_heads() -> Iterator[Finding]:
    """Yield positions and tiles that the newest head does not count. One statement each, since the tree grows meanwhile."""
    rows = Position.objects.raw(_BEYOND)
    indexes = [row.index for row in rows]
    if indexes:
        said = f"lies beyond the newest tree head, which has {tree_size()} entries"
        yield _extent(indexes[0], indexes[-1], len(indexes)), said
    lengths = Tile.objects.annotate(bytes=Length("hashes")).values_list("level", "index", "bytes")
    seen = list(lengths.order_by("level", "index"))
    size = tree_size()  # read last: the tiles are of this tree or of a smaller one
    for level, index, count in seen:
        expected = bytes_of_tile(level, index, size)
        if count > expected:
            yield f"tile {level}/{index}", f"holds {count} bytes, a tree of {size} entries has {expected} there"


def bytes_of_tile(level: int, index: int, size: int) -> int:
    """Return how many bytes a tile holds in a tree of `size` leaves; 0 where there is none."""
    hashes = size >> (HEIGHT * level)
    return min(FULL, max(0, hashes - index * WIDTH) * HASH_BYTES)


def _broken_leaves(start: int, end: int, leaves: dict[int, bytes]) -> Iterator[tuple[int, str]]:
    rows = Position.objects.filter(index__gte=start, index__lt=end).values_list("index", "entry__leaf")
    found = {index: bytes(leaf) for index, leaf in rows if leaf is not None}
    for index in range(start, end):
        tile, at = divmod(index, WIDTH)
        stored = leaves.get(tile, b"")[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        if index not in found:
            yield index, "holds no entry any more"
        elif stored and found[index] != stored:
            yield index, "the entry's leaf is not the one in the tree"


def _short_tiles(level: int, tiles: dict[int, bytes], start: int, end: int, size: int) -> Iterator[Finding]:
    """Name the tiles of a level that are gone or too short for the tree."""
    first, last = start >> HEIGHT * (level + 1), (end - 1) >> HEIGHT * (level + 1)
    for index in range(first, last + 1):
        expected, held = bytes_of_tile(level, index, size), len(tiles.get(index, b""))
        if held < expected:
            said = f"holds {held} bytes, a tree of {size} entries has {expected} there"
            yield f"tile {level}/{index}", said if held else f"is gone; {said}"


def _broken_tops(level: int, below: dict[int, bytes], above: dict[int, bytes], size: int) -> Iterator[Finding]:
    """Compare the roots of full tiles with what the tile above holds of them."""
    by = log_hash()
    for index, hashes in sorted(below.items()):
        tile, at = divmod(index, WIDTH)
        stored = above.get(tile, b"")[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        if (index + 1) * WIDTH > size >> HEIGHT * level or len(hashes) < FULL or not stored:
            continue  # not full yet, or named as short
        top = hashes[:FULL]
        for _ in range(HEIGHT):
            top = by.parents(top)
        if top != stored:
            width = WIDTH ** (level + 1)
            said = f"tile {level}/{index} and tile {level + 1}/{tile} above it do not agree"
            yield f"positions {index * width} to {(index + 1) * width - 1}", said


def _root_of(tree: Tiles, size: int) -> bytes:
    try:
        return root(tree, size)
    except MissingTile:
        return b""


def _of_heads(sizes: Sequence[int], since: int) -> list[Finding]:
    if not sizes:
        return []
    more = "" if len(sizes) == 1 else f" and {len(sizes) - 1} later ones up to {sizes[-1]}"
    said = (
        f"its root is not that of the first {sizes[0]} entries; something from position {since} on was changed, "
        "or the head itself"
    )
    return [(f"tree head {sizes[0]}{more}", said)]


def _runs(found: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """Join neighbouring positions with the same fault."""
    first = last = -1
    said = ""
    for index, what in found:
        if said == what and index == last + 1:
            last = index
            continue
        if said:
            yield _extent(first, last, last - first + 1), said
        first, last, said = index, index, what
    if said:
        yield _extent(first, last, last - first + 1), said


def _extent(first: int, last: int, count: int) -> str:
    return f"position {first}" if count == 1 else f"position {first} and {count - 1} more up to {last}"


def _tiles(level: int, first: int, last: int) -> dict[int, bytes]:
    rows = Tile.objects.filter(level=level, index__gte=first, index__lte=last).values_list("index", "hashes")
    return {index: bytes(hashes) for index, hashes in rows}


_BEYOND = (
    f'SELECT "index", entry_id FROM {Position._meta.db_table} '  # noqa: S608  names of our own tables
    f'WHERE "index" >= COALESCE((SELECT MAX(size) FROM {TreeHead._meta.db_table}), 0) ORDER BY "index"'
)
