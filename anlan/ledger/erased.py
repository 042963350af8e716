"""What the log says of erased content: content may be missing only where a later entry `erase` of the same record says why.

That entry names the legal ground, who asked, and the others who approved. Reads only; `anlan.ledger.erase` destroys.
"""

import json
import uuid
from collections.abc import Collection

from anlan.ledger.models import Entry

STEP = "erase"
APPROVALS = 2  # by people other than the one who asked


def erased_among(record_uids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of the records the log says to be erased. One query; none for nothing."""
    rows = Entry.objects.filter(record_uid__in=list(record_uids), step=STEP) if record_uids else Entry.objects.none()
    return frozenset(rows.values_list("record_uid", flat=True))


def is_approved(content: str | None) -> bool:
    """Tell whether the content of an entry `erase` names a ground and approvals by enough people beside the one who asked.

    People are named by their key, a whole number; anything else names nobody.
    """
    try:
        said = json.loads(content or "null")
    except ValueError:
        return False
    if not isinstance(said, dict) or not said.get("ground") or not isinstance(said.get("approved_by"), list):
        return False
    named = said["approved_by"]
    return all(type(one) is int for one in named) and len({*named} - {said.get("requested_by")}) >= APPROVALS


def what_is_missing(entry: Entry) -> str:
    """Return what is wrong with an entry that lost content or salt; empty for one that is whole or lawfully erased.

    One query, and only for an entry that lost something.
    """
    if entry.content is not None and entry.salt is not None:
        return ""
    later = Entry.objects.filter(record_uid=entry.record_uid, step=STEP, version__gt=entry.version)
    erasures = list(later.only("uid", "content", "salt"))
    if not erasures:
        return "its content is gone, and no erasure of the record is in the log"
    if not any(is_approved(erasure.content) for erasure in erasures):
        return f"its content is gone, and its erasure names no ground, or not {APPROVALS} approvals by others than who asked"
    if entry.content is not None or entry.salt is not None:
        return "only one of content and salt is gone; an erasure destroys both"
    return ""
