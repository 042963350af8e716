"""The dry run: a file against a register's rules. It names every bad cell and writes nothing; `commit` writes what it found."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.exchange.cells import MONTH_NOTE, BadCell, convert, is_blank, plain, shown
from anlan.exchange.columns import Column, Kind, columns_of, expected, letter
from anlan.exchange.errors import BadFile
from anlan.exchange.headings import EXAMPLE_WORDS, MARK, Headings
from anlan.exchange.justified import Walker
from anlan.exchange.keys import Keys
from anlan.exchange.references import References
from anlan.exchange.report import Note, Problem, Report
from anlan.exchange.sheet import Table, Workbook, find_table, is_empty_row, merged_by_row, read
from anlan.flow.errors import FlowError, InvalidData
from anlan.flow.masking import MASK
from anlan.flow.perform import Ready
from anlan.flow.prepare import Prepared, prepare
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.org.models import Institution
from anlan.org.policy import require
from anlan.org.scope import Actor, acting
from anlan.vault.fields import EncryptedColumn

Progress = Callable[[int, int], None]
PROGRESS_EVERY = 200
_NOTED_ROWS = 5


@dataclass(kw_only=True)
class Checked:
    """A dry run with what `commit` would write. `ready` is complete only when the report has no problems."""

    spec: RegisterSpec
    institution: Institution
    report: Report
    raw: bytes
    ready: list[Ready] = field(default_factory=list)


def check(
    spec: RegisterSpec,
    institution: Institution,
    raw: bytes,
    *,
    name: str,
    by: Actor,
    at: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Check every row of a file by the rules of `perform` and return the report.

    `name` is the file's name as the user gave it. Rows with a fault are reported, all of them; nothing is written.
    Raises: NotAllowed without `can:import`; BadFile when the file as a whole cannot be read as this register.
    """
    require(by, ("can:import",), institution=institution, sensitivity=spec.sensitivity)
    report = Report(
        register=spec.code, institution=institution.code, file_name=name, file_sha256=hashlib.sha256(raw).hexdigest()
    )
    checked = Checked(spec=spec, institution=institution, report=report, raw=raw)
    if isinstance(evidence := spec.steps[spec.first].evidence, int) and evidence:
        message = _(
            'Every record of "%(register)s" opens with evidence, which a sheet cannot bring. Enter them on screen.'
        )
        raise BadFile("exchange.E016", message % {"register": spec.name})
    book = read(raw)
    if book.template.get("register", spec.code) != spec.code:
        message = _('This is the template of the register "%(other)s"; the file was sent to "%(this)s".')
        raise BadFile("exchange.E013", message % {"other": book.template["register"], "this": spec.code})
    with acting(by):
        _Run(checked, book, by, at or timezone.now()).run(progress)
    return checked


