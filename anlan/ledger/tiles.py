"""The tree in tiles of height 8, as C2SP tlog-tiles lays them out: what is stored, and later served over HTTP.

A tile (level L, index N) holds up to 256 hashes of complete subtrees of 256^L leaves, from N × 256 on. Only the tiles at the
right edge are partial; a full tile never changes. Between two tile levels nothing is stored: seven levels of hashes are
computed from a tile when they are asked for. Pure: a `load` function brings the tiles.
"""

from collections.abc import Callable, Sequence

from anlan.ledger.hashing import HASH_BYTES, SHA256, TreeHash, require_hash
from anlan.ledger.tree import root

HEIGHT = 8
WIDTH = 1 << HEIGHT
FULL = WIDTH * HASH_BYTES
Key = tuple[int, int]
Load = Callable[[int, int], bytes]


class MissingTile(LookupError):
    """The tree asks for a hash that no stored tile holds."""


class Tiles:
    """A tree read from tiles. Each tile is loaded once and its inner levels are computed once."""

    def __init__(self, load: Load, by: TreeHash = SHA256) -> None:
        self.hash = by
        self._load = load
        self._tiles: dict[Key, list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree. Raises: MissingTile, naming level and index."""
        tile_level, inner = divmod(level, HEIGHT)
        tile, at = divmod(index << inner, WIDTH)
        start = (at >> inner) * HASH_BYTES
        found = self._inner(tile_level, tile, inner)[start : start + HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise MissingTile(f"Tile {tile_level}/{tile} holds no hash of level {level}, index {index}.")
        return found

    def _inner(self, level: int, index: int, inner: int) -> bytes:
        """Return the joined hashes of a tile `inner` levels above its own; of a partial tile as many as are complete."""
        rows = self._tiles.get((level, index))
        if rows is None:
            rows = self._tiles[level, index] = [self._whole(level, index)]
        while len(rows) <= inner:
            complete = len(rows[-1]) // (2 * HASH_BYTES) * 2 * HASH_BYTES
            rows.append(self.hash.parents(rows[-1][:complete]))
        return rows[inner]

    def _whole(self, level: int, index: int) -> bytes:
        row = self._load(level, index)
        if len(row) % HASH_BYTES or len(row) > FULL:
            raise MissingTile(f"Tile {level}/{index} has {len(row)} bytes, which are no row of at most {WIDTH} hashes.")
        return row


class Edge:
    """The right edge of a growing tree: one partial tile per level. A batch of n leaves costs n hashes."""

    def __init__(self, size: int, load: Load, by: TreeHash = SHA256) -> None:
        self.size, self.hash = size, by
        self._partial: list[bytes] = []
        level, count = 0, size
        while count:
            index, width = divmod(count, WIDTH)
            self._partial.append(load(level, index) if width else b"")
            if len(self._partial[level]) != width * HASH_BYTES:
                raise MissingTile(f"Tile {level}/{index} should hold {width} hashes; it holds other than that.")
            level, count = level + 1, index

    def append(self, leaves: Sequence[bytes]) -> dict[Key, bytes]:
        """Add leaf hashes and return the tiles that changed: (level, index) → joined hashes.

        Raises: BadHash before anything is added when a leaf is no hash: behind it every hash would stand in a wrong place.
        """
        changed: dict[Key, bytes] = {}
        level, count, row = 0, self.size, b"".join([require_hash(leaf) for leaf in leaves])
        self.size += len(leaves)
        while row:
            if level == len(self._partial):
                self._partial.append(b"")
            row = self._extend(level, count, row, changed)
            level, count = level + 1, count // WIDTH
        return changed

    def root(self) -> bytes:
        """Return the root; it needs no tile but those at the edge."""
        return root(Tiles(self._at, self.hash), self.size)

    def _extend(self, level: int, count: int, row: bytes, changed: dict[Key, bytes]) -> bytes:
        """Put hashes behind the `count` hashes of a level and return the hashes of the tiles that became full."""
        row, first = self._partial[level] + row, count // WIDTH
        whole = len(row) // FULL
        for number in range(whole):
            changed[level, first + number] = row[number * FULL : (number + 1) * FULL]
        rest = self._partial[level] = row[whole * FULL :]
        if rest:
            changed[level, first + whole] = rest
        return self._tops(row[: whole * FULL])

    def _at(self, level: int, index: int) -> bytes:
        if level < len(self._partial) and index == (self.size >> (HEIGHT * level)) // WIDTH:
            return self._partial[level]
        return b""

    def _tops(self, tiles: bytes) -> bytes:
        """Return the root of each full tile of a row: halved as often as a tile is high, all of them at once."""
        for _ in range(HEIGHT):
            tiles = self.hash.parents(tiles)
        return tiles
