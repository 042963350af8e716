"""Idempotency keys: a write that is sent again under the same key is carried out once, and a used key opens no other write.

Of each write a keyed digest is kept (HMAC under the installation's secret), which tells nothing of what was written. Keys do
not grow old; each person has their own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from anlan.flow.errors import Conflict
from anlan.flow.evidence import StoredFile
from anlan.flow.models import Performed
from anlan.flow.parties import NamedParty
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.ledger.models import Entry
from anlan.org.scope import Actor, as_system

LONGEST = 160


def key_of(by: Actor, key: str) -> str:
    """Return the key as it is stored: a person's own; empty where none was sent."""
    return f"{by.person_id}:{key}"[:LONGEST] if key else ""


def is_used(by: Actor, key: str) -> bool:
    """Tell whether the person wrote something under this key already."""
    return bool(key) and Performed.objects.filter(key=key_of(by, key)).exists()


def repeats(key: str, record: Register, step: str) -> bool:
    """Tell whether this step was taken under the key (as `key_of` gives it) already: then it needs no right once more."""
    known = _known(key)
    return known is not None and _is_alike(known[1], record, step)


def fingerprint_of(
    record: Register,
    step: str,
    *,
    values: Mapping[str, Any],
    evidence: Sequence[StoredFile],
    reason: str,
    parties: Sequence[NamedParty],
) -> str:
    """Return the keyed digest of a write: register, institution, record (unless it is new), step, values, reason, files and parties."""
    files = [[file.name, file.original_sha256 or file.sha256] for file in evidence]
    named = [
        [one.capacity, getattr(one.person, "pk", None), getattr(one.unit, "pk", None), one.role] for one in parties
    ]
    whose = None if record.pk is None else record.uid.hex
    told = [spec_of(record).code, record.institution_id, whose, step, dict(values), reason, files, named]
    text = json.dumps(told, sort_keys=True, ensure_ascii=True, default=_plain)
    return salted_hmac("anlan.flow.idempotency", text, algorithm="sha256").hexdigest()


def await_same(key: str) -> None:
    """Wait for a request under the same key that is under way, so that its result is found. On SQLite writers wait for each other."""
    if key and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def first_entry(key: str, fingerprint: str, record: Register, step: str) -> Entry | None:
    """Return the entry that came of a key, as `key_of` gave it; null for a fresh key. Raises: Conflict when it was another write."""
    known = _known(key)
    if known is None:
        return None
    used, entry = known
    if used.fingerprint != fingerprint if used.fingerprint else not _is_alike(entry, record, step):
        message = _("This idempotency key was used for another write. Use a new one for each write.")
        raise Conflict("flow.E086", message, fields={"Idempotency-Key": [message]})
    return entry


def _known(key: str) -> tuple[Performed, Entry] | None:
    """Return a used key with its entry, also for who may not see the record any more: they may still be told what came of it."""
    used = Performed.objects.filter(key=key).first() if key else None
    if used is None:
        return None
    with as_system("the write under a used key"):
        return used, Entry.objects.get(pk=used.entry_id)


def remember(key: str, fingerprint: str, entry: Entry) -> None:
    """Keep a key with its entry, in the transaction of the write. Raises: Conflict while the same request is under way."""
    try:
        with transaction.atomic():
            Performed.objects.create(key=key, fingerprint=fingerprint, entry_id=entry.pk)
    except IntegrityError as error:
        message = _("The same request is being carried out at this moment. Send it again for its result.")
        raise Conflict("flow.E022", message) from error


def _is_alike(entry: Entry, record: Register, step: str) -> bool:
    """What can be told of a key that was used before digests were kept: register, step, and the record unless it was new."""
    if (entry.register, entry.step) != (spec_of(record).code, step):
        return False
    return entry.record_uid == record.uid or not spec_of(record).steps[step].sources


def _plain(value: Any) -> str:
    """Return what JSON has no form for: a row by its key, anything else as its text."""
    return f"{value._meta.label_lower}:{value.pk}" if isinstance(value, models.Model) else str(value)