class _Run:
    """One pass over the rows of one file."""

    def __init__(self, checked: Checked, book: Workbook, by: Actor, at: dt.datetime) -> None:
        self._checked, self._book, self._by, self._at = checked, book, by, at
        self._spec, self._report = checked.spec, checked.report
        self._columns = columns_of(checked.spec)
        self._by_name = {column.name: column for column in self._columns}
        self._stored_names = {column.name for column in checked.spec.model._meta.concrete_fields}
        self._headings = Headings(self._columns)
        self._table: Table = find_table(book, self._headings)
        self._places = self._table.matched.names
        self._used = [(column, self._places[column.name]) for column in self._columns if column.name in self._places]
        self._references = References(checked.institution)
        self._walker = Walker(checked.spec, checked.institution, by)
        self._keys = Keys(checked.spec, checked.institution)
        self._merged = merged_by_row(self._table.sheet)
        self._noted: dict[str, list[int]] = {}

    def run(self, progress: Progress | None) -> None:
        self._report.sheet = self._table.sheet.name
        self._check_headings()
        if not self._report.problems:
            self._check_rows(progress)
        self._finish()

    # ── headings ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_headings(self) -> None:
        matched = self._table.matched
        for position, text in matched.unknown.items():
            near = self._headings.nearest(text)
            hint = _('the nearest heading is "%(near)s"') % {"near": near} if near else _("delete the column")
            self._heading_problem(position, text, _("The register has no such column."), hint)
        for position, name in matched.doubled.items():
            other = letter(matched.names[name])
            text = str(self._table.sheet.rows[self._table.heading_row][position])
            self._heading_problem(
                position,
                text,
                _("The column is there twice; the other is %(letter)s.") % {"letter": other},
                _("one column"),
            )
        for column in self._columns:
            if column.is_required and column.name not in matched.names:
                self._heading_problem(
                    None,
                    "",
                    _('The required column "%(label)s" is missing.') % {"label": column.label()},
                    expected(column),
                    column,
                )
        self._check_nameless()

    def _check_nameless(self) -> None:
        """A column with values and no heading: its values would be lost in silence."""
        heading = self._table.sheet.rows[self._table.heading_row]
        known = set(range(len(heading))) - {position for position, cell in enumerate(heading) if is_blank(cell)}
        seen: set[int] = set()
        for row in self._table.sheet.rows[self._table.heading_row + 1 :]:
            seen |= {position for position, cell in enumerate(row) if position not in known and not is_blank(cell)}
        for position in sorted(seen):
            self._heading_problem(
                position, "", _("The column has values but no heading."), _("a heading of the template, or no values")
            )

    def _heading_problem(
        self, position: int | None, value: str, what: str, wanted: str, column: Column | None = None
    ) -> None:
        place = "" if position is None else letter(position)
        name, label = (column.name, column.label()) if column else ("", value)
        self._report.problems.append(
            Problem(
                row=self._table.heading_row + 1,
                column=place,
                name=name,
                label=label,
                value=value,
                what=what,
                expected=wanted,
            )
        )

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_rows(self, progress: Progress | None) -> None:
        rows = self._table.sheet.rows
        start = self._table.heading_row + 1
        if start < len(rows) and self._headings.is_code_row(rows[start]):
            start += 1
        for index in range(start, len(rows)):
            self._check_row(index, rows[index])
            if progress is not None and index % PROGRESS_EVERY == 0:
                progress(index, len(rows))
        if progress is not None:
            progress(len(rows), len(rows))

    def _check_row(self, index: int, row: list[Any]) -> None:
        if is_empty_row(row) and not self._has_unreckoned(index):
            self._report.blank += 1
            return
        if self._is_example(row):
            self._report.examples += 1
            return
        self._report.rows += 1
        before = len(self._report.problems)
        values = self._values(index, row)
        if len(self._report.problems) == before:
            self._walk(index, row, values)
        if len(self._report.problems) == before:
            self._report.ready += 1

    def _has_unreckoned(self, index: int) -> bool:
        sheet = self._table.sheet
        return any(
            (index, position) in sheet.unreckoned or (index, position) in sheet.errors
            for _column, position in self._used
        )

    def _is_example(self, row: list[Any]) -> bool:
        position = self._table.matched.own.get(MARK)
        if position is None or position >= len(row) or is_blank(row[position]):
            return False
        return plain(row[position]).casefold().startswith(EXAMPLE_WORDS)

    def _values(self, index: int, row: list[Any]) -> dict[str, Any]:
        """Convert the filled cells of a row; report the bad ones and the missing ones."""
        values: dict[str, Any] = {}
        for column, position in self._used:
            cell = row[position] if position < len(row) else ""
            try:
                self._refuse_formula(index, position)
                if is_blank(cell):
                    self._refuse_blank(column, index, position)
                    continue
                values[column.name] = self._convert(column, cell, index)
            except BadCell as error:
                self._problem(index, column, cell, str(error))
        return values

    def _convert(self, column: Column, cell: Any, index: int) -> Any:
        if column.kind is Kind.REFERENCE:
            return self._references.find(column, cell)
        value = convert(column, cell, is_1904=self._book.is_1904)
        if value.note == MONTH_NOTE:
            self._note(
                _('"%(label)s" gives a month; it was read as the first of that month.') % {"label": column.label()},
                index,
            )
        return value.value

    def _refuse_formula(self, index: int, position: int) -> None:
        sheet = self._table.sheet
        if error := sheet.errors.get((index, position)):
            raise BadCell(_("The cell shows the error %(error)s of a formula.") % {"error": error})
        if (index, position) in sheet.unreckoned:
            raise BadCell(
                _("The cell holds a formula without a result; open the file in Excel and save it, or write the value.")
            )

    def _refuse_blank(self, column: Column, index: int, position: int) -> None:
        if self._is_covered(index, position):
            raise BadCell(
                _(
                    "The cell is merged with another; only the first cell of a merged area has the value. Unmerge it and fill each row."
                )
            )
        if column.is_required:
            raise BadCell(_("A value is needed."))

    def _is_covered(self, index: int, position: int) -> bool:
        areas = self._merged.get(index, ())
        return any(left <= position <= right and (index, position) != (top, left) for top, left, right in areas)

    # ── rules ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _walk(self, index: int, row: list[Any], values: dict[str, Any]) -> None:
        record = self._spec.model(institution=self._checked.institution)
        before = len(self._report.problems)
        try:
            done, stored = self._take_steps(record, values)
        except FlowError as error:
            self._refused(index, row, error)
            return
        lost = [name for name in values if name not in stored and getattr(record, name) != values[name]]
        self._leftovers(index, row, record, lost, values)
        if clash := self._keys.clash(record, row=index + 1):
            self._problem_at(index, row, clash.name, clash.what, clash.expected)
        if len(self._report.problems) == before:
            self._accept(index, record, done, values)

    def _take_steps(self, record: Register, values: dict[str, Any]) -> tuple[list[tuple[Prepared, Actor]], set[str]]:
        """Walk a new record through every step that the values justify; return the steps and the columns they stored."""
        done: list[tuple[Prepared, Actor]] = []
        stored: set[str] = set()
        taken: set[str] = set()
        following: tuple[str, dict[str, Any]] | None = (self._spec.first, self._walker.opening(values))
        while following is not None:
            step, data = following
            done.append((prepare(record, step, by=self._by, at=self._at, data=data), self._by))
            record.pk = -1  # stored, to the steps that follow
            taken.add(step)
            stored |= set(data)
            following = self._walker.next(record, values, stored, taken)
        record.pk = None
        return done, stored

    def _accept(self, index: int, record: Register, done: list[tuple[Prepared, Actor]], values: dict[str, Any]) -> None:
        self._note_waiting(index, record, values)
        self._report.steps += len(done)
        state = str(self._spec.states[record.state])
        self._report.states[state] = self._report.states.get(state, 0) + 1
        self._checked.ready.append(Ready(record=record, steps=tuple(done)))

    def _refused(self, index: int, row: list[Any], error: FlowError) -> None:
        if not isinstance(error, InvalidData) or not error.fields:
            self._problem_at(index, row, "", str(error.message))
            return
        for name, messages in error.fields.items():
            for message in messages:
                self._problem_at(index, row, name, str(message))

    def _leftovers(
        self, index: int, row: list[Any], record: Register, names: list[str], values: dict[str, Any]
    ) -> None:
        for leftover in self._walker.leftovers(record.state, names, values):
            step = self._spec.steps[leftover.step].label if leftover.step else ""
            label = self._label(leftover.name)
            if leftover.hindrance:
                words = {"label": label, "step": step, "why": leftover.hindrance}
                self._note(
                    _('"%(label)s" was left out: it needs the step "%(step)s", and %(why)s. Take that step on screen.')
                    % words,
                    index,
                )
                continue
            if not leftover.missing:
                what = _(
                    'The value is kept only with the step "%(step)s", to which the other values of the row do not lead.'
                ) % {"step": step}
                self._problem_at(index, row, leftover.name, what, _("values that fit each other"))
                continue
            wanted = _(", ").join(self._label(name) for name in leftover.missing)
            what = _('The value is kept only with the step "%(step)s", which also needs: %(columns)s.') % {
                "step": step,
                "columns": wanted,
            }
            self._problem_at(index, row, leftover.name, what, _("fill those columns too, or clear this cell"))

    def _note_waiting(self, index: int, record: Register, values: dict[str, Any]) -> None:
        waiting = self._walker.waits_for(record, values)
        if waiting is not None:
            words = {
                "state": self._spec.states[record.state],
                "step": self._spec.steps[waiting[0]].label,
                "why": waiting[1],
            }
            self._note(
                _('Stays "%(state)s": the next step is "%(step)s", and %(why)s. Take it on screen.') % words, index
            )

    # ── report ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _label(self, name: str) -> str:
        column = self._by_name.get(name)
        return column.label() if column else str(self._spec.label(name)) if name in self._stored_names else name

    def _problem_at(self, index: int, row: list[Any], name: str, what: str, wanted: str = "") -> None:
        column = self._by_name.get(name)
        if column is not None and name in self._places:
            position = self._places[name]
            self._problem(index, column, row[position] if position < len(row) else "", what, wanted)
            return
        label = self._label(name) if name and name != "__all__" else ""
        self._report.problems.append(
            Problem(
                row=index + 1,
                column="",
                name=name,
                label=label,
                value="",
                what=what,
                expected=wanted or (expected(column) if column else ""),
            )
        )

    def _problem(self, index: int, column: Column, cell: Any, what: str, wanted: str = "") -> None:
        self._report.problems.append(
            Problem(
                row=index + 1,
                column=letter(self._places[column.name]),
                name=column.name,
                label=column.label(),
                value=_told(column, cell),
                what=what,
                expected=wanted or expected(column),
            )
        )

    def _note(self, text: str, index: int) -> None:
        self._noted.setdefault(text, []).append(index + 1)

    def _finish(self) -> None:
        sheet = self._table.sheet
        self._report.formulas = sheet.formulas
        notes = [Note(text=text, count=len(rows), rows=tuple(rows[:_NOTED_ROWS])) for text, rows in self._noted.items()]
        if sheet.formulas:
            text = _("%(count)d formulas: their stored results were read; nothing was calculated.") % {
                "count": sheet.formulas
            }
            notes.append(Note(text=text, count=sheet.formulas, rows=()))
        for other in self._table.others:
            text = _('Sheet "%(other)s" has such headings too and was not read; only "%(sheet)s" was.') % {
                "other": other,
                "sheet": sheet.name,
            }
            notes.append(Note(text=text, count=1, rows=()))
        self._report.notes = notes
        if not self._report.rows and not self._report.problems:
            raise BadFile("exchange.E014", _("The sheet has headings but no rows to import."))


def _told(column: Column, cell: Any) -> str:
    """Return a bad cell as the report shows it; the report is stored, so the value of an encrypted column stays out of it."""
    if is_blank(cell):
        return ""
    return MASK if isinstance(column.field, EncryptedColumn) else shown(cell)[:120]
