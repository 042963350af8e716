"""The stored tree: tiles and heads as rows. The sequencer writes them; proofs, the check and `anlan verify` read them."""

from collections.abc import Mapping

from django.db import connection

from anlan.ledger.models import Tile, TreeHead
from anlan.ledger.tiles import Key, MissingTile, Tiles


def load_tile(level: int, index: int) -> bytes:
    """Return the joined hashes of a stored tile. Raises: MissingTile."""
    with connection.cursor() as cursor:  # plain SQL: a proof reads five tiles, and the ORM would be half of its time
        cursor.execute(_READ, (level, index))
        row = cursor.fetchone()
    if row is None:
        raise MissingTile(f"Tile {level}/{index} is not stored.")
    return bytes(row[0])


def stored_tree() -> Tiles:
    """Return the stored tree for reading. It remembers what it has read: take a new one for each piece of work."""
    return Tiles(load_tile)


def newest_head() -> TreeHead | None:
    """Return the newest head; null before the first entry is placed."""
    return TreeHead.objects.order_by("-size").first()


def write_tiles(tiles: Mapping[Key, bytes]) -> None:
    """Insert new tiles and put partial ones in the place of their shorter selves."""
    binary = connection.Database.Binary  # type: ignore[attr-defined]  # the driver's module, not in the stubs
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE, [(level, index, binary(hashes)) for (level, index), hashes in tiles.items()])


_READ = f'SELECT hashes FROM {Tile._meta.db_table} WHERE level = %s AND "index" = %s'  # noqa: S608
_WRITE = (
    f'INSERT INTO {Tile._meta.db_table} (level, "index", hashes) VALUES (%s, %s, %s) '  # noqa: S608  names of our own table
    'ON CONFLICT (level, "index") DO UPDATE SET hashes = excluded.hashes'
)
