"""Honest times on screen: which share of the year's records was written down late, in a burst, at night, in a batch, or copied.

The words stay with the fact. A late record may have a good reason; the panel says where to look and leads to the records.
"""

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.facts.honesty import Share, Shares, has, honest_shares, timed_registers, total
from anlan.facts.records import records_where
from anlan.flow.spec import RegisterSpec
from anlan.kernel.parameter import find_parameter
from anlan.ledger.placement import apart
from anlan.measures.honesty import Honesty, condition
from anlan.measures.predicate import col
from anlan.org.models import Institution
from anlan.web.place import Place, unit_name
from anlan.web.scores_source import institutions_at
from anlan.web.scores_words import percent_text

STEPS = ((500, "t3"), (200, "t2"), (50, "t1"))  # share in thousandths → how strongly the cell is coloured
MOST_RECORDS = 200
TREE_MINUTES = "honesty.tree_minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One kind: its short name, what it means with its limits, and whether a limit is provisional."""

    kind: Honesty
    name: str
    meaning: str
    is_provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One share. `tone` t0 to t3; `text` a dash where there is no record or the kind says nothing; `url` leads to the records."""

    name: str
    text: str
    count: str
    tone: str
    url: str
    why_empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One register or institution, or all together."""

    name: str
    url: str
    records: int
    cells: tuple[Cell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesPage:
    """The panel: a finding as its title, one column for each kind, rows, and how many entries the tree received late."""

    finding: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    head: str
    as_of: dt.date
    apart: int | None
    minutes: int


def times_page(place: Place, *, as_of: dt.date) -> TimesPage:
    """Return the panel of a place: an institution by register, a commission by institution, the most striking first."""
    institutions = institutions_at(place)
    shares = honest_shares([one.pk for one in institutions], year=place.year, as_of=as_of)
    minutes = find_parameter(TREE_MINUTES, on=as_of)
    is_one = place.institution is not None
    return TimesPage(
        finding=_finding_of_one(shares[institutions[0].pk]) if is_one else _finding_of_many(institutions, shares),
        columns=columns_on(as_of),
        rows=_by_register(place, shares[institutions[0].pk], as_of) if is_one else _by_institution(place, shares),
        head=_("Register") if is_one else _("Institution"),
        as_of=as_of,
        apart=_apart(place, as_of, minutes.value) if is_one else None,
        minutes=minutes.value,
    )


def columns_on(day: dt.date) -> tuple[Column, ...]:
    """Return the kinds with their meanings under the limits in force on a day."""
    found = []
    for kind, (name, meaning, codes) in _words().items():
        rows = {code: find_parameter(f"honesty.{code}", on=day) for code in codes}
        values = {code: row.value for code, row in rows.items()}
        is_provisional = not all(row.verified for row in rows.values())
        found.append(Column(kind=kind, name=name, meaning=meaning % values, is_provisional=is_provisional))
    return tuple(found)


def _words() -> dict[Honesty, tuple[str, str, tuple[str, ...]]]:
    return {
        Honesty.LATE: (
            _("Recorded late"),
            _("Recorded more than %(late_days)d days after it happened"),
            ("late_days",),
        ),
        Honesty.BURST: (
            _("Burst before the assessment"),
            _(
                "Recorded in the last %(burst_days)d days before the day shown, happened more than %(burst_old_days)d days before it"
            ),
            ("burst_days", "burst_old_days"),
        ),
        Honesty.NIGHT: (
            _("Night entries"),
            _("Recorded between %(night_from_hour)d and %(night_to_hour)d o'clock"),
            ("night_from_hour", "night_to_hour"),
        ),
        Honesty.BATCH: (
            _("Batch entries"),
            _("Imported from a file, or one of at least %(batch_records)d that one person recorded within a minute"),
            ("batch_records",),
        ),
        Honesty.COPIED: (
            _("Same text"),
            _("A free text of at least %(copied_characters)d characters that stands in another month of the year too"),
            ("copied_characters",),
        ),
    }


def _by_register(place: Place, shares: Shares, as_of: dt.date) -> tuple[Row, ...]:
    rows = []
    for spec in timed_registers():
        records = shares[spec.code, Honesty.LATE].of
        if records:
            cells = tuple(_cell(place, spec, kind, shares, as_of) for kind in Honesty)
            url = place.url("list", spec.code) if place.reads(spec.sensitivity) else ""
            rows.append((_weight(shares, spec), Row(name=str(spec.name), url=url, records=records, cells=cells)))
    rows.sort(key=lambda pair: -pair[0])
    everything = Row(
        name=_("All registers"),
        url="",
        records=total(shares, Honesty.LATE).of,
        cells=tuple(_plain_cell(kind, total(shares, kind)) for kind in Honesty),
        is_total=True,
    )
    return (everything, *(row for _weighed, row in rows)) if rows else ()


def _weight(shares: Shares, spec: RegisterSpec) -> int:
    return sum(shares[spec.code, kind].part for kind in (Honesty.LATE, Honesty.BURST))


def _by_institution(place: Place, shares: dict[int, Shares]) -> tuple[Row, ...]:
    rows = []
    for one in institutions_at(place):
        own = shares[one.pk]
        late = total(own, Honesty.LATE)
        url = reverse("web:times", args=(one.unit.code, place.year))
        cells = tuple(_plain_cell(kind, total(own, kind), url) for kind in Honesty)
        row = Row(name=unit_name(one.unit), url=url, records=late.of, cells=cells)
        rows.append((_thousandths(total(own, Honesty.BURST)), _thousandths(late), row))
    rows.sort(key=lambda weighed: (-weighed[0], -weighed[1]))
    return tuple(row for _burst, _late, row in rows)


def _cell(place: Place, spec: RegisterSpec, kind: Honesty, shares: Shares, as_of: dt.date) -> Cell:
    if not has(spec, kind):
        return Cell(name=_short(kind), text="—", count="", tone="t0", url="", why_empty=_why_silent(kind))
    share = shares[spec.code, kind]
    url = ""
    if share.part and place.reads(spec.sensitivity):
        url = place.url("times-records", spec.code, kind.value)
        url += f"?as_of={as_of.isoformat()}" if as_of != place.as_of() else ""
    return _plain_cell(kind, share, url)


def _why_silent(kind: Honesty) -> str:
    return _("The register has no free text") if kind is Honesty.COPIED else _("Its records come in lists by nature")


def _plain_cell(kind: Honesty, share: Share, url: str = "") -> Cell:
    if not share.of:
        return Cell(name=_short(kind), text="—", count="", tone="t0", url="", why_empty=_("No record in the year"))
    count = _("%(part)d of %(of)d") % {"part": share.part, "of": share.of} if share.part else ""
    return Cell(name=_short(kind), text=percent_text(share.part, share.of), count=count, tone=_tone(share), url=url)


def _short(kind: Honesty) -> str:
    return _words()[kind][0]


def _tone(share: Share) -> str:
    return next((tone for least, tone in STEPS if _thousandths(share) >= least), "t0")


def _thousandths(share: Share) -> int:
    return share.part * 1000 // share.of if share.of else 0


def _finding_of_one(shares: Shares) -> str:
    late = total(shares, Honesty.LATE)
    if not late.of:
        return _("No record of the year yet")
    return _("%(percent)s of the year's records were written down late") % {"percent": percent_text(late.part, late.of)}


def _finding_of_many(institutions: Sequence[Institution], shares: dict[int, Shares]) -> str:
    late = {one: total(shares[one.pk], Honesty.LATE) for one in institutions}
    known = {one: share for one, share in late.items() if share.of}
    if not known:
        return _("No record of the year yet")
    worst = max(known, key=lambda one: _thousandths(known[one]))
    middle = int(statistics.median(_thousandths(share) for share in known.values()))
    words = {
        "name": unit_name(worst.unit),
        "percent": percent_text(known[worst].part, known[worst].of),
        "median": percent_text(middle, 1000),
    }
    return _("%(name)s wrote down %(percent)s of its records late; the median is %(median)s") % words


def _apart(place: Place, as_of: dt.date, minutes: int) -> int:
    if place.institution is None:
        return 0
    zone = timezone.get_current_timezone()
    since = dt.datetime(place.year, 1, 1, tzinfo=zone)
    until = dt.datetime.combine(as_of, dt.time.max, tzinfo=zone)
    return apart(place.institution.pk, since=since, until=until, minutes=minutes).count()


# ── the records behind a cell ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One record with its three times; `late_days` from the event to the record."""

    number: str
    url: str
    occurred_on: dt.date
    recorded_at: dt.datetime
    late_days: int | None
    who: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPage:
    """The records behind one cell, the longest delay first; `count` may be larger than what is shown."""

    column: Column
    lines: tuple[RecordLine, ...]
    count: int


def records_page(place: Place, spec: RegisterSpec, kind: Honesty, *, as_of: dt.date) -> RecordsPage:
    """Return the records of one institution and year that meet the condition, as far as the person may read them."""
    institution: Any = place.institution
    happened = col("occurred_on")
    within = col("is_counted").is_true() & (happened >= dt.date(place.year, 1, 1)) & (happened <= as_of)
    rows = records_where(spec.code, within & condition(kind, as_of=as_of), institution_id=institution.pk)
    shown = rows.select_related("recorded_by").order_by("-late_days", "-recorded_at")[:MOST_RECORDS]
    return RecordsPage(
        column=next(column for column in columns_on(as_of) if column.kind is kind),
        lines=tuple(_line(place, spec, row) for row in shown),
        count=rows.count(),
    )


def _line(place: Place, spec: RegisterSpec, row: Any) -> RecordLine:
    return RecordLine(
        number=row.number,
        url=place.url("record", spec.code, row.uid),
        occurred_on=row.occurred_on,
        recorded_at=row.recorded_at,
        late_days=row.late_days,
        who=row.recorded_by.name if row.recorded_by else "",
        state=str(spec.states[row.state]),
    )
