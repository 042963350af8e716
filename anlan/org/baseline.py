"""The baseline: once, at the upgrade, the log is told what stands and no entry tells. From that day on every row is proven.

One transaction: killed on the way, nothing was done. The mark that it was done is an entry itself, so a second baseline cannot be
had without taking that entry out of the log, which the tree shows. An attribute that some entry tells is left as it is told:
what was changed beside the ledger before the upgrade stays a difference.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from anlan.ledger.append import append_many
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.models import Entry
from anlan.org.attributes import Kind
from anlan.org.digests import ensure_key
from anlan.org.events import NOWHERE, note
from anlan.org.models import Unit
from anlan.org.replay import is_baselined, told_of
from anlan.org.scope import Actor, as_system
from anlan.org.subjects import BASELINE, MARK, subject_uid

SYSTEM = Origin(kind="system")
CHUNK = 500


def ensure_baseline(kinds: Iterable[Kind]) -> Counter[str] | None:
    """Tell the log once what no entry tells, and return how many rows of each kind; null when it was done before.

    Safe beside another process that does the same: one of them does it, the other finds it done.
    """
    if is_baselined():
        return None
    try:
        with transaction.atomic(), as_system("baseline of the organisation") as by:
            ensure_key()
            mark = note(BASELINE, "organisation", "make", {}, at=None, by=by, origin=SYSTEM, changes_rights=False)
            if mark.version != 1 or mark.record_uid != MARK:
                raise IntegrityError("another process made the baseline")
            return tell_what_stands(kinds, step="baseline", origin=SYSTEM, by=by)
    except IntegrityError:
        if is_baselined():
            return None
        raise


def baseline_at() -> dt.datetime | None:
    """Return since when every row of the organisation is proven; null before the baseline."""
    return Entry.objects.filter(record_uid=MARK).order_by("version").values_list("recorded_at", flat=True).first()


def tell_what_stands(
    kinds: Iterable[Kind], *, step: str, origin: Origin, by: Actor, at: dt.datetime | None = None
) -> Counter[str]:
    """Append an entry for each row that has attributes which no entry tells, with those attributes; return how many by register.

    Only `ensure_baseline` and whoever has just made the rows in bulk may call it, in the transaction of that.
    """
    made: Counter[str] = Counter()
    moment = at or timezone.now()
    for kind in kinds:
        after: int | None = 0
        while after is not None:
            rows = kind.model._base_manager.filter(pk__gt=after).order_by("pk")
            keys = list(rows.values_list("pk", flat=True)[:CHUNK])
            facts = _facts(kind, keys, step=step, origin=origin, by=by, at=moment)
            made[kind.register] += append_many(facts)
            after = keys[-1] if len(keys) == CHUNK else None
    return made


def _facts(
    kind: Kind, keys: Collection[int], *, step: str, origin: Origin, by: Actor, at: dt.datetime
) -> Sequence[tuple[int, Fact]]:
    rows, _bad = kind.read(keys)
    told = told_of([subject_uid(kind.register, kind.key(row)) for row in rows.values()])
    places = _places(kind.homes(keys))
    facts = []
    for key, row in rows.items():
        subject = subject_uid(kind.register, kind.key(row))
        before = told.get(subject)
        content = row if before is None else {name: value for name, value in row.items() if name not in before.values}
        if content:
            home, code = places[key]
            version = before.version + 1 if before else 1
            facts.append((home, _fact(kind, subject, version, code, content, step=step, origin=origin, by=by, at=at)))
    return facts


def _fact(
    kind: Kind,
    subject: uuid.UUID,
    version: int,
    code: str,
    content: Mapping[str, Any],
    *,
    step: str,
    origin: Origin,
    by: Actor,
    at: dt.datetime,
) -> Fact:
    return Fact(
        uid=uuid.uuid4(),
        institution_code=code,
        register=kind.register,
        record_uid=subject,
        version=version,
        step=step,
        actor_id=by.person_id,
        occurred_on=timezone.localdate(at),
        recorded_at=at,
        origin=origin,
        content=content,
    )


def _places(homes: Mapping[int, int | None]) -> dict[int, tuple[int, str]]:
    """Return by row the key and code under which its entry is filed: the institution in which the unit lies, else the unit."""
    units = {
        pk: (path, code)
        for pk, path, code in Unit.objects.filter(pk__in={*homes.values()} - {None}).values_list("pk", "path", "code")
    }
    prefixes = {
        path[:end] for path, _code in units.values() for end in range(Unit.steplen, len(path) + 1, Unit.steplen)
    }
    inside = Unit.objects.filter(path__in=prefixes, kind=Unit.Kind.INSTITUTION)
    institutions = {path: (pk, code) for pk, path, code in inside.values_list("pk", "path", "code")}
    found = {}
    for key, home in homes.items():
        if home is None or home not in units:
            found[key] = NOWHERE
            continue
        path, code = units[home]
        above = (institutions.get(path[:end]) for end in range(Unit.steplen, len(path) + 1, Unit.steplen))
        found[key] = next((place for place in above if place is not None), (home, code))
    return found
