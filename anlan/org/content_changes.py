"""What changed in the content that scores rest on, as the ledger tells it: parameters by value, rubrics and other files by hash.

Whoever joins engine and content writes these entries at the start; the status page and the command line read them here.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from anlan.ledger.models import Entry
from anlan.org.subjects import CONTENT, subject_uid

SUBJECT = subject_uid(CONTENT, "content")
RELEASE, REASON = "release", "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentChange:
    """What one entry told: when, by which release, why, and (what, before, after) of each change; null where there was nothing."""

    at: dt.datetime
    step: str
    release: str
    reason: str
    changes: tuple[tuple[str, Any, Any], ...]


def content_changes() -> Iterator[ContentChange]:
    """Yield what was changed after the first entry, oldest first, so that nobody need take a changed threshold for an old one."""
    values: dict[str, Any] = {}
    for entry in Entry.objects.filter(record_uid=SUBJECT).order_by("version"):
        said = json.loads(entry.content or "{}")
        reason = str(said.pop(REASON, ""))
        changes = tuple((name, values.get(name), after) for name, after in sorted(said.items()) if name != RELEASE)
        values |= said
        if entry.version > 1:
            yield ContentChange(
                at=entry.recorded_at,
                step=entry.step,
                release=str(values.get(RELEASE, "")),
                reason=reason,
                changes=changes,
            )


def change_lines(change: ContentChange) -> list[str]:
    """Return a change as lines for a terminal: when, by what, and each threshold with its old and new value."""
    why = f": {change.reason}" if change.reason else ""
    head = f"Content changed on {change.at:%Y-%m-%d}, {change.step} {change.release}{why}"
    return [head, *(f"  {what}: {_short(before)} → {_short(after)}" for what, before, after in change.changes)]


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 24 else text[:16]
