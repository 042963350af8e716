"""What the log says of erased content: content may be missing only where a later entry `erase` of the same record says why.

Reads only; `anlan.ledger.erase` destroys.
"""

import uuid
from collections.abc import Collection

from anlan.ledger.models import Entry

STEP = "erase"


def erased_among(record_uids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of the records the log says to be erased. One query; none for nothing."""
    rows = Entry.objects.filter(record_uid__in=list(record_uids), step=STEP) if record_uids else Entry.objects.none()
    return frozenset(rows.values_list("record_uid", flat=True))


def what_is_missing(entry: Entry) -> str:
    """Return what is wrong with an entry that lost content or salt; empty for one that is whole or lawfully erased.

    One query, and only for an entry that lost something.
    """
    if entry.content is not None and entry.salt is not None:
        return ""
    later = Entry.objects.filter(record_uid=entry.record_uid, step=STEP, version__gt=entry.version)
    if not later.exists():
        return "its content is gone, and no erasure of the record is in the log"
    if entry.content is not None or entry.salt is not None:
        return "only one of content and salt is gone; an erasure destroys both"
    return ""
