"""The only door into the log. `anlan.flow` calls it inside the transaction that changes the record; few others may."""

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection

from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.content import SALT_INSIDE, encrypt_content
from anlan.ledger.entry import SALT_BYTES, Fact, content_hash, header_bytes, leaf_hash
from anlan.ledger.models import Entry, Unsequenced

BATCH = 500


def append(institution_id: int, fact: Fact) -> Entry:
    """Write one entry and queue it for the tree. Call it inside the transaction of the change itself.

    Plain SQL, as every write pays for it: saving two models costs a fifth of an audited write more.
    """
    entry = _entry(institution_id, fact)
    with connection.cursor() as cursor:
        cursor.execute(f"{_INSERT} RETURNING id", _row(entry))
        entry.pk = cursor.fetchone()[0]
        cursor.execute(_QUEUE_ONE, [entry.pk])
    entry._state.adding, entry._state.db = False, connection.alias
    return entry


def append_many(facts: Sequence[tuple[int, Fact]]) -> int:
    """Write entries in order, in batches, queue them, and return how many. Same rules and same format as `append`.

    Plain SQL: Django's `bulk_create` costs four times as much for a row that nobody reads back.
    """
    for start in range(0, len(facts), BATCH):
        entries = [_entry(institution_id, fact) for institution_id, fact in facts[start : start + BATCH]]
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, [_row(entry) for entry in entries])
            keys = [_uuid(entry.uid) for entry in entries]
            cursor.execute(_queue(len(keys)), keys)
    return len(facts)


_FIELDS = tuple(field for field in Entry._meta.concrete_fields if not field.primary_key)
_INSERT = "INSERT INTO {table} ({columns}) VALUES ({places})".format(  # noqa: S608  names of our own table
    table=Entry._meta.db_table,
    columns=", ".join(str(field.column) for field in _FIELDS),
    places=", ".join(["%s"] * len(_FIELDS)),
)
_QUEUE_ONE = f"INSERT INTO {Unsequenced._meta.db_table} (entry_id) VALUES (%s)"  # noqa: S608  as above
_QUEUE = "INSERT INTO {queue} (entry_id) SELECT id FROM {table} WHERE uid IN ({places}) ORDER BY id"


def _queue(count: int) -> str:
    places = ", ".join(["%s"] * count)
    return _QUEUE.format(queue=Unsequenced._meta.db_table, table=Entry._meta.db_table, places=places)


def _row(entry: Entry) -> tuple[Any, ...]:
    """Return an entry's values in the order of its columns, as the database driver takes them."""
    ops = connection.ops
    binary: Any = connection.Database.Binary  # type: ignore[attr-defined]  # the driver's module, not in the stubs
    return (
        _uuid(entry.uid),
        entry.institution_id,
        entry.register,
        _uuid(entry.record_uid),
        entry.version,
        entry.step,
        entry.actor_id,
        ops.adapt_datefield_value(entry.occurred_on),
        ops.adapt_datetimefield_value(entry.recorded_at),
        entry.header,
        encrypt_content(entry.uid, bytes(entry.salt), entry.content),
        binary(SALT_INSIDE),
        binary(entry.leaf),
    )


def _uuid(value: uuid.UUID) -> Any:
    return value if connection.features.has_native_uuid_field else value.hex


def _entry(institution_id: int, fact: Fact) -> Entry:
    salt = secrets.token_bytes(SALT_BYTES)
    content = canonical_bytes(dict(fact.content))
    header = header_bytes(fact, content=content_hash(salt, content))
    return Entry(
        uid=fact.uid,
        institution_id=institution_id,
        register=fact.register,
        record_uid=fact.record_uid,
        version=fact.version,
        step=fact.step,
        actor_id=fact.actor_id,
        occurred_on=fact.occurred_on,
        recorded_at=fact.recorded_at,
        header=header.decode("utf-8"),
        content=content.decode("utf-8"),
        salt=salt,
        leaf=leaf_hash(header),
    )
