"""Stored sessions, found by a hash of their key: whoever reads the database, or a copy of it, opens no session with it, and
whoever writes into it makes no session another person's.

The key itself is known to the browser only. It has 160 random bits, so that its hash needs no salt and no stretching.
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

STORED_BYTES = 30  # 240 bits in 40 characters, which is what the column holds


def stored(key: str | None) -> str:
    """Return what stands in the database for a session key; empty for none."""
    if not key:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()[:STORED_BYTES]).decode()


def remove(stored_keys: Iterable[str]) -> None:
    """Remove stored sessions, named by what stands in the database."""
    Session.objects.filter(session_key__in=list(stored_keys)).delete()


class SessionStore(db.SessionStore):
    """Django's store in the database, over hashed keys."""

    @property
    def key_salt(self) -> str:
        """Bind what is signed to the key: the data of somebody's session, copied into another row, open nothing."""
        return f"{super().key_salt}.{stored(self.session_key)}"

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(session_key=stored(self.session_key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a session of this key."""
        return super().exists(stored(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of the session as it is to be stored."""
        row = super().create_model_instance(data)
        row.session_key = stored(self.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Remove the session of a key, or this one."""
        if key := stored(session_key or self.session_key):
            remove([key])

    # Nothing of Anlan is asynchronous below the server; whoever begins must not store a plain key by the parent's way.
    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        """Tell whether there is a session of this key."""
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of the session as it is to be stored."""
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        """Remove the session of a key, or this one."""
        await sync_to_async(self.delete)(session_key)
