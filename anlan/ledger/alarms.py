"""Alarms: a contradiction between a log and what was witnessed of it, recorded once with its evidence and told loudly.

The witness's side (`witness`) and the log's side (`witnessed`) raise them; `anlan check` and the status page show them.
"""

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass

from django.db.models import F, QuerySet

from anlan.ledger.models import Alarm

_log = logging.getLogger("anlan.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What is wrong with a log. `about` tells one from another of the same kind: a checkpoint's text, or a size."""

    kind: Alarm.Kind
    is_ours: bool
    origin: str
    witness: str
    said: str
    about: str
    evidence: str = ""


def raise_alarm(wrong: Contradiction, *, now: dt.datetime) -> None:
    """Record a contradiction, or count it where it is known; a settled one that shows itself again is open again."""
    words = "\n".join([wrong.kind, str(wrong.is_ours), wrong.origin, wrong.witness, wrong.about])
    mark = hashlib.sha256(words.encode()).hexdigest()
    seen = Alarm.objects.filter(mark=mark).update(last_at=now, times=F("times") + 1, settled_at=None)
    if not seen:
        Alarm.objects.create(
            kind=wrong.kind,
            is_ours=wrong.is_ours,
            origin=wrong.origin,
            witness=wrong.witness,
            said=wrong.said,
            evidence=wrong.evidence,
            mark=mark,
            first_at=now,
            last_at=now,
        )
    _log.critical("LEDGER ALARM %s, log %s, witness %s: %s", wrong.kind, wrong.origin, wrong.witness, wrong.said)


def open_alarms() -> "QuerySet[Alarm]":
    """Return the alarms that nothing has answered yet."""
    return Alarm.objects.filter(settled_at=None)


def settle(alarms: "QuerySet[Alarm]", *, now: dt.datetime) -> None:
    """Close alarms that a new cosignature answers. They stay on record, with the time."""
    for alarm in alarms:
        _log.warning("Ledger alarm settled: %s, log %s, witness %s", alarm.kind, alarm.origin, alarm.witness)
    alarms.update(settled_at=now)
