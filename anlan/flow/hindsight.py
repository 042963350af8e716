"""What only a later look can tell of a record: whether it came in a batch, and whether its text stands in another month too.

A write never waits for it. The worker's round `look_back` takes the entries that the tree received since its last look and
looks again at each register of each institution that they touched, so the answer is minutes old at most. The ledger does not
repeat it: whoever has the records can reckon it again.

Nothing is judged before its time is over: a record is judged, and counts among its neighbours, once its first entry lies in
the part of the tree that the round has reached. A seal looks at everything at once (`look_at` without `until`), so a younger
record may already be judged by those that were there at that moment; `flow.drift_times` knows both.
"""

import contextlib
import datetime as dt
import unicodedata
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from anlan.flow.drifts import UNREADABLE
from anlan.flow.models import LookBack
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.flow.times import COLUMNS, Dated, Watched, times_of
from anlan.kernel.parameter import Parameter, parameter_value, stand_ins
from anlan.ledger.models import Entry, Position, TreeHead
from anlan.org.scope import as_system
from anlan.vault.errors import VaultError
from anlan.vault.ring import SILENT

BATCH_RECORDS = "honesty.batch_records"
COPIED_CHARACTERS = "honesty.copied_characters"
AFTER = dt.timedelta(seconds=70)  # a minute must be over before its records are counted
EVERY = dt.timedelta(minutes=5)
ENTRIES = 20_000
ROWS = 500
_READ = (
    "uid",
    "number",
    "institution_id",
    *COLUMNS,
    "recorded_at",
    "recorded_by_id",
    "occurred_on",
    "batch_id",
    "is_batch_entry",
    "is_copied",
)
Pair = tuple[int, str]
Text = tuple[str, int, str]


class Written(Dated, Protocol):
    """A record as far as its neighbours go, with its free texts as attributes: a row, or what its entries tell."""

    pk: int
    recorded_by_id: int | None

    @property
    def batch_id(self) -> object | None:
        """The import that brought it; null for none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look found for a record."""

    is_batch_entry: bool
    is_copied: bool


def look_back(*, now: dt.datetime | None = None, every: dt.timedelta = EVERY) -> int:
    """Look at what the tree received since the last look, unless that was less than `every` ago; return the pairs looked at.

    Safe to break off and to run twice: the place is noted at the end, and each look gives the same answer.
    """
    moment = now or timezone.now()
    place = _place()
    if place.at is not None and place.at <= moment < place.at + every:
        return 0
    size = TreeHead.objects.filter(at__lte=moment - AFTER).order_by("-size").values_list("size", flat=True).first() or 0
    until = max(place.size, min(size, place.size + ENTRIES))  # those behind it are in the tree, whatever a clock says
    pairs = _touched(place.size, until)
    with as_system("hindsight of batches and copied texts"):
        for institution_id, code in pairs:
            look_at(_known()[code], institution_id, until=until)
    LookBack.objects.filter(pk=place.pk, size=place.size).update(size=until, at=moment)
    return len(pairs)


def look_at_all() -> int:
    """Look at every timed register of every institution that has records, and return how many pairs there were."""
    pairs = 0
    with as_system("hindsight of every record"):
        for spec in _known().values():
            for institution_id in spec.model.objects.order_by().values_list("institution_id", flat=True).distinct():
                look_at(spec, institution_id)
                pairs += 1
    return pairs


def look_at(spec: RegisterSpec, institution_id: int, *, until: int | None = None) -> int:
    """Store what a look at one register of one institution finds, and return how many records it changed.

    `until` keeps to the records whose first entry lies in the tree before that position; without it every record is judged
    as of now. Times that are wanting, as after an update from an earlier version, are filled in on the way. Two looks at
    the same time never store the older answer: who was overtaken looks again.
    """
    while True:
        turn = _place().turn
        young = set() if until is None else first_entries_beyond(spec, institution_id, until)
        rows = [row for row in readable(written(spec, institution_id)) if row.uid not in young]
        if (count := _store(spec, rows, turn)) is not None:
            return count


def first_entries_beyond(spec: RegisterSpec, institution_id: int, size: int) -> set[uuid.UUID]:
    """Return the records of a register and institution whose first entry is not among the first `size` of the tree."""
    beyond = Q(position=None) | Q(position__index__gte=size)
    entries = Entry.objects.filter(beyond, institution_id=institution_id, register=spec.code, version=1)
    return set(entries.values_list("record_uid", flat=True))


def _place() -> LookBack:
    return LookBack.objects.get_or_create(pk=1)[0]


