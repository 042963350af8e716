"""Units, people, posts, imports and erasures against their entries, parties against the steps that named them: stages of the walk."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault, read_json
from anlan.flow.erasure_entries import ERASURES
from anlan.flow.imports import IMPORTS
from anlan.flow.parties import RELEASE
from anlan.ledger.content import plain_content
from anlan.ledger.models import Entry
from anlan.org.attributes import KINDS, Kind, is_secret
from anlan.org.models import Unit
from anlan.org.parties import Party
from anlan.org.posts import institution_of
from anlan.org.replay import Difference, Wrong, look_at, without_row

EVERY_KIND = (*KINDS, IMPORTS, ERASURES)
PARTIES = "parties"
_FAULTS = {
    Wrong.ATTRIBUTE: Fault.COLUMN,
    Wrong.NO_ENTRIES: Fault.NO_ENTRIES,
    Wrong.NO_ROW: Fault.NO_ROW,
    Wrong.ENTRY_GONE: Fault.ENTRY_GONE,
    Wrong.UNREADABLE: Fault.UNREADABLE,
}
_Named = tuple[Any, ...]  # person, unit, role, capacity, from, to


def drift_of_kind(kind: Kind, *, after: int | None = None, limit: int = CHUNK) -> Chunk:
    """Compare the rows of one kind behind a key with the replay of their entries."""
    looked = look_at(kind, after=after, limit=limit)
    return Chunk(drifts=tuple(map(_drift, looked.differences)), last=looked.last, seen=looked.seen)


def drift_of_parties(*, after: int | None = None, limit: int = CHUNK) -> Chunk:
    """Compare the parties behind a key, with all others of their records, with the steps that named them: three queries."""
    rows = list(Party.objects.filter(pk__gt=after or 0).order_by("pk").values_list("pk", "record_uid")[:limit])
    drifts = parties_against({uid for _pk, uid in rows})
    return Chunk(drifts=tuple(drifts), last=rows[-1][0] if len(rows) == limit else None, seen=len(rows))


def organisation_wanting(entries: Sequence[tuple[Any, ...]]) -> Iterator[Drift]:
    """Name what entries, of (key, register, record, version, institution, header, content), tell and no row shows any more."""
    ours = {kind.register for kind in EVERY_KIND}
    subjects = [(row[1], row[2], row[4]) for row in entries if row[1] in ours]
    if subjects:
        yield from map(_drift, without_row(EVERY_KIND, subjects))
    naming = {row[2] for row in entries if row[6] is not None and '"parties"' in row[6]}
    if naming:
        yield from parties_against(naming)


STAGES: Mapping[str, Callable[..., Chunk]] = {
    "units": partial(drift_of_kind, KINDS[0]),
    "people": partial(drift_of_kind, KINDS[1]),
    "posts": partial(drift_of_kind, KINDS[2]),
    "account requests": partial(drift_of_kind, KINDS[3]),
    "imports": partial(drift_of_kind, IMPORTS),
    "erasures": partial(drift_of_kind, ERASURES),
    PARTIES: drift_of_parties,
}


def _drift(one: Difference) -> Drift:
    hidden = is_secret(one.attribute)
    return Drift(
        fault=_FAULTS[one.wrong],
        register=one.register,
        record_uid=one.subject,
        institution_id=_institution(one.home),
        number=one.name,
        column=one.attribute,
        row_says=None if hidden else one.row_says,
        entries_say=None if hidden else one.entries_say,
    )


def _institution(home: int | None) -> int | None:
    """Return the institution in which a unit lies: there the finding is shown; null for what only the commission sees."""
    unit = Unit.objects.filter(pk=home).first() if home is not None else None
    return institution_of(unit) if unit is not None else None


def parties_against(records: Iterable[uuid.UUID]) -> Iterator[Drift]:
    """Compare the parties of some records with the steps that named them: two queries."""
    records = set(records)
    told = _told(records)
    rows: dict[uuid.UUID, Counter[_Named]] = defaultdict(Counter)
    places: dict[uuid.UUID, set[tuple[str, int]]] = defaultdict(set)
    fields = (
        "record_uid",
        "register",
        "institution_id",
        "person_id",
        "unit__code",
        "role",
        "capacity",
        "starts_on",
        "ends_on",
    )
    for uid, register, place, person, unit, role, capacity, starts, ends in Party.objects.filter(
        record_uid__in=records
    ).values_list(*fields):
        rows[uid][(person, unit, role, capacity, str(starts), str(ends or ""))] += 1
        places[uid].add((register, place))
    for uid in sorted({*rows, *told}):
        register, place, said = told.get(uid, ("", None, Counter[_Named]()))
        elsewhere = {one for one in places[uid] if one != (register, place)} if uid in told else set()
        if rows[uid] != said or elsewhere:
            shown = sorted(map(list, (rows[uid] - said).elements()), key=str)
            yield Drift(
                fault=Fault.COLUMN,
                register=register or next(iter(places[uid]))[0],
                record_uid=uid,
                institution_id=place if place is not None else next(iter(places[uid]))[1],
                number="",
                column=PARTIES,
                row_says=shown or sorted(map(list, elsewhere)),
                entries_say=sorted(map(list, (said - rows[uid]).elements()), key=str),
            )


def _told(records: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, int, Counter[_Named]]]:
    """Replay who was let in and whose part was ended, by the entries of each record."""
    fields = ("record_uid", "register", "institution_id", "step", "recorded_at", "uid", "content")
    rows = Entry.objects.filter(record_uid__in=records).order_by("record_uid", "version").values_list(*fields)
    told: dict[uuid.UUID, tuple[str, int, list[list[str]]]] = {}
    for record, register, place, step, at, uid, stored in rows.iterator(chunk_size=2000):
        named = told.setdefault(record, (register, place, []))[2]
        text = plain_content(uid, stored)
        if text is None:
            named.clear()  # erased, and with it who was concerned
            continue
        if '"parties"' not in text:
            continue
        day = timezone.localdate(at).isoformat()
        for party in read_json(text).get("parties", ()):
            who = [party.get("person"), party.get("unit"), party.get("role", ""), party["capacity"]]
            if step != RELEASE:
                named.append([*who, day, ""])
                continue
            for one in named:
                if one[:4] == who and (not one[5] or one[5] > day):
                    one[5] = day
    return {
        record: (register, place, Counter(tuple(one) for one in named))
        for record, (register, place, named) in told.items()
    }
