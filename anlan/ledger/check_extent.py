"""The second half of the check of the tree: are there tiles that no entry accounts for, or longer ones than the newest head?

`check.py` walks from the entries to the tiles that they need. What nobody needs it does not meet; here it is counted.
"""

from collections.abc import Iterator

from django.db.models.functions import Length

from anlan.ledger.hashing import HASH_BYTES
from anlan.ledger.models import Tile, TreeHead
from anlan.ledger.tiles import FULL, HEIGHT, WIDTH


def tiles_beyond() -> Iterator[tuple[str, str]]:
    """Yield (where, what is wrong) for tiles that a tree of the newest head's size does not have. One query."""
    size = TreeHead.objects.order_by("-size").values_list("size", flat=True).first() or 0
    rows = (
        Tile.objects.annotate(bytes=Length("hashes")).order_by("level", "index").values_list("level", "index", "bytes")
    )
    for level, index, count in rows.iterator(chunk_size=2000):
        expected = bytes_of_tile(level, index, size)
        if count > expected:
            said = f"holds {count} bytes, a tree of {size} entries has {expected} there"
            yield f"tile {level}/{index}", said


def bytes_of_tile(level: int, index: int, size: int) -> int:
    """Return how many bytes a tile holds in a tree of `size` leaves; 0 where there is none."""
    hashes = size >> (HEIGHT * level)
    return min(FULL, max(0, hashes - index * WIDTH) * HASH_BYTES)
