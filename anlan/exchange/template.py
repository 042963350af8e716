"""The sheet that people fill: headings, dropdowns, one example row, and notes that say what belongs in each column."""

import datetime as dt
import hashlib
import json
from typing import Any, BinaryIO

from django.utils import translation
from django.utils.translation import gettext as _

from anlan.exchange.columns import Column, Kind, columns_of, expected
from anlan.exchange.headings import EXAMPLE_WORDS, MARK, OWN_HEADINGS, language_place
from anlan.exchange.references import References
from anlan.exchange.sheet import META_SHEET
from anlan.flow.spec import RegisterSpec
from anlan.org.models import Institution

FONT = "Microsoft YaHei"
_ROWS = 5000  # how far down the dropdowns reach
_LISTED = 2000
_EXAMPLE_DAY = dt.date(2025, 3, 12)


def template_version(spec: RegisterSpec) -> str:
    """Return eight characters that change when a column of the template changes."""
    parts = [
        (column.name, column.kind.value, column.is_required, [str(code) for code, _l in column.choices])
        for column in columns_of(spec)
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]


def write_template(
    spec: RegisterSpec, stream: BinaryIO, *, language: str = "zh-hans", institution: Institution | None = None
) -> None:
    """Write an XLSX template. With an institution, dropdowns of references offer what the acting person sees of its records."""
    import xlsxwriter

    with translation.override(language):
        book = xlsxwriter.Workbook(stream, {"in_memory": True})
        try:
            _Template(book, spec, institution).write()
        finally:
            book.close()


