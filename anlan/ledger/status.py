"""How the ledger is: how far, how fresh, who witnessed it, and what is wrong. The status page and whoever watches ask here."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.ledger.alarms import open_alarms, words
from anlan.ledger.checkpoint import BadNote, parse_checkpoint, parse_note
from anlan.ledger.errors import LedgerError
from anlan.ledger.kept import broken_now
from anlan.ledger.models import Alarm, TreeHead, Unsequenced, Witness, WitnessedLog
from anlan.ledger.store import newest_head
from anlan.ledger.witnessed import Configured, configured_witnesses, newest_signed

LIMIT = dt.timedelta(seconds=5)
SILENT = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessStatus:
    """One witness of ours. `size` is what it cosigned last; `is_silent` where that is longer ago than it should be."""

    name: str
    url: str
    size: int
    cosigned_at: dt.datetime | None
    fault: str
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """The ledger at a moment. Times are null where there is nothing yet; `alarms` come with what they say on screen."""

    log_name: str
    size: int
    placed_at: dt.datetime | None
    signed: TreeHead | None
    waiting: int
    waits_since: dt.datetime | None
    is_late: bool
    witnesses: tuple[WitnessStatus, ...]
    witnesses_fault: str
    witnessed_logs: tuple[WitnessedLog, ...]
    broken: str
    alarms: tuple[tuple[Alarm, str], ...]
    settled: int

    @property
    def is_well(self) -> bool:
        """Whether nothing is late and nothing contradicts."""
        return not (self.is_late or self.broken or self.alarms or self.witnesses_fault)


def ledger_status(*, now: dt.datetime) -> LedgerStatus:
    """Return how the ledger is now."""
    head, signed = newest_head(), newest_signed()
    waiting, since = _queue(head)
    late_signing = head is not None and (signed is None or signed.size < head.size) and now - head.at > LIMIT
    witnesses, fault = _witnesses(now)
    return LedgerStatus(
        log_name=settings.ANLAN_LOG_NAME,
        size=head.size if head else 0,
        placed_at=head.at if head else None,
        signed=signed,
        waiting=waiting,
        waits_since=since,
        is_late=late_signing or (since is not None and now - since > LIMIT),
        witnesses=witnesses,
        witnesses_fault=fault,
        witnessed_logs=tuple(WitnessedLog.objects.exclude(size=0).order_by("origin")),
        broken=_broken(),
        alarms=tuple((alarm, words(alarm)) for alarm in open_alarms().order_by("-last_at")),
        settled=Alarm.objects.exclude(settled_at=None).count(),
    )


def count_contradictions() -> int:
    """Return how many contradictions with what was witnessed stand open: the alarms, or the database's own where none was raised."""
    return open_alarms().count() or int(bool(_broken()))


def checkpoint_words() -> str:
    """Return the newest signed checkpoint in short: name, size and root (and the hash, if it is not SHA-256); empty for none.

    A paper that bears these lines holds the whole ledger up to its day to its word.
    """
    head = newest_signed()
    return parse_checkpoint(parse_note(head.checkpoint).text).text() if head else ""


def _broken() -> str:
    try:
        broken = broken_now()
    except BadNote:
        return _("The newest cosigned checkpoint in the folder of keys cannot be read.")
    if broken is None:
        return ""
    sizes = {"witnessed": broken.witnessed, "size": broken.size}
    if broken.is_smaller:
        return (
            _(
                "A witness cosigned %(witnessed)s entries, the database holds %(size)s. It was rolled back, or is an old copy."
            )
            % sizes
        )
    return (
        _(
            "A witness cosigned another tree of %(witnessed)s entries than the database holds. "
            "Entries were replaced, or the log went on from an old copy."
        )
        % sizes
    )


def _queue(head: TreeHead | None) -> tuple[int, dt.datetime | None]:
    """Return how many entries wait, and since when: not longer than the newest head, as imports bring entries of other days."""
    count = Unsequenced.objects.count()
    oldest = Unsequenced.objects.order_by("entry_id").values_list("entry__recorded_at", flat=True).first()
    if oldest is None or head is None:
        return count, oldest
    return count, max(oldest, head.at)


def _witnesses(now: dt.datetime) -> tuple[tuple[WitnessStatus, ...], str]:
    try:
        configured = configured_witnesses()
    except LedgerError as error:
        return (), str(error)
    known = {one.name: one for one in Witness.objects.filter(pk__in=[one.key.name for one in configured])}
    return tuple(_witness(one, known.get(one.key.name), now) for one in configured), ""


def _witness(one: Configured, known: Witness | None, now: dt.datetime) -> WitnessStatus:
    at = known.cosigned_at if known else None
    return WitnessStatus(
        name=one.key.name,
        url=one.url,
        size=known.size if known else 0,
        cosigned_at=at,
        fault=known.fault if known else "",
        is_silent=bool(one.url) and (at is None or now - at > SILENT),
    )
