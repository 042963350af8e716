"""Keyed digests of secrets: an entry names a password hash or a factor by its digest, which nobody can make without the key.

The key is made once, lies in one row encrypted under the ring, and is renewed with the ring's keys. Where the log says that
digests were made and the row is gone, no other key takes its place: that would make every earlier digest a riddle.
"""

import hmac
import secrets
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction

from anlan.ledger.models import Entry
from anlan.org.credentials import DigestKey
from anlan.org.errors import OrgError
from anlan.org.scope import as_system
from anlan.org.subjects import MARK
from anlan.vault.fields import encrypted_fields, opened
from anlan.vault.holdings import ColumnHolding, column_holding, enter
from anlan.vault.ring import ring

_ONLY = 1
_BYTES = 32


class DigestKeyGone(OrgError):
    """The row of the key is gone though the log holds digests made with it."""


def digest(*parts: str | int | bytes) -> str:
    """Return the digest of a secret with what it belongs to, hex. Raises: DigestKeyGone, KeyMissing, BrokenSeal."""
    told = b"\0".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    return hmac.new(_key(), told, sha256).hexdigest()


def ensure_key() -> None:
    """Make the key if there is none yet, as the log is about to say that there is one. Raises: DigestKeyGone."""
    _key()


def _key() -> bytes:
    row = DigestKey.objects.filter(pk=_ONLY).values_list("uid", "key").first() or _make()
    return _opened(row[0], row[1])


def _make() -> tuple[UUID, str]:
    with as_system("key of digests"):  # row-level security would hide the mark from whoever is acting
        is_promised = Entry.objects.filter(record_uid=MARK).exists()
    if is_promised:
        raise DigestKeyGone(
            "org.E182",
            "The key of the digests is gone from the table org_digestkey, so nothing can be said of passwords and second factors, "
            "and none can be changed. Restore the database from a backup (`anlan restore`).",
        )
    ring().make_first()
    try:
        with transaction.atomic():
            DigestKey.objects.create(pk=_ONLY, key=secrets.token_hex(_BYTES))
    except IntegrityError:
        pass  # another process was here first; its key is the one
    return DigestKey.objects.values_list("uid", "key").get(pk=_ONLY)


@lru_cache(maxsize=8)
def _opened(uid: UUID, stored: str) -> bytes:
    return bytes.fromhex(str(opened(DigestKey, "key", stored, uid)))


def _holding() -> Iterable[ColumnHolding]:
    return tuple(map(column_holding, encrypted_fields(DigestKey)))


enter("org", _holding)
