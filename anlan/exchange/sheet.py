"""Reads XLSX and CSV into rows of cells, and finds the sheet and the heading row that belong to a register."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from anlan.exchange.cells import is_blank
from anlan.exchange.errors import BadFile
from anlan.exchange.guard import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, is_workbook, scan
from anlan.exchange.headings import Headings, Matched

META_SHEET = "_anlan"
_MAX_MERGED = 1_000_000
_HEADING_WITHIN = 10  # a title and remarks may stand above the headings


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The rows of one sheet. `formulas` counts those whose stored result was read; `unreckoned` are (row, column) from 0."""

    name: str
    rows: list[list[Any]]
    formulas: int = 0
    unreckoned: frozenset[tuple[int, int]] = frozenset()
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """Every visible sheet of a file, and what our own template says about itself."""

    sheets: tuple[Sheet, ...]
    is_1904: bool = False
    template: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Table:
    """The sheet that was chosen, where its headings stand (row from 0) and what they mean."""

    sheet: Sheet
    heading_row: int
    matched: Matched
    others: tuple[str, ...]


def read(raw: bytes) -> Workbook:
    """Read a file. Raises: BadFile as in `guard`, or when text cannot be decoded."""
    return _read_workbook(raw) if is_workbook(raw) else Workbook(sheets=(_read_text(raw),))


def _read_workbook(raw: bytes) -> Workbook:
    from python_calamine import CalamineError, SheetVisibleEnum, load_workbook

    scanned = scan(raw)
    try:
        book = load_workbook(io.BytesIO(scanned.archive))
        visible = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible is SheetVisibleEnum.Visible and meta.name in scanned.sheets
        ]
        sheets = tuple(_sheet(book, name, scanned.sheets[name]) for name in visible)
        template = _template(book) if META_SHEET in scanned.sheets else {}
    except CalamineError as error:
        message = _("The workbook could not be read (%(detail)s). Save it in Excel as .xlsx and send that.")
        raise BadFile("exchange.E006", message % {"detail": error}) from error
    return Workbook(sheets=sheets, is_1904=scanned.is_1904, template=template)


def _sheet(book: Any, name: str, scanned: Any) -> Sheet:
    source = book.get_sheet_by_name(name)
    return Sheet(
        name=name,
        rows=source.to_python(skip_empty_area=False),
        formulas=scanned.formulas,
        unreckoned=scanned.unreckoned,
        errors=scanned.errors,
        merged=tuple(source.merged_cell_ranges or ()),
    )


def _template(book: Any) -> dict[str, str]:
    rows = book.get_sheet_by_name(META_SHEET).to_python(skip_empty_area=False)
    return {str(row[0]): str(row[1]) for row in rows if len(row) >= 2}


def _read_text(raw: bytes) -> Sheet:
    text = _decode(raw)
    lines = text.split("\n", 1)
    if lines[0].strip().lower().startswith("sep="):
        text = lines[1] if len(lines) > 1 else ""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=head.count)
    rows = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows.append(list(row))
            if len(rows) > MAX_ROWS + 20 or len(row) > MAX_COLUMNS or len(rows) * len(row) > MAX_CELLS:
                message = _("Row %(row)d is beyond the limits: %(rows)d rows and %(columns)d columns. Split the file.")
                raise BadFile("exchange.E009", message % {"row": len(rows), "rows": MAX_ROWS, "columns": MAX_COLUMNS})
    except csv.Error as error:
        raise BadFile("exchange.E010", _("The text is no CSV (%(detail)s).") % {"detail": error}) from error
    return Sheet(name="CSV", rows=rows)


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in raw:
        raise BadFile(
            "exchange.E006", _("The file is damaged or no spreadsheet. Save it in Excel as .xlsx and send that.")
        )
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile(
        "exchange.E011", _("The text is neither UTF-8 nor GB18030. Save it in Excel as .xlsx, or as CSV in UTF-8.")
    )


def find_table(book: Workbook, headings: Headings) -> Table:
    """Return the visible sheet and row that have the most headings of the register.

    Raises: BadFile when no sheet has any, naming the sheets and the headings that were expected.
    """
    candidates: list[tuple[int, int, int, Sheet, Matched]] = []
    for order, sheet in enumerate(book.sheets):
        for number, row in enumerate(sheet.rows[:_HEADING_WITHIN]):
            matched = headings.match(row)
            if matched.names:
                candidates.append((-len(matched.names), order, number, sheet, matched))
    if not candidates:
        if not any(_has_values(sheet) for sheet in book.sheets):
            raise BadFile("exchange.E001", _("The file is empty."))
        message = _(
            "No sheet has the headings of this register. Sheets: %(sheets)s. Headings looked for: %(headings)s."
        )
        words = {
            "sheets": _(", ").join(sheet.name for sheet in book.sheets),
            "headings": _(", ").join(headings.labels()),
        }
        raise BadFile("exchange.E012", message % words)
    _count, order, number, sheet, matched = min(candidates, key=lambda item: item[:3])
    others = tuple(
        other.name
        for place, other in enumerate(book.sheets)
        if place != order and any(item[1] == place and -item[0] > 1 for item in candidates)
    )
    return Table(sheet=sheet, heading_row=number, matched=matched, others=others)


def _has_values(sheet: Sheet) -> bool:
    return any(not is_blank(cell) for row in sheet.rows for cell in row)


def is_empty_row(row: Sequence[Any]) -> bool:
    """Tell whether a row holds no value."""
    return all(is_blank(cell) for cell in row)


def merged_by_row(sheet: Sheet) -> dict[int, list[tuple[int, int, int]]]:
    """Return for each row the merged areas that it crosses, as (top row, left column, right column).

    Raises: BadFile when there are so many that no person made them.
    """
    areas: dict[int, list[tuple[int, int, int]]] = {}
    total = 0
    for (top, left), (bottom, right) in sheet.merged:
        last = min(bottom, len(sheet.rows) - 1)
        total += max(0, last - top + 1)
        if total > _MAX_MERGED:
            raise BadFile("exchange.E015", _("The sheet has too many merged cells. Unmerge them and fill each row."))
        for row in range(top, last + 1):
            areas.setdefault(row, []).append((top, left, right))
    return areas
