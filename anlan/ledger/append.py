"""The only door into the log. `anlan.flow` calls it inside the transaction that changes the record; few others may."""

import secrets
from collections.abc import Sequence

from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.entry import SALT_BYTES, Fact, content_hash, header_bytes, leaf_hash
from anlan.ledger.models import Entry, Unsequenced

BATCH = 500


def append(institution_id: int, fact: Fact) -> Entry:
    """Write one entry and queue it for the tree. Call it inside the transaction of the change itself."""
    entry = _entry(institution_id, fact)
    entry.save(force_insert=True)
    Unsequenced(entry_id=entry.pk).save(force_insert=True)
    return entry


def append_many(facts: Sequence[tuple[int, Fact]]) -> list[Entry]:
    """Write entries in order, in batches, and queue them. Same rules and same format as `append`."""
    entries = Entry.objects.bulk_create(
        [_entry(institution_id, fact) for institution_id, fact in facts], batch_size=BATCH
    )
    Unsequenced.objects.bulk_create([Unsequenced(entry_id=entry.pk) for entry in entries], batch_size=BATCH)
    return entries


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
