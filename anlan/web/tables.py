"""A page of a list as a table: headings that sort, filters with their choices, rows of cells."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from anlan.flow.cases import clearance_in_record
from anlan.flow.masking import shown_columns as unsealed
from anlan.flow.spec import RegisterSpec
from anlan.web.cells import MONTH, Cell, cell, state_tone
from anlan.web.listing import Found, Listing, filterable, sortable


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading. `sort` is what a click asks for, empty when the column cannot be ordered by."""

    name: str
    label: str
    sort: str
    direction: str
    is_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record of a list."""

    url: str
    number: str
    state: str
    tone: str
    is_done: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A choice that narrows the list."""

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Everything that the list's template shows."""

    headings: list[Heading]
    rows: list[Row]
    filters: list[Filter]
    states: list[tuple[str, str]]


def table_of(listing: Listing, found: Found) -> Table:
    """Return the table of a page."""
    spec = listing.spec
    names = shown_columns(spec)
    return Table(
        headings=[_heading(listing, name) for name in names],
        rows=[_row(listing, record, names) for record in found.page.rows],
        filters=[_filter(listing, name) for name in filterable(spec, listing.place)],
        states=[(code, str(label)) for code, label in spec.states.items()],
    )


def shown_columns(spec: RegisterSpec) -> tuple[str, ...]:
    """Return the columns of the list: the date first, then what the declaration names."""
    return unsealed(spec, dict.fromkeys(("occurred_on", *spec.columns)))


def _heading(listing: Listing, name: str) -> Heading:
    column = listing.sort.removeprefix("-")
    direction = ("descending" if listing.sort.startswith("-") else "ascending") if column == name else ""
    can_sort = name in sortable(listing.spec, listing.place)
    sort = f"-{name}" if direction == "ascending" or (not direction and name.endswith("_on")) else name
    field = listing.spec.field(name)
    is_number = isinstance(field, models.IntegerField | models.DecimalField) and not field.choices and name != MONTH
    label = str(listing.spec.label(name))
    return Heading(name=name, label=label, sort=sort if can_sort else "", direction=direction, is_number=is_number)


def _row(listing: Listing, record: Any, names: tuple[str, ...]) -> Row:
    spec, clearance = listing.spec, clearance_in_record(record)
    return Row(
        url=listing.place.url("record", spec.code, record.uid),
        number=record.number,
        state=str(spec.states[record.state]),
        tone=state_tone(spec, record.state),
        is_done=record.state in spec.final,
        cells=[cell(spec, record, name, clearance=clearance) for name in names],
    )


def _filter(listing: Listing, name: str) -> Filter:
    field = listing.spec.field(name)
    choices = [(str(value), str(label)) for value, label in (field.flatchoices or []) if value not in (None, "")]
    if isinstance(field, models.BooleanField):
        choices = [("True", _("Yes")), ("False", _("No"))]
    if name == MONTH:
        year = listing.place.year
        choices = [(str(year * 100 + month), f"{year}-{month:02d}") for month in range(1, 13)]
    label = str(listing.spec.label(name))
    return Filter(name=name, label=label, value=listing.choices.get(name, ""), choices=choices)
