"""Which ledger subject a row of the organisation is: the receipt under which all entries of one unit, person or post stand."""

import uuid

UNIT, PERSON, POST, REQUEST, IMPORT, ERASURE, CONTENT, BASELINE = (
    "org.unit", "org.person", "org.post", "org.request", "org.import", "org.erasure", "org.content", "org.baseline",
)  # fmt: skip
# Units, people and posts carry no receipt; theirs follows from register and key, the same every time.
_NAMES = uuid.UUID("6c1f2f0e-52a4-5d0b-9a57-0f3f6f6e7f11")


def subject_uid(register: str, key: str | int) -> uuid.UUID:
    """Return the receipt of a unit (key: its code), a person or a post (key: its row), an import (key: its own receipt, hex)."""
    return uuid.uuid5(_NAMES, f"{register}/{key}")


MARK = subject_uid(BASELINE, "organisation")
"""The subject of the one entry that says: from here on every row of the organisation has entries that tell it whole."""