def _store(spec: RegisterSpec, rows: Sequence[Register], turn: int) -> int | None:
    """Store what the rows say about each other; null, and nothing stored, when another look stored something meanwhile."""
    wanting = [row for row in rows if row.is_late is None]
    groups: dict[Seen, list[int]] = defaultdict(list)
    found = seen(spec, rows)
    for row in rows:
        new = found[row.pk]
        if (row.is_batch_entry, row.is_copied) != (new.is_batch_entry, new.is_copied):
            groups[new].append(row.pk)
    if not wanting and not groups:
        return 0
    with transaction.atomic():
        if not LookBack.objects.filter(turn=turn).update(turn=F("turn") + 1):
            return None
        for row in wanting:  # a correction may have set them, and other ones, since they were read
            spec.model.objects.filter(pk=row.pk, is_late=None, occurred_on=row.occurred_on).update(
                **times_of(row, spec)
            )
        for new, keys in groups.items():  # four groups at most: one statement for many rows
            for start in range(0, len(keys), ROWS):
                part = spec.model.objects.filter(pk__in=keys[start : start + ROWS])
                part.update(is_batch_entry=new.is_batch_entry, is_copied=new.is_copied)
    return len(wanting) + sum(map(len, groups.values()))


def written(spec: RegisterSpec, institution_id: int) -> QuerySet[Register]:
    """Return the records of one register and institution with the columns that a look reads."""
    return spec.model.objects.filter(institution_id=institution_id).only(*_READ, *spec.free_texts)


def readable(rows: QuerySet[Register]) -> list[Register]:
    """Read the rows, leaving out those that hold no value of their column: the comparison with the entries names them."""
    try:
        return list(rows)
    except UNREADABLE:
        found = []
        for key in rows.values_list("pk", flat=True):
            with contextlib.suppress(*UNREADABLE):
                found += list(rows.filter(pk=key))
        return found


def seen(spec: Watched, rows: Iterable[Written]) -> Mapping[int, Seen]:
    """Return what the records of one register and institution say about each other, by key.

    Batch:  imported from a file, or one of so many that one person recorded within a clock minute.
    Copied: one of its free texts, long enough and compared without case, spaces and punctuation, stands in a record of
            another month of the same year.
    """
    rows = list(rows)
    minutes = Counter((row.recorded_by_id, _minute(row)) for row in rows)
    months = _months_of_texts(spec, rows)
    return {
        row.pk: Seen(
            is_batch_entry=row.batch_id is not None
            or minutes[row.recorded_by_id, _minute(row)] >= _limit(BATCH_RECORDS, _day(row)),
            is_copied=any(len(months[key]) > 1 for key in _keys(spec, row)),
        )
        for row in rows
    }


def akin(spec: Watched, rows: Iterable[Written], keys: Collection[int]) -> set[int]:
    """Return the keys of all records without which `seen` would say something else of the named ones, those included."""
    rows, found, grows = list(rows), set(keys), True
    while grows:
        mine = [row for row in rows if row.pk in found]
        minutes = {(row.recorded_by_id, _minute(row)) for row in mine}
        texts = {key for row in mine for key in _keys(spec, row)}
        more = {
            row.pk
            for row in rows
            if (row.recorded_by_id, _minute(row)) in minutes or not texts.isdisjoint(_keys(spec, row))
        }
        grows, found = not more <= found, found | more
    return found


def plain_text(text: str) -> str:
    """Return a text as it is compared: width and case levelled, without spaces and punctuation."""
    levelled = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in levelled if letter.isalnum())


def _months_of_texts(spec: Watched, rows: Iterable[Written]) -> Mapping[Text, set[int]]:
    months: dict[Text, set[int]] = defaultdict(set)
    for row in rows:
        for key in _keys(spec, row):
            months[key].add(row.occurred_on.month)
    return months


def _keys(spec: Watched, row: Written) -> list[Text]:
    """The free texts of a record that are long enough to tell something: (column, year, text)."""
    least = _limit(COPIED_CHARACTERS, _day(row)) if spec.free_texts else 0
    texts = ((name, plain_text(_text_of(row, name))) for name in spec.free_texts)
    return [(name, row.occurred_on.year, text) for name, text in texts if len(text) >= least]


def _text_of(row: Written, name: str) -> str:
    """Return a free text; one that does not open, since somebody wrote it by SQL, is like no other. The comparison names it."""
    try:
        return getattr(row, name) or ""
    except VaultError as error:
        if error.code == SILENT:
            raise
        return ""


def _limit(code: str, on: dt.date) -> int:
    return _limit_in(code, on, stand_ins())


@lru_cache(maxsize=4096)
def _limit_in(code: str, on: dt.date, _limits: tuple[Parameter, ...]) -> int:
    """A parameter changes only when the content does, at a start, or where a seal's limits stand in."""
    return parameter_value(code, on=on)


def _minute(row: Written) -> dt.datetime:
    return row.recorded_at.replace(second=0, microsecond=0)


def _day(row: Written) -> dt.date:
    return timezone.localtime(row.recorded_at).date()


def _touched(start: int, end: int) -> list[Pair]:
    rows = Position.objects.filter(index__gte=start, index__lt=end, entry__register__in=_known())
    return sorted(set(rows.values_list("entry__institution_id", "entry__register")))


def _known() -> Mapping[str, RegisterSpec]:
    return {spec.code: spec for spec in all_registers() if spec.is_timed}
