"""Keeping the access log: digests in the ledger, the check against them, and the end of what is old enough.

A round digests what was added, a minute after it was: the ledger then vouches for the rows, and whoever rewrites them must
rewrite the ledger too. Rows go only by `prune`, never before the retention that the law asks for.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from anlan.kernel.canonical import canonical_bytes
from anlan.kernel.parameter import UnknownParameter, parameter_value
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org.access import Access, AccessDigest
from anlan.org.errors import OrgError
from anlan.org.events import LOG, note, subject_uid
from anlan.org.models import Unit
from anlan.org.scope import Actor, as_system

RETENTION = "access_log.retention_days"
FLOOR_DAYS = 180  # the database itself refuses to delete younger rows; see migrations
SETTLED = dt.timedelta(
    seconds=60
)  # a transaction that began earlier has ended by then, so no row comes in behind a digest
EVERY = dt.timedelta(minutes=10)
AT_ONCE = 5_000
SYSTEM = Origin(kind="system")


class TooYoung(OrgError):
    """Rows were to be deleted before their time."""


def digest_new(*, now: dt.datetime | None = None, every: dt.timedelta = EVERY) -> int:
    """Put the settled rows that no digest covers yet under one entry of the ledger, and return how many.

    It waits until the oldest of them is `every` old, so that a quiet hour costs one entry.
    """
    now = now or timezone.now()
    covered = AccessDigest.objects.aggregate(last=Max("last"))["last"] or 0
    rows = Access.objects.filter(pk__gt=covered, at__lte=now - SETTLED).order_by("pk")
    oldest = rows.values_list("at", flat=True).first()
    if oldest is None or (oldest > now - every and rows.count() < AT_ONCE):
        return 0
    with transaction.atomic(), as_system("digest of the access log") as system:
        batch = list(rows[:AT_ONCE])
        first, last, count = covered + 1, batch[-1].pk, len(batch)
        sha256 = digest_of(batch)
        content = {"first": first, "last": last, "count": count, "sha256": sha256}
        entry = note(LOG, "log", "digest", content, at=_root(), by=system, origin=SYSTEM)
        AccessDigest.objects.create(**content, entry_uid=entry.uid)
    return count


def digest_of(rows: Iterable[Access]) -> str:
    """Return the SHA-256 (hex) over the canonical JSON of the rows, one line each, in the order of their ids."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(canonical_bytes(_columns(row)) + b"\n")
    return digest.hexdigest()


def _columns(row: Access) -> dict[str, object]:
    values = {field.attname: getattr(row, field.attname) for field in Access._meta.concrete_fields}
    values["at"] = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    values["record_uid"] = row.record_uid.hex if row.record_uid else None
    return values


def rewritten() -> Iterator[tuple[str, str]]:
    """Yield (which rows, what differs) for every stretch that is not as its digest says. Pruned stretches are passed over.

    The digests themselves stand in the ledger's tree; `anlan check` compares them with their entries.
    """
    expected = 1
    pruned = _pruned_to()
    for digest in AccessDigest.objects.order_by("first"):
        where = f"{digest.first}–{digest.last}"
        if digest.first != expected:
            yield where, f"a digest is missing: the one before ends before row {expected}"
        expected = digest.last + 1
        entry = Entry.objects.filter(uid=digest.entry_uid).first()
        content = entry.content if entry else None
        said = {"first": digest.first, "last": digest.last, "count": digest.count, "sha256": digest.sha256}
        if content is None or content.encode() != canonical_bytes(said):
            yield where, "the digest is not the one in the ledger"
        if digest.last <= pruned:
            continue
        rows = list(Access.objects.filter(pk__gte=digest.first, pk__lte=digest.last).order_by("pk"))
        if len(rows) != digest.count:
            yield where, f"holds {len(rows)} rows; the ledger vouches for {digest.count}"
        elif digest_of(rows) != digest.sha256:
            yield where, "a row was changed after it was digested"


def retention_days(*, today: dt.date) -> int:
    """Return for how many days rows are kept: the dated parameter, never less than the floor."""
    try:
        return max(FLOOR_DAYS, int(parameter_value(RETENTION, on=today)))
    except UnknownParameter:
        return FLOOR_DAYS


@transaction.atomic
def prune(*, by: Actor, keep_days: int, now: dt.datetime | None = None) -> int:
    """Delete digested stretches whose newest row is older than `keep_days`, note it in the ledger, and return how many rows.

    Raises: TooYoung when the law asks for more days.
    """
    now = now or timezone.now()
    least = retention_days(today=timezone.localtime(now).date())
    if keep_days < least:
        raise TooYoung(
            "org.E080", f"The access log is kept for at least {least} days; {keep_days} is less. Give {least} or more."
        )
    before = now - dt.timedelta(days=keep_days)
    old = 0
    for digest in AccessDigest.objects.order_by("first"):
        if Access.objects.filter(pk__gte=digest.first, pk__lte=digest.last, at__gte=before).exists():
            break
        old = digest.last
    count, _by_model = Access.objects.filter(pk__lte=old).delete()
    if count:
        note(LOG, "log", "prune", {"to": old, "count": count}, at=_root(), by=by, origin=SYSTEM)
    return count


def _pruned_to() -> int:
    """Return the last row that a prune took, as the ledger says; 0 for none."""
    entries = Entry.objects.filter(record_uid=subject_uid(LOG, "log"), step="prune")
    newest = entries.order_by("-version").first()
    return int(json.loads(newest.content)["to"]) if newest and newest.content else 0


def _root() -> Unit:
    root: Unit | None = Unit.objects.filter(depth=1).order_by("path").first()
    if root is None:
        raise OrgError("org.E081", "There is no unit yet; the log is digested once the first commission is there.")
    return root
