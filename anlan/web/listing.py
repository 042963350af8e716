"""A register's list: filters from the query string, search, sort, keyset pages. One query for the rows, one bounded count."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from anlan.flow.declare import ANNULLED
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.web.place import Place

PAGE = 50
COUNT_LIMIT = 10_000
SALT = "anlan.web.listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list asks for. `sort` is a column with `-` for descending; `state` is a state, `late` or empty for all."""

    spec: RegisterSpec
    place: Place
    text: str
    state: str
    sort: str
    after: str
    date_from: dt.date | None
    date_to: dt.date | None
    choices: Mapping[str, str]

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything narrows the list beyond place and year."""
        return bool(self.text or self.state or self.date_from or self.date_to or self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of rows. `count` stops at COUNT_LIMIT, `is_more` says that it did; `next` is the cursor of the next page."""

    rows: list[Register]
    count: int
    is_more: bool
    next: str
    is_first: bool


def read_listing(spec: RegisterSpec, place: Place, query: QueryDict) -> Listing:
    """Return what a query string asks for; parts that make no sense are left out."""
    sort = query.get("sort", "")
    return Listing(
        spec=spec,
        place=place,
        text=query.get("q", "").strip()[:100],
        state=query.get("state", "") if query.get("state") in {*spec.states, "late"} else "",
        sort=sort if sort.removeprefix("-") in sortable(spec, place) else "-occurred_on",
        after=query.get("after", ""),
        date_from=_date(query.get("from", "")),
        date_to=_date(query.get("to", "")),
        choices={name: query[name] for name in filterable(spec, place) if query.get(name)},
    )


def sortable(spec: RegisterSpec, place: Place) -> tuple[str, ...]:
    """Return the columns that a list may be ordered by; never one that the person may not read."""
    names = dict.fromkeys(("number", "occurred_on", "recorded_at", "due_on", *spec.columns))
    return tuple(name for name in names if place.reads(spec.field_sensitivity[name]) and not _is_long(spec, name))


def filterable(spec: RegisterSpec, place: Place) -> tuple[str, ...]:
    """Return the columns that a list may be narrowed by."""
    return tuple(name for name in spec.filters if place.reads(spec.field_sensitivity[name]))


def _is_long(spec: RegisterSpec, name: str) -> bool:
    return isinstance(spec.field(name), models.TextField | models.ForeignKey)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def rows_of(listing: Listing) -> "QuerySet[Any]":
    """Return the rows that a listing asks for, unordered, every page of them."""
    spec, place = listing.spec, listing.place
    rows = spec.model.objects.filter(place.records_here(), _in_year(listing))
    if listing.state == "late":
        rows = rows.filter(due_on__lt=place.today).exclude(state__in=spec.final)
    elif listing.state:
        rows = rows.filter(state=listing.state)
    else:
        rows = rows.exclude(state=ANNULLED)
    for name, value in listing.choices.items():
        rows = _narrow(rows, spec, name, value)
    return rows.filter(_matches(listing))


def _in_year(listing: Listing) -> Q:
    start, end = dt.date(listing.place.year, 1, 1), dt.date(listing.place.year, 12, 31)
    if listing.spec.is_standing:
        in_force = Q(occurred_on__lte=end) & (Q(ended_on__isnull=True) | Q(ended_on__gt=start))
        return in_force & _between(listing.date_from, listing.date_to)
    return _between(max(start, listing.date_from or start), min(end, listing.date_to or end))


def _between(start: dt.date | None, end: dt.date | None) -> Q:
    condition = Q(occurred_on__gte=start) if start else Q()
    return condition & Q(occurred_on__lte=end) if end else condition


def _narrow(rows: "QuerySet[Any]", spec: RegisterSpec, name: str, value: str) -> "QuerySet[Any]":
    try:
        return rows.filter(**{name: spec.field(name).to_python(value)})
    except ValidationError:
        return rows


def _matches(listing: Listing) -> Q:
    condition = Q()
    for word in listing.text.split():
        any_column = Q(pk__in=[])
        for name in listing.spec.search:
            if listing.place.reads(listing.spec.field_sensitivity[name]):
                any_column |= Q(**{f"{name}__icontains": word})
        condition &= any_column
    return condition


def page_of(listing: Listing) -> Page:
    """Return one page of a listing. A cursor that was tampered with opens the first page."""
    name = listing.sort.removeprefix("-")
    rows = rows_of(listing)
    count = rows.order_by()[: COUNT_LIMIT + 1].count()
    cursor = _read_cursor(listing)
    part = rows.filter(_after(listing, cursor)) if cursor else rows
    found = list(part.select_related("institution__unit", *_references(listing.spec)).order_by(*_order(listing))[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(
        rows=found[:PAGE],
        count=min(count, COUNT_LIMIT),
        is_more=count > COUNT_LIMIT,
        next=_cursor(listing, getattr(last, name), last.pk) if last is not None else "",
        is_first=cursor is None,
    )


def _references(spec: RegisterSpec) -> list[str]:
    return [name for name in spec.columns if isinstance(spec.field(name), models.ForeignKey)]


def _order(listing: Listing) -> tuple[Any, ...]:
    """Return the order. Columns that may be null put the nulls last; the others keep the plain form that an index serves."""
    name, is_down = listing.sort.removeprefix("-"), listing.sort.startswith("-")
    if not listing.spec.field(name).null:
        return (listing.sort, "-pk" if is_down else "pk")
    column = F(name).desc(nulls_last=True) if is_down else F(name).asc(nulls_last=True)
    return (column, "-pk" if is_down else "pk")


def _after(listing: Listing, cursor: tuple[Any, int]) -> Q:
    """Return what comes after the cursor. The first half lets an index on the column seek, the second breaks ties."""
    name, side = listing.sort.removeprefix("-"), "lt" if listing.sort.startswith("-") else "gt"
    value, key = cursor
    tie = Q(**{f"pk__{side}": key})
    if value is None:
        return Q(**{f"{name}__isnull": True}) & tie
    reach = Q(**{f"{name}__{side}e": value}) & (Q(**{f"{name}__{side}": value}) | tie)
    return reach | Q(**{f"{name}__isnull": True}) if listing.spec.field(name).null else reach


def _cursor(listing: Listing, value: Any, key: int) -> str:
    return signing.dumps([listing.sort, _text(value), key], salt=SALT, serializer=_Json)


def _read_cursor(listing: Listing) -> tuple[Any, int] | None:
    if not listing.after:
        return None
    try:
        sort, text, key = signing.loads(listing.after, salt=SALT, serializer=_Json)
        value = None if text is None else listing.spec.field(sort.removeprefix("-")).to_python(text)
    except (signing.BadSignature, ValidationError, ValueError):
        return None
    return (value, key) if sort == listing.sort else None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, dt.date) else str(value)


class _Json:
    """Compact JSON for signed cursors."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
