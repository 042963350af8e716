"""The error file: the user's own rows with the bad cells coloured and a last column that says what to mend.

It can be mended and sent again as it is: the extra column is known and skipped.
"""

import datetime as dt
from io import BytesIO
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from anlan.exchange.check import Checked
from anlan.exchange.columns import columns_of, letter
from anlan.exchange.headings import MEND, OWN_HEADINGS, Headings, language_place
from anlan.exchange.report import Problem
from anlan.exchange.sheet import find_table, read

_COMMENTS = 2000  # Excel slows down with more
FONT = "Microsoft YaHei"


def mending_file(checked: Checked) -> bytes:
    """Return an XLSX of the checked sheet: all rows as they were sent, bad cells red with a comment, what to mend beside them."""
    import xlsxwriter

    book = read(checked.raw)
    table = find_table(book, Headings(columns_of(checked.spec)))
    stream = BytesIO()
    out = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    try:
        _Sheet(out, table.sheet.rows, table.heading_row, checked.report.problems, table.matched.own.get(MEND)).write()
    finally:
        out.close()
    return stream.getvalue()


class _Sheet:
    def __init__(
        self, out: Any, rows: list[list[Any]], heading_row: int, problems: list[Problem], mend: int | None
    ) -> None:
        self._rows, self._heading_row = rows, heading_row
        self._mend = mend if mend is not None else max((len(row) for row in rows), default=0)
        self._by_row: dict[int, list[Problem]] = {}
        for problem in problems:
            self._by_row.setdefault(problem.row - 1, []).append(problem)
        self._sheet = out.add_worksheet(_("To mend"))
        base = {"font_name": FONT, "font_size": 10}
        self._formats = {
            (bad, day): out.add_format(
                {**base, **({"bg_color": "#FBD9D7"} if bad else {}), **({"num_format": "yyyy-mm-dd"} if day else {})}
            )
            for bad in (False, True)
            for day in (False, True)
        }
        self._heading = out.add_format({**base, "bold": True, "bg_color": "#E8EEF0"})
        self._advice = out.add_format({**base, "font_color": "#A31621"})
        self._comments = 0

    def write(self) -> None:
        for index, row in enumerate(self._rows):
            self._row(index, row)
        if self._heading_row not in self._by_row:
            heading = OWN_HEADINGS[MEND][language_place(translation.get_language())]
            self._sheet.write_string(self._heading_row, self._mend, heading, self._heading)
        self._sheet.set_column(0, max(self._mend - 1, 0), 16)
        self._sheet.set_column(self._mend, self._mend, 60)
        self._sheet.freeze_panes(self._heading_row + 1, 0)

    def _row(self, index: int, row: list[Any]) -> None:
        problems = self._by_row.get(index, [])
        bad = {problem.column: problem for problem in problems}
        for position in range(max(len(row), self._mend)):
            if position != self._mend:
                self._cell(index, position, row[position] if position < len(row) else "", bad)
        if problems:
            advice = "; ".join(
                f"{problem.label}: {problem.what} → {problem.expected}".strip(": ").rstrip(" →") for problem in problems
            )
            self._sheet.write_string(index, self._mend, advice[:32000], self._advice)

    def _cell(self, index: int, position: int, cell: Any, bad: dict[str, Problem]) -> None:
        problem = bad.get(letter(position)) if bad else None
        day = isinstance(cell, dt.date)
        style = (
            self._heading if index == self._heading_row and problem is None else self._formats[problem is not None, day]
        )
        value = dt.datetime.combine(cell, dt.time()) if day and not isinstance(cell, dt.datetime) else cell
        if isinstance(value, dt.datetime):
            self._sheet.write_datetime(index, position, value, style)
        elif isinstance(value, bool):
            self._sheet.write_boolean(index, position, value, style)
        elif isinstance(value, int | float):
            self._sheet.write_number(index, position, value, style)
        elif value or problem:
            self._sheet.write_string(index, position, str(value)[:32000], style)
        if problem and self._comments < _COMMENTS:
            self._comments += 1
            self._sheet.write_comment(index, position, f"{problem.what}\n{problem.expected}")
