"""The only door into the log. `anlan.flow` calls it inside the transaction that changes the record; few others may."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.content import SALT_INSIDE, encrypt_content
from anlan.ledger.entry import SALT_BYTES, Fact, content_hash, header_bytes, leaf_hash
from anlan.ledger.hashing import TreeHash
from anlan.ledger.models import Entry, Unsequenced
from anlan.ledger.store import log_hash

BATCH = 500  # times 13 columns: SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535


def append(institution_id: int, fact: Fact) -> Entry:
    """Write one entry and queue it for the tree. Call it inside the transaction of the change itself.

    Plain SQL, as every write pays for it: saving two models costs a fifth of an audited write more.
    """
    values = _values(institution_id, fact, log_hash())
    with connection.cursor() as cursor:
        cursor.execute(f"{_HEAD}{_PLACES} RETURNING id", _row(values))
        key = cursor.fetchone()[0]
        cursor.execute(f"{_QUEUE}(%s)", [key])
    return Entry.from_db(connection.alias, _NAMES, (key, *values))


def append_many(facts: Sequence[tuple[int, Fact]]) -> int:
    """Write entries in order, in batches, queue them, and return how many. Same rules and same format as `append`.

    Plain SQL, a statement for each batch: Django's `bulk_create` costs four times as much for a row that nobody reads back.
    """
    by = log_hash()
    for start in range(0, len(facts), BATCH):
        part = facts[start : start + BATCH]
        values = [value for institution_id, fact in part for value in _row(_values(institution_id, fact, by))]
        with connection.cursor() as cursor:
            cursor.execute(f"{_HEAD}{', '.join([_PLACES] * len(part))} RETURNING id", values)
            keys = [key for (key,) in cursor.fetchall()]
            cursor.execute(f"{_QUEUE}{', '.join(['(%s)'] * len(keys))}", keys)
    return len(facts)


_FIELDS = tuple(field for field in Entry._meta.concrete_fields if not field.primary_key)
_NAMES = tuple(field.attname for field in Entry._meta.concrete_fields)  # the key comes first
_PLACES = f"({', '.join(['%s'] * len(_FIELDS))})"
_COLUMNS = ", ".join(str(field.column) for field in _FIELDS)
_HEAD = f"INSERT INTO {Entry._meta.db_table} ({_COLUMNS}) VALUES "  # noqa: S608  names of our own table
_QUEUE = f"INSERT INTO {Unsequenced._meta.db_table} (entry_id) VALUES "  # noqa: S608  as above


def _row(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an entry's values as the database driver takes them."""
    connection = connections[DEFAULT_DB_ALIAS]  # thousands of rows pay for each step through the proxy
    uid, institution, register, record, version, step, actor, occurred, recorded, header, content, salt, leaf = values
    ops = connection.ops
    binary: Any = connection.Database.Binary  # type: ignore[attr-defined]  # the driver's module, not in the stubs
    return (
        uid if connection.features.has_native_uuid_field else uid.hex,
        institution,
        register,
        record if connection.features.has_native_uuid_field else record.hex,
        version,
        step,
        actor,
        ops.adapt_datefield_value(occurred),
        ops.adapt_datetimefield_value(recorded),
        header,
        encrypt_content(uid, salt, content),
        binary(SALT_INSIDE),
        binary(leaf),
    )


def _values(institution_id: int, fact: Fact, by: TreeHash) -> tuple[Any, ...]:
    """Return the entry's values in the order of its columns, the key left out."""
    salt = secrets.token_bytes(SALT_BYTES)
    content = canonical_bytes(dict(fact.content))
    header = header_bytes(fact, content=content_hash(salt, content))
    return (
        fact.uid,
        institution_id,
        fact.register,
        fact.record_uid,
        fact.version,
        fact.step,
        fact.actor_id,
        fact.occurred_on,
        fact.recorded_at,
        header.decode("utf-8"),
        content.decode("utf-8"),
        salt,
        leaf_hash(header, by),
    )
