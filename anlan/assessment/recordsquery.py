"""Which records stand behind a figure: register and predicate, with the window and the days of the sheet filled in."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

from anlan.assessment.jsonform import Json
from anlan.assessment.sheet import Sheet
from anlan.kernel.period import Period, years_back
from anlan.measures import catalogue
from anlan.measures.algebra import (
    Arithmetic,
    Change,
    Count,
    Definition,
    Distinct,
    Figure,
    InForce,
    MonthsInForce,
    Overdue,
    PeriodsCovered,
    Ratio,
    Sum,
)
from anlan.measures.bindings import burst_before, burst_since
from anlan.measures.predicate import (
    Always,
    And,
    ColumnName,
    Compare,
    IsIn,
    IsNull,
    IsTrue,
    Not,
    Or,
    Predicate,
    Symbol,
    col,
    conjunction,
)
from anlan.measures.schema import RegisterTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsQuery:
    """Records of one institution behind one figure. ``role``: "for" the institution, "against" it, or "evidence".

    ``where`` holds no symbol any more and includes that the record counts; the caller adds institution and scope.
    """

    measure: str
    part: str
    role: str
    register: str
    institution_id: int
    where: Predicate

    def to_json(self) -> Json:
        """Return the JSON form, with the predicate as text."""
        return {
            "measure": self.measure,
            "part": self.part,
            "role": self.role,
            "register": self.register,
            "filter": describe(self.where),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    start: datetime.date
    end: datetime.date
    cutoff: datetime.date
    due_end: dict[str, datetime.date]


def queries_of(sheet: Sheet, measure: str, *, role: str, definition: Figure | None = None) -> Iterator[RecordsQuery]:
    """Yield the queries of a measure (or of a definition in its place), one for each register that it reads."""
    figure = definition or catalogue.get(measure).definition
    for part, piece, years in _pieces(figure):
        code = getattr(piece, "register", "")
        if code:
            register = sheet.schema.register(code)
            where = _where(piece, register, _days(sheet, years))
            yield RecordsQuery(
                measure=measure, part=part, role=role, register=code, institution_id=sheet.institution_id, where=where
            )


def describe(predicate: Predicate) -> str:
    """Return the predicate as text for people and logs: ``kind = "criminal" and occurred_on >= 2025-01-01``."""
    match predicate:
        case Always():
            return "all"
        case Compare(column=column, op=op, operand=operand):
            return f"{column} {op} {_operand(operand)}"
        case IsIn(column=column, values=values):
            return f"{column} in ({', '.join(_operand(value) for value in values)})"
        case IsNull(column=column):
            return f"{column} is empty"
        case IsTrue(column=column):
            return column
    return _describe_joined(predicate)


def _describe_joined(predicate: Predicate) -> str:
    match predicate:
        case And(parts=parts):
            return " and ".join(f"({describe(part)})" if isinstance(part, Or) else describe(part) for part in parts)
        case Or(parts=parts):
            return " or ".join(f"({describe(part)})" if isinstance(part, And) else describe(part) for part in parts)
        case Not(part=part):
            return f"not {describe(part)}" if isinstance(part, IsNull | IsTrue) else f"not ({describe(part)})"
    raise TypeError(f"{type(predicate).__name__} is no predicate known here; describe it in recordsquery.py.")


def _operand(value: object) -> str:
    if isinstance(value, ColumnName):
        return value.name
    if isinstance(value, Symbol):
        return value.value
    return f'"{value}"' if isinstance(value, str) else str(value)


def _pieces(figure: Figure | int) -> Iterator[tuple[str, Definition, int]]:
    """The definitions over one register within a figure, with their part and years back."""
    match figure:
        case Ratio(numerator=numerator, denominator=denominator):
            yield from (("num", piece, years) for _, piece, years in _pieces(numerator))
            yield from (("den", piece, years) for _, piece, years in _pieces(denominator))
        case Change(measure=measure, years=count):
            yield from (("now", piece, 0) for _, piece, _ in _pieces(measure))
            for back in range(1, count + 1):
                yield from (("before", piece, back) for _, piece, _ in _pieces(measure))
        case Arithmetic(left=left, right=right):
            yield from _pieces(left)
            yield from _pieces(right)
        case Definition():
            yield ("", figure, 0)


def _days(sheet: Sheet, years: int) -> _Days:
    period, cutoff = Period.year(sheet.year), Period.year(sheet.year).cutoff(sheet.as_of)
    if years:
        cutoff = period.back(years).end if cutoff == period.end else years_back(cutoff, years)
        period = period.back(years)
    before = period.start - datetime.timedelta(days=1)
    months, quarters = period.due_months(cutoff), period.due_quarters(cutoff)
    ends = {"month": months[-1].end if months else before, "quarter": quarters[-1].end if quarters else before}
    return _Days(start=period.start, end=period.end, cutoff=cutoff, due_end=ends)


def _where(piece: Definition, register: RegisterTable, days: _Days) -> Predicate:
    parts = [_filled(getattr(piece, "where", Always()), days), *_window(piece, register, days)]
    if register.counted:
        parts.insert(0, col(register.counted).is_true())
    return conjunction(parts)


def _window(piece: Definition, register: RegisterTable, days: _Days) -> Iterator[Predicate]:
    match piece:
        case Count(by=by, window=window) | Sum(by=by, window=window) | Distinct(by=by, window=window):
            day = col(by or register.date)
            if window in ("period", "due_months"):
                yield day >= days.start
            if window != "any":
                yield day <= (days.due_end["month"] if window == "due_months" else days.cutoff)
        case PeriodsCovered(by=by, per=per, each=each):
            day = col(by or register.date)
            yield from (day >= days.start, day <= days.due_end[per])
            if each:
                yield Or(parts=tuple(_filled(part, days) for part in each))
        case _:
            yield from _standing_window(piece, register, days)


def _standing_window(piece: Definition, register: RegisterTable, days: _Days) -> Iterator[Predicate]:
    begun, ended = col(register.date), col(register.ended)
    match piece:
        case InForce(at=at):
            on = days.cutoff if at == "as_of" else days.start
            yield from (begun <= on, ended.is_null() | (ended > on))
        case MonthsInForce():
            yield from (begun <= days.due_end["month"], ended.is_null() | (ended > days.start))
        case Overdue(due=due, done=done):
            yield from (col(due) >= days.start, col(due) <= days.cutoff, col(done).is_null() | (col(done) > col(due)))


def _day_of(symbol: Symbol, days: _Days) -> datetime.date:
    match symbol:
        case Symbol.BURST_SINCE:
            return burst_since(days.cutoff)
        case Symbol.BURST_BEFORE:
            return burst_before(days.cutoff)
    return {Symbol.AS_OF: days.cutoff, Symbol.PERIOD_START: days.start, Symbol.PERIOD_END: days.end}[symbol]


def _filled(predicate: Predicate, days: _Days) -> Predicate:
    """The predicate with days in place of symbols."""
    match predicate:
        case Compare(operand=Symbol() as symbol):
            return replace(predicate, operand=_day_of(symbol, days))
        case And(parts=parts) | Or(parts=parts):
            return replace(predicate, parts=tuple(_filled(part, days) for part in parts))
        case Not(part=part):
            return Not(part=_filled(part, days))
    return predicate
