"""The operation of a migration that encrypts what a column held before it was an encrypted one."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import migrations

from anlan.vault.fields import EncryptedColumn
from anlan.vault.ring import ring

BATCH = 1000
Encrypt = Callable[[UUID, Any], Any]


def encrypt_existing(model: str, *columns: str) -> migrations.RunPython:
    """Return the operation that encrypts the columns of a model's rows. Put it behind the `AlterField` of each.

    Makes the first key of the installation if there is none. There is no way back: restore the backup.
    """

    def carry_out(apps: Any, schema_editor: Any) -> None:
        ring().make_first()
        found = apps.get_model(model)
        for name in columns:
            field = found._meta.get_field(name)
            if not isinstance(field, EncryptedColumn):
                raise TypeError(f"{model}.{name} is not encrypted; alter the column first.")
            _rewrite(schema_editor.connection, found._meta.db_table, field)

    return migrations.RunPython(carry_out, migrations.RunPython.noop)


def _rewrite(connection: Any, table: str, field: EncryptedColumn) -> None:
    quote = connection.ops.quote_name
    column = quote(field.column)
    with connection.cursor() as cursor:
        for rows in batches(cursor, f"SELECT id, uid, {column} FROM {quote(table)} WHERE {column} <> ''"):  # noqa: S608
            new = [(str(field.encrypted(value, as_uuid(uid))), pk) for pk, uid, value in rows]
            cursor.executemany(f"UPDATE {quote(table)} SET {column} = %s WHERE id = %s", new)  # noqa: S608


def batches(cursor: Any, select: str) -> Iterator[list[tuple[Any, ...]]]:
    """Walk a select that ends in a condition by id, a batch at a time; the id is its first column."""
    last = 0
    while True:
        cursor.execute(f"{select} AND id > %s ORDER BY id LIMIT {BATCH}", [last])
        rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield rows


def as_uuid(value: Any) -> UUID:
    """Return what a driver gives for a uid: SQLite has text, PostgreSQL a UUID."""
    return value if isinstance(value, UUID) else UUID(str(value))
