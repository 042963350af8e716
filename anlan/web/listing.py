"""A register's list as the URL asks for it: filters, search, order and page key, handed to the flow's keyset reader."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from anlan.flow.declare import ANNULLED
from anlan.flow.errors import InvalidData
from anlan.flow.masking import may_read
from anlan.flow.reading import NEWEST_FIRST, Page, list_records
from anlan.flow.reading import sortable as sortable_columns
from anlan.flow.spec import RegisterSpec
from anlan.web.catalogue import year_of
from anlan.web.place import Place

PAGE = 50
COUNT_LIMIT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list asks for. `sort` is a column with `-` for descending; `state` is empty for all."""

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
    def is_narrowed(self) -> bool:
        """Tell whether a filter other than the search text is set."""
        return bool(self.state or self.date_from or self.date_to or self.choices)

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything narrows the list beyond place and year."""
        return bool(self.text) or self.is_narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of rows. `count` is null for a narrowed list; it stops at COUNT_LIMIT and `is_more` says that it did."""

    page: Page
    count: int | None
    is_more: bool


def read_listing(spec: RegisterSpec, place: Place, query: QueryDict) -> Listing:
    """Return what a query string asks for; parts that make no sense are left out."""
    sort = query.get("sort", "")
    return Listing(
        spec=spec,
        place=place,
        text=query.get("q", "").strip()[:100],
        state=query.get("state", "") if query.get("state") in spec.states else "",
        sort=sort if sort.removeprefix("-") in sortable(spec, place) else NEWEST_FIRST,
        after=query.get("after", "")[:200],
        date_from=_date(query.get("from", "")),
        date_to=_date(query.get("to", "")),
        choices={name: str(query[name]) for name in filterable(spec, place) if query.get(name)},
    )


def sortable(spec: RegisterSpec, place: Place) -> tuple[str, ...]:
    """Return the columns that the person may order the list by: those with an index."""
    return tuple(name for name in sortable_columns(spec) if may_read(spec, name, clearance=place.clearance()))


def filterable(spec: RegisterSpec, place: Place) -> tuple[str, ...]:
    """Return the declared columns that the person may narrow the list by."""
    return tuple(name for name in spec.filters if may_read(spec, name, clearance=place.clearance()))


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def find(listing: Listing) -> Found:
    """Return one page of the listing; a page key that is not right opens the first page."""
    institution = listing.place.institution
    if institution is None:
        raise LookupError("A list belongs to one institution; a commission sees the overview.")
    try:
        page = list_records(listing.spec, institution, **_arguments(listing), limit=PAGE)
    except InvalidData:
        return find(replace(listing, after="", choices={})) if listing.after or listing.choices else _nothing()
    count = None if listing.is_filtered else _count(listing)
    return Found(page=page, count=count and min(count, COUNT_LIMIT), is_more=(count or 0) > COUNT_LIMIT)


def _nothing() -> Found:
    return Found(page=Page(rows=(), after=""), count=0, is_more=False)


def _arguments(listing: Listing) -> dict[str, Any]:
    filters: dict[str, Any] = {name: _plain(value) for name, value in listing.choices.items()}
    filters |= {"state": listing.state or [state for state in listing.spec.states if state != ANNULLED]}
    start, end = listing.date_from, listing.date_to
    if not listing.spec.is_standing:
        first, last = dt.date(listing.place.year, 1, 1), dt.date(listing.place.year, 12, 31)
        start, end = max(first, start or first), min(last, end or last)
    filters |= {"occurred_from": start} if start else {}
    filters |= {"occurred_to": end} if end else {}
    return {"filters": filters, "search": listing.text, "sort": listing.sort, "after": listing.after}


def _plain(value: str) -> Any:
    return {"True": True, "False": False}.get(value, value)


def _count(listing: Listing) -> int:
    spec, place = listing.spec, listing.place
    assert place.institution is not None  # noqa: S101  (`find` refused it)
    rows = spec.model.objects.within(place.institution)
    rows = rows if spec.is_standing else rows.filter(year_of(spec, place.year))
    return int(rows.exclude(state=ANNULLED).order_by()[: COUNT_LIMIT + 1].count())
