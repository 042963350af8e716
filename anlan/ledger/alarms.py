"""Alarms: a contradiction between a log and what was witnessed of it, recorded once with its evidence and told loudly.

The witness's side (`witness`) and the log's side (`witnessed`) raise them; `anlan check` and the status page show them.
"""

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.ledger.models import Alarm

_log = logging.getLogger("anlan.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What is wrong with a log: `shown` entries contradict the `witnessed` ones.

    `about` tells one from another of the same kind: a checkpoint's text, or a size.
    """

    kind: Alarm.Kind
    is_ours: bool
    origin: str
    witness: str
    witnessed: int
    shown: int
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
            witnessed=wrong.witnessed,
            shown=wrong.shown,
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


_WORDS = {
    (Alarm.Kind.ROLLED_BACK, True): gettext_noop(
        "The witness cosigned %(witnessed)s entries, this log has %(shown)s. The database was rolled back, or is an old copy."
    ),
    (Alarm.Kind.SPLIT_VIEW, True): gettext_noop(
        "The witness cosigned another history of %(witnessed)s entries than this database holds."
    ),
    (Alarm.Kind.WITNESS_BEHIND, True): gettext_noop(
        "The witness cosigned %(witnessed)s entries and now knows of %(shown)s. Its own database was rolled back."
    ),
    (Alarm.Kind.ROLLED_BACK, False): gettext_noop(
        "The log offers %(shown)s entries, %(witnessed)s were cosigned. An old copy was sent, or the log was rolled back."
    ),
    (Alarm.Kind.SPLIT_VIEW, False): gettext_noop(
        "Two checkpoints, of %(shown)s and of %(witnessed)s entries, both signed by the log, exclude each other."
    ),
    (Alarm.Kind.UNPROVEN, False): gettext_noop(
        "No proof leads from the %(witnessed)s entries that were cosigned to the %(shown)s that the log shows."
    ),
}


def words(alarm: Alarm) -> str:
    """Return what happened in the language of the page. `said` is the same for logs and the command line."""
    sentence = _WORDS[Alarm.Kind(alarm.kind), alarm.is_ours]
    return _(sentence) % {"witnessed": alarm.witnessed, "shown": alarm.shown}
