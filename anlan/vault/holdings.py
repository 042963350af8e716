"""What is encrypted, and under which key: every holding can count its values and put a batch of them under the current key.

Rooms above enter what they hold, as they know their tables and folders. The rotation (`anlan.org.keys`) walks all of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from anlan.vault.cipher import FORMAT
from anlan.vault.errors import BrokenSeal
from anlan.vault.fields import EncryptedColumn
from anlan.vault.migrate import as_uuid

Renew = Callable[[UUID, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step of a renewal did. `after` is where the next one starts, null at the end; `broken` names what does not open."""

    renewed: int
    after: Any
    broken: tuple[str, ...] = ()


class Holding(Protocol):
    """Some encrypted values: a column of a table, a folder of files."""

    @property
    def name(self) -> str: ...
    def used(self, key_id: str) -> int: ...
    def total(self) -> int: ...
    def renew(self, key_id: str, *, after: Any, limit: int) -> Batch: ...


@dataclass(frozen=True, kw_only=True)
class ColumnHolding:
    """An encrypted column. `renewed` opens a stored value and encrypts it with the current key."""

    table: str
    column: str
    renewed: Renew

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.column}"

    def used(self, key_id: str) -> int:
        """Return how many values lie under a key."""
        return self._count(f"{FORMAT}:{key_id}:%")

    def total(self) -> int:
        """Return how many encrypted values there are."""
        return self._count(f"{FORMAT}:%")

    def renew(self, key_id: str, *, after: Any, limit: int) -> Batch:
        """Put the next values that do not lie under the key under it, in one short transaction.

        A value that somebody else writes meanwhile is left alone: it lies under the new key already.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            table, column = self._quoted()
            cursor.execute(
                f"SELECT id, uid, {column} FROM {table} WHERE id > %s AND {column} LIKE %s AND {column} NOT LIKE %s "  # noqa: S608
                f"ORDER BY id LIMIT {limit}",
                [after or 0, f"{FORMAT}:%", f"{FORMAT}:{key_id}:%"],
            )
            rows = cursor.fetchall()
            changed, broken = self._changed(rows)
            cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE id = %s AND {column} = %s", changed)  # noqa: S608
        return Batch(renewed=len(changed), after=rows[-1][0] if rows else None, broken=broken)

    def _changed(self, rows: Iterable[tuple[int, Any, str]]) -> tuple[list[tuple[str, int, str]], tuple[str, ...]]:
        changed, broken = [], []
        for pk, uid, stored in rows:
            try:
                changed.append((self.renewed(as_uuid(uid), stored), pk, stored))
            except BrokenSeal:
                broken.append(f"{self.name}, id {pk}")
        return changed, tuple(broken)

    def _count(self, pattern: str) -> int:
        table, column = self._quoted()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} LIKE %s", [pattern])  # noqa: S608
            return int(cursor.fetchone()[0])

    def _quoted(self) -> tuple[str, str]:
        return connection.ops.quote_name(self.table), connection.ops.quote_name(self.column)


def column_holding(field: EncryptedColumn) -> ColumnHolding:
    """Return the holding of an encrypted column of a model."""

    def renewed(uid: UUID, stored: str) -> str:
        return str(field.encrypted(field.opened(stored, uid), uid))

    return ColumnHolding(table=field.model._meta.db_table, column=str(field.column), renewed=renewed)


_providers: dict[str, Callable[[], Iterable[Holding]]] = {}


def enter(name: str, provider: Callable[[], Iterable[Holding]]) -> None:
    """Enter what a room holds. The provider is asked when Django has loaded every model."""
    _providers[name] = provider


def holdings() -> tuple[Holding, ...]:
    """Return everything that is encrypted, room by room."""
    return tuple(one for name in sorted(_providers) for one in _providers[name]())
