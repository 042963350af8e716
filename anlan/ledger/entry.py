"""The format of a ledger entry, version 1. Pure functions: the writer and any verifier use the same.

header  = canonical JSON of {v, id, institution, register, record, version, step, actor, occurred_on, recorded_at, origin, source, content}
content = SHA-256(salt || canonical JSON of the changed columns), hex
leaf    = SHA-256(0x00 || header), as RFC 6962 and RFC 9162 hash a leaf; SM3 in a log whose tree has that hash
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.hashing import SHA256, TreeHash

VERSION = 1
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a write came in: `kind` is screen, api, import, demo or system; a file is named by its SHA-256 (hex)."""

    kind: str
    batch: str = ""
    file_sha256: str = ""

    def source(self) -> dict[str, str] | None:
        """Return what the header says of the source; null where there is nothing beyond the kind."""
        if not self.batch and not self.file_sha256:
            return None
        return {"batch": self.batch, "file_sha256": self.file_sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a new entry says. `content` maps column names to JSON values, dates and numbers as canonical JSON maps them."""

    uid: uuid.UUID
    institution_code: str
    register: str
    record_uid: uuid.UUID
    version: int
    step: str
    actor_id: int | None
    occurred_on: dt.date
    recorded_at: dt.datetime
    origin: Origin
    content: Mapping[str, Any]


def content_hash(salt: bytes, content: bytes) -> str:
    """Return the salted hash of canonical content, hex."""
    return hashlib.sha256(salt + content).hexdigest()


def header_bytes(fact: Fact, *, content: str) -> bytes:
    """Return the canonical header. `content` is the hex hash of the content; times are UTC to the microsecond."""
    return canonical_bytes(
        {
            "v": VERSION,
            "id": fact.uid.hex,
            "institution": fact.institution_code,
            "register": fact.register,
            "record": fact.record_uid.hex,
            "version": fact.version,
            "step": fact.step,
            "actor": fact.actor_id,
            "occurred_on": fact.occurred_on.isoformat(),
            "recorded_at": fact.recorded_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "origin": fact.origin.kind,
            "source": fact.origin.source(),
            "content": content,
        }
    )


def leaf_hash(header: bytes, by: TreeHash = SHA256) -> bytes:
    """Return the leaf hash of a header (32 bytes). The hash is the tree's; the content inside is hashed with SHA-256 always."""
    return by.leaf(header)
