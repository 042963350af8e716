"""Makes the sheets of the tests: XLSX through XlsxWriter, CSV as text, and archives that no spreadsheet program would write."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import xlsxwriter

HAZARD = ("occurred_on", "area", "level", "description")


def workbook(
    *rows: Sequence[Any],
    name: str = "Data",
    options: dict[str, Any] | None = None,
    more: Callable[..., None] | None = None,
) -> bytes:
    """Return an XLSX with the rows; `more(book, sheet)` may add to it."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd", **(options or {})})
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    if more is not None:
        more(book, sheet)
    book.close()
    return stream.getvalue()


def comma_text(*rows: Sequence[Any], encoding: str = "utf-8") -> bytes:
    """Return a CSV with the rows."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode(encoding)


def rezipped(raw: bytes, changes: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """Return an archive in which named members are changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, changes[name](content) if name in changes else content)
    return stream.getvalue()


def hazard(*cells: Any) -> tuple[Any, ...]:
    """Return a hazard row whose first cells are given, the rest good."""
    good = ("2025-03-12", "fire", "general", "Exit light out")
    return (*cells, *good[len(cells) :])