class _Template:
    def __init__(self, book: Any, spec: RegisterSpec, institution: Institution | None) -> None:
        self._book, self._spec = book, spec
        self._columns = columns_of(spec)
        self._references = References(institution) if institution else None
        base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
        heading = {**base, "bold": True, "text_wrap": True, "border": 1, "border_color": "#C9D3D6"}
        self._base = book.add_format({**base, "text_wrap": True})
        self._heading = book.add_format({**heading, "bg_color": "#E8EEF0"})
        self._needed = book.add_format({**heading, "bg_color": "#0B5563", "font_color": "#FFFFFF"})
        self._example = book.add_format({**base, "font_color": "#6B7A80", "bg_color": "#F4F6F7"})
        self._example_day = book.add_format(
            {**base, "font_color": "#6B7A80", "bg_color": "#F4F6F7", "num_format": "yyyy-mm-dd"}
        )
        self._day = book.add_format({**base, "num_format": "yyyy-mm-dd"})
        self._text = book.add_format({**base, "num_format": "@"})

    def write(self) -> None:
        sheet = self._book.add_worksheet(_sheet_name(str(self._spec.name)))
        notes = self._book.add_worksheet(_("Notes"))
        lists = self._book.add_worksheet("_lists")
        meta = self._book.add_worksheet(META_SHEET)
        lists.very_hidden()
        meta.very_hidden()
        sheet.freeze_panes(2, 1)
        sheet.set_row(0, 34)
        sheet.set_row(1, None, None, {"hidden": True})
        self._own_column(sheet)
        for position, column in enumerate(self._columns, 1):
            self._column(sheet, lists, position, column)
        self._notes(notes)
        facts = {
            "register": self._spec.code,
            "version": template_version(self._spec),
            "language": translation.get_language(),
        }
        for row, pair in enumerate(facts.items()):
            meta.write_row(row, 0, pair)

    def _own_column(self, sheet: Any) -> None:
        place = language_place(translation.get_language())
        sheet.write_string(0, 0, OWN_HEADINGS[MARK][place], self._heading)
        sheet.write_string(1, 0, MARK)
        sheet.write_string(
            2, 0, _("Example, not imported") if place else EXAMPLE_WORDS[0] + "（不导入）", self._example
        )
        sheet.write_comment(0, 0, _("Rows marked as an example are skipped. Leave the cell empty in your own rows."))
        sheet.set_column(0, 0, 14, self._base)

    def _column(self, sheet: Any, lists: Any, position: int, column: Column) -> None:
        label = column.label()
        sheet.write_string(
            0,
            position,
            f"{label} *" if column.is_required else label,
            self._needed if column.is_required else self._heading,
        )
        sheet.write_string(1, position, column.name)
        sheet.write_comment(0, position, _comment(column), {"x_scale": 1.6})
        style = {Kind.DATE: self._day, Kind.TEXT: self._text}.get(column.kind, self._base)
        sheet.set_column(position, position, _width(column), style)
        self._dropdown(sheet, lists, position, column)
        example = self._example_of(column)
        if isinstance(example, dt.date):
            sheet.write_datetime(2, position, dt.datetime.combine(example, dt.time()), self._example_day)
        else:
            sheet.write(2, position, example, self._example)

    def _dropdown(self, sheet: Any, lists: Any, position: int, column: Column) -> None:
        refused = {"error_title": _("Please check"), "error_message": expected(column)[:250]}
        if column.kind is Kind.DATE:
            span = {"criteria": "between", "minimum": dt.date(1950, 1, 1), "maximum": dt.date(2100, 12, 31)}
            # A warning only: 2018.3.5 typed as text is read as well.
            sheet.data_validation(
                2, position, _ROWS, position, {"validate": "date", **span, "error_type": "warning", **refused}
            )
            return
        options = self._options(column)
        if not options:
            return
        lists.write_column(0, position, options)
        letters = _absolute(position, len(options))
        kind = "warning" if column.kind is Kind.REFERENCE else "stop"
        rule = {"validate": "list", "source": f"=_lists!{letters}", "error_type": kind, **refused}
        sheet.data_validation(2, position, _ROWS, position, rule)

    def _options(self, column: Column) -> list[str]:
        if column.kind is Kind.CHOICE:
            return [str(label) for _code, label in column.choices]
        if column.kind is Kind.BOOL:
            return ["是", "否"] if language_place(translation.get_language()) == 0 else ["Yes", "No"]
        if column.kind is Kind.REFERENCE and self._references is not None:
            return self._references.options(column, limit=_LISTED)
        return []

    def _example_of(self, column: Column) -> Any:
        if column.kind is Kind.DATE:
            return _EXAMPLE_DAY if column.is_required else ""
        options = self._options(column)
        if options:
            return options[0]
        return {Kind.INTEGER: 1, Kind.DECIMAL: 1, Kind.REFERENCE: ""}.get(
            column.kind, _("example text") if column.is_required else ""
        )

    def _notes(self, notes: Any) -> None:
        spec = self._spec
        notes.set_column(0, 0, 24, self._base)
        notes.set_column(1, 1, 10, self._base)
        notes.set_column(2, 3, 52, self._base)
        notes.write_string(0, 0, str(spec.name), self._heading)
        notes.write_string(0, 2, str(spec.purpose), self._base)
        words = {"version": template_version(spec), "first": spec.steps[spec.first].label}
        remarks = (
            _("Fill one row per record on the first sheet. Columns may stand in any order; do not merge cells."),
            _("The first row is an example and is not imported. Blank rows are skipped."),
            _('Every row opens a record with the step "%(first)s". Filled columns of later steps carry it on.') % words,
            _("All rows are written, or none. Template version %(version)s.") % words,
        )
        for row, remark in enumerate(remarks, 1):
            notes.write_string(row, 2, remark, self._base)
        head = len(remarks) + 2
        notes.write_row(
            head, 0, [_("Column"), _("Required"), _("What belongs there"), _("Kept with the step")], self._heading
        )
        for row, column in enumerate(self._columns, head + 1):
            needed = _("yes") if column.is_required else _("no")
            notes.write_row(
                row,
                0,
                [column.label(), needed, _what(column), _("; ").join(steps_setting(spec, column.name))],
                self._base,
            )


def steps_setting(spec: RegisterSpec, name: str) -> list[str]:
    """Return the labels of the steps that set a column, corrections left out; one label where the first step does."""
    steps = [(key, step) for key, step in spec.steps.items() if key not in ("correct", "annul")]
    setting = [str(step.label) for key, step in steps if name in spec.settable(step)]
    return setting[:1] if name in spec.settable(spec.steps[spec.first]) else setting


def _what(column: Column) -> str:
    hint = str(column.field.help_text or "")
    return f"{hint} {expected(column)}".strip()


def _comment(column: Column) -> str:
    needed = _("required") if column.is_required else _("optional")
    return f"{column.name} · {needed}\n{_what(column)}"


def _width(column: Column) -> int:
    longest = max((len(str(label)) for _code, label in column.choices), default=0)
    base = {
        Kind.DATE: 13,
        Kind.BOOL: 9,
        Kind.INTEGER: 10,
        Kind.DECIMAL: 12,
        Kind.REFERENCE: 26,
        Kind.CHOICE: 12,
        Kind.TEXT: 24,
    }[column.kind]
    return min(40, max(base, longest * 2, len(column.label()) * 2))


def _absolute(position: int, count: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    name = xl_col_to_name(position)
    return f"${name}$1:${name}${count}"


def _sheet_name(name: str) -> str:
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in name)[:31] or "Data"
