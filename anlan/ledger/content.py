"""The content of an entry at rest: its salt and its canonical JSON are encrypted together, bound to the entry.

The hash in the header is over the plain content, so proofs hold whichever key it lies under, and an inspector with an export
verifies it without any key. The salt is encrypted too: beside a known salt the hash of a short content could be guessed.
Whoever reads an entry through the model gets plain values; `open_stored` is for rows read by SQL.
"""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from anlan.vault.cipher import key_id_of, place
from anlan.vault.errors import BrokenSeal
from anlan.vault.holdings import ColumnHolding, enter
from anlan.vault.migrate import as_uuid, batches
from anlan.vault.ring import ring

TABLE, COLUMN, SALT_BYTES = "ledger_entry", "content", 16
SALT_INSIDE = b""  # what the column `salt` says when the salt lies in the encrypted content


def encrypt_content(uid: UUID, salt: bytes, content: str) -> str:
    """Return what the column `content` stores. Raises: KeyMissing."""
    return ring().current().encrypt(salt + content.encode(), place=place(TABLE, COLUMN, uid.hex))


def open_stored(uid: UUID, content: str | None, salt: bytes | None) -> tuple[str | None, bytes | None]:
    """Return the plain content and salt of the two columns; nulls are what an erasure left.

    A content that does not open comes back as it is stored, so that every comparison of hashes names the entry. Raises: KeyMissing.
    """
    key_id = key_id_of(content) if content else ""
    if content is None or not key_id or salt:
        return content, salt
    try:
        plain = ring().get(key_id).open(content, place=place(TABLE, COLUMN, uid.hex))
        return plain[SALT_BYTES:].decode(), plain[:SALT_BYTES]
    except (BrokenSeal, UnicodeDecodeError):
        return content, salt


def plain_content(uid: UUID, stored: str | None) -> str | None:
    """Return the plain content of a row that `values_list` gave, by the entry's uid."""
    return open_stored(uid, stored, SALT_INSIDE)[0]


def lies_plain(entry: models.Model) -> bool:
    """Tell whether the content of an entry as it was loaded, before anything opens it, lies in the table without encryption."""
    stored = entry.__dict__.get("content")
    return bool(stored) and "_is_opened" not in entry.__dict__ and not key_id_of(str(stored))


class _Opened(DeferredAttribute):
    """Opens content and salt of an entry together at the first reading of either."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if "_is_opened" not in instance.__dict__:
            held = instance.__dict__
            stored = {name: held[name] if name in held else _fetched(instance, name) for name in ("content", "salt")}
            salt = None if stored["salt"] is None else bytes(stored["salt"])
            held["content"], held["salt"] = open_stored(instance.uid, stored["content"], salt)
            held["_is_opened"] = True
            value = held[self.field.attname]
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value
        instance.__dict__.pop("_is_opened", None)


def _fetched(instance: Any, name: str) -> Any:
    return type(instance)._base_manager.filter(pk=instance.pk).values_list(name, flat=True).get()


class ContentField(models.TextField):  # type: ignore[type-arg]
    """The content of an entry, opened when it is read."""

    descriptor_class = _Opened


class SaltField(models.BinaryField):  # type: ignore[type-arg]
    """The salt of an entry, which lies in the encrypted content."""

    descriptor_class = _Opened


def encrypt_existing(_apps: Any, schema_editor: Any) -> None:
    """Encrypt the entries that were written before contents were encrypted; a migration calls it. Makes the first key if there is none.

    The plain content stays behind in free pages of the file until they are used again: `VACUUM` afterwards removes it.
    """
    ring().make_first()
    binary = schema_editor.connection.Database.Binary
    with schema_editor.connection.cursor() as cursor:
        for rows in batches(cursor, f"SELECT id, uid, content, salt FROM {TABLE} WHERE content LIKE '{{%%'"):  # noqa: S608
            new = [
                (encrypt_content(as_uuid(uid), bytes(salt), content), binary(SALT_INSIDE), pk)
                for pk, uid, content, salt in rows
            ]
            cursor.executemany(f"UPDATE {TABLE} SET content = %s, salt = %s WHERE id = %s", new)  # noqa: S608


def _holding() -> tuple[ColumnHolding, ...]:
    def renewed(uid: UUID, stored: str) -> str:
        where = place(TABLE, COLUMN, uid.hex)
        plain = ring().get(key_id_of(stored)).open(stored, place=where)
        return ring().current().encrypt(plain, place=where)

    return (ColumnHolding(table=TABLE, column=COLUMN, renewed=renewed),)


enter("ledger", _holding)
