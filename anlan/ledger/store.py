"""The stored tree: tiles and heads as rows. The sequencer writes them; proofs, the check and `anlan verify` read them."""

from collections.abc import Callable, Iterable, Mapping

from django.conf import settings
from django.db import connection

from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import HASH_BYTES, SHA256, TreeHash, UnknownHash, tree_hash
from anlan.ledger.models import Log, Position, Tile, TreeHead, Unsequenced
from anlan.ledger.tiles import HEIGHT, WIDTH, Key, MissingTile, Tiles
from anlan.ledger.tree import Nodes, consistency, inclusion

LOG = "log"


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
    return Tiles(load_tile, log_hash())


def stored_inclusion(index: int, size: int) -> list[bytes]:
    """Return an inclusion proof; its tiles come in one query. Raises: ValueError, MissingTile."""
    return _proof(lambda nodes: inclusion(nodes, index, size))


def stored_consistency(old: int, new: int) -> list[bytes]:
    """Return a consistency proof; its tiles come in one query. Raises: ValueError, MissingTile."""
    return _proof(lambda nodes: consistency(nodes, old, new))


def log_hash() -> TreeHash:
    """Return the hash that the log's tree has, once and for all.

    It is fixed with the first entry; until then a changed ANLAN_TREE_HASH is taken over. Each process asks the database
    once, as every write needs the answer.
    Raises: LedgerError for a setting that is unknown, or another than the log's.
    """
    wanted = settings.ANLAN_TREE_HASH
    key = (str(connection.settings_dict["NAME"]), wanted)
    if key not in _known:
        _require(wanted)
        if _settled(wanted):
            _known.add(key)
    return tree_hash(wanted)


_known: set[tuple[str, str]] = set()  # database and hash that were found to agree


def _require(wanted: str) -> None:
    try:
        tree_hash(wanted)
    except UnknownHash as error:
        raise LedgerError("ledger.E001", f"ANLAN_TREE_HASH: {error}") from error


def _settled(wanted: str) -> bool:
    """Compare the setting with the log, and tell whether it stands fast: written just now, it could still be rolled back."""
    row = Log.objects.filter(pk=LOG).first()
    if row is not None and row.tree_hash == wanted:
        return True
    if Position.objects.exists() or Unsequenced.objects.exists():  # row security may hide the entries themselves
        kept = row.tree_hash if row else SHA256.name  # entries older than this setting are hashed with SHA-256
        if kept != wanted:
            raise LedgerError(
                "ledger.E002",
                f"ANLAN_TREE_HASH asks for {wanted}, but the tree of this log is hashed with {kept} since its first entry, "
                f"and stays so. Set ANLAN_TREE_HASH={kept}, or start a new log in a new ANLAN_HOME.",
            )
    Log.objects.update_or_create(pk=LOG, defaults={"tree_hash": wanted})
    return False


class _Wanted:
    """Stands in for a tree and notes which tiles a proof asks for."""

    def __init__(self, by: TreeHash) -> None:
        self.hash = by
        self.keys: dict[Key, None] = {}

    def node(self, level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        self.keys[tile_level, (index << inner) // WIDTH] = None
        return _NO_HASH


_NO_HASH = bytes(HASH_BYTES)


def _proof(prove: Callable[[Nodes], list[bytes]]) -> list[bytes]:
    """Ask twice: the first time to learn which tiles are needed, the second time with those at hand."""
    wanted = _Wanted(log_hash())
    prove(wanted)
    found = _load(wanted.keys)

    def load(level: int, index: int) -> bytes:
        if (level, index) not in found:
            raise MissingTile(f"Tile {level}/{index} is not stored.")
        return found[level, index]

    return prove(Tiles(load, wanted.hash))


def _load(keys: Iterable[Key]) -> dict[Key, bytes]:
    values = [number for key in keys for number in key]
    if not values:
        return {}
    where = " OR ".join(['(level = %s AND "index" = %s)'] * (len(values) // 2))
    with connection.cursor() as cursor:
        cursor.execute(_READ_MANY + where, values)
        return {(level, index): bytes(hashes) for level, index, hashes in cursor.fetchall()}


def newest_head() -> TreeHead | None:
    """Return the newest head; null before the first entry is placed."""
    return TreeHead.objects.order_by("-size").first()


def write_tiles(tiles: Mapping[Key, bytes]) -> None:
    """Insert new tiles and put partial ones in the place of their shorter selves."""
    binary = connection.Database.Binary  # type: ignore[attr-defined]  # the driver's module, not in the stubs
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE, [(level, index, binary(hashes)) for (level, index), hashes in tiles.items()])


_READ = f'SELECT hashes FROM {Tile._meta.db_table} WHERE level = %s AND "index" = %s'  # noqa: S608
_READ_MANY = f'SELECT level, "index", hashes FROM {Tile._meta.db_table} WHERE '  # noqa: S608
_WRITE = (
    f'INSERT INTO {Tile._meta.db_table} (level, "index", hashes) VALUES (%s, %s, %s) '  # noqa: S608  names of our own table
    'ON CONFLICT (level, "index") DO UPDATE SET hashes = excluded.hashes'
)
