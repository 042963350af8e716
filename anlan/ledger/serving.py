"""What the log shows over HTTP: its newest signed checkpoint, tiles of hashes, and bundles of entry headers.

Hashes say nothing of what was recorded. A bundle holds headers (ids, dates, hashes), never content; who may read it the face decides.
"""

import json
from collections.abc import Iterable, Sequence

from anlan.ledger.hashing import HASH_BYTES
from anlan.ledger.models import Position, Tile
from anlan.ledger.tilepath import TilePath
from anlan.ledger.tiles import WIDTH
from anlan.ledger.witnessed import newest_signed

_LENGTH_BYTES = 2


def served_checkpoint() -> str | None:
    """Return the newest signed checkpoint with the cosignatures that it has; null before the first."""
    head = newest_signed()
    return head.checkpoint if head else None


def served_tile(path: TilePath) -> bytes | None:
    """Return the hashes that a path of a tile names; null when the tree has not as many yet."""
    if path.level is None:
        raise ValueError(f"{path} is a bundle of entries, not a tile of hashes.")
    stored = Tile.objects.filter(level=path.level, index=path.index).values_list("hashes", flat=True).first()
    hashes = bytes(stored or b"")[: path.width * HASH_BYTES]
    return hashes if len(hashes) == path.width * HASH_BYTES else None


def served_entries(path: TilePath) -> tuple[str, ...] | None:
    """Return the headers that a path of a bundle names, in the order of the tree; null as for tiles."""
    start = path.index * WIDTH
    rows = Position.objects.filter(index__gte=start, index__lt=start + path.width).order_by("index")
    headers = tuple(rows.values_list("entry__header", flat=True))
    return headers if len(headers) == path.width else None


def bundle(headers: Sequence[str]) -> bytes:
    """Return headers as an entry bundle: each behind its length in two bytes."""
    encoded = [header.encode() for header in headers]
    return b"".join(len(header).to_bytes(_LENGTH_BYTES, "big") + header for header in encoded)


def units_in(headers: Iterable[str]) -> frozenset[str]:
    """Return the codes of the units that the headers speak of."""
    return frozenset(str(json.loads(header)["institution"]) for header in headers)
