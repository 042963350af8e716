"""From what a cell holds to what a column takes. Forgiving about form, strict about meaning: a bad cell is never guessed."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from anlan.exchange.columns import LANGUAGES, Column, Kind

YES = frozenset({"是", "有", "√", "✓", "✔", "☑", "y", "yes", "true", "1", "对"})
NO = frozenset({"否", "无", "×", "✗", "✘", "n", "no", "false", "0", "没有"})
MONTH_NOTE = "month"
# Excel's day 1 is 1899-12-31, and it believes that 1900 was a leap year; days before March 1900 are of no use here.
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_SERIALS = (366, 73415)  # 1900-12-31 to 2100-12-31
_DAY = re.compile(
    r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_MONTH = re.compile(r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Full-width letters and digits only: NFKC would turn the full-width punctuation of Chinese prose into ASCII.
_HALF_WIDTH = {
    code: code - 0xFEE0
    for low, high in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(low, high + 1)
}
_EXACT_DIGITS = 10**15  # Excel keeps 15 digits of a number


class BadCell(ValueError):
    """The cell's content is not what the column takes; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A converted cell. `note` names a reading that the user should know of; empty for none."""

    value: Any
    note: str = ""


def is_blank(cell: Any) -> bool:
    """Tell whether a cell holds nothing but spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain(cell: Any) -> str:
    """Return a cell as normalised text for typed columns: NFKC, no outer spaces."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFKC", str(cell)).strip()


def shown(cell: Any) -> str:
    """Return a cell as the user sees it, for messages."""
    if isinstance(cell, dt.datetime) and not cell.time():
        cell = cell.date()
    return plain(cell) if isinstance(cell, float | bool) else str(cell)


def convert(column: Column, cell: Any, *, is_1904: bool = False) -> Value:
    """Return what the column takes for a cell that is not blank. References are looked up elsewhere, by `References`.

    Raises: BadCell, saying what is wrong.
    """
    if isinstance(cell, str) and cell.startswith("#") and cell.rstrip("!?").upper() in _ERRORS:
        raise BadCell(_("The cell shows the error %(error)s of a formula.") % {"error": cell})
    if column.kind is Kind.DATE:
        return _date(cell, is_1904=is_1904)
    return Value(value=_CONVERTERS[column.kind](column, cell))


_ERRORS = frozenset({"#N/A", "#REF", "#NAME", "#VALUE", "#NUM", "#NULL", "#DIV/0"})


def _date(cell: Any, *, is_1904: bool) -> Value:
    if isinstance(cell, dt.datetime):
        return Value(value=cell.date())
    if isinstance(cell, dt.date):
        return Value(value=cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Value(value=_date_number(float(cell), is_1904=is_1904))
    text = plain(cell)
    if found := _COMPACT.fullmatch(text) or _DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
        return Value(value=_day(found.group(1), year, month, day))
    if found := _MONTH.fullmatch(text):
        return Value(value=_day(found.group(1), int(found.group(1)), int(found.group(2)), 1), note=MONTH_NOTE)
    raise BadCell(_("This is no date."))


def _date_number(number: float, *, is_1904: bool) -> dt.date:
    if number.is_integer() and (found := _COMPACT.fullmatch(str(int(number)))):
        return _day(found.group(1), *(int(part) for part in found.groups()))
    if not number.is_integer() and number < _SERIALS[1] and 1900 <= number < 2101:
        raise BadCell(
            _(
                "Excel keeps this as a number, so 2018.1 and 2018.10 are the same to it; write the month as text, 2018-10."
            )
        )
    serial = int(number) + (1462 if is_1904 else 0)
    if 1900 <= number <= 2100:
        raise BadCell(_("A year alone is no date; add month and day."))
    if not _SERIALS[0] <= serial <= _SERIALS[1]:
        raise BadCell(_("The number is no date of Excel's calendar."))
    return _EXCEL_EPOCH + dt.timedelta(days=serial)


def _day(year_text: str, year: int, month: int, day: int) -> dt.date:
    if len(year_text) < 4:
        raise BadCell(_("The year needs four digits."))
    if not 1900 <= year <= 2100:
        raise BadCell(_("The year %(year)d lies outside 1900–2100.") % {"year": year})
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise BadCell(_("There is no such day in the calendar.")) from error


def _bool(column: Column, cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = plain(cell).casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise BadCell(_("This is neither yes nor no."))


def _choice(column: Column, cell: Any) -> Any:
    known = _choice_words(column)
    text = _word(plain(cell))
    if text in known:
        return known[text]
    labels = {_word(str(label)): str(label) for _code, label in column.choices}
    near = get_close_matches(text, labels, n=1, cutoff=0.5)
    hint = _(' Did you mean "%(near)s"?') % {"near": labels[near[0]]} if near else ""
    raise BadCell(_("This is none of the choices.") + hint)


@lru_cache(maxsize=512)
def _choice_words(column: Column) -> dict[str, Any]:
    words = {_word(str(code)): code for code, _label in column.choices}
    for language in LANGUAGES:
        with translation.override(language):
            words |= {_word(str(label)): code for code, label in column.choices}
    return words


def _word(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _integer(column: Column, cell: Any) -> int:
    number = _number(cell)
    if number != number.to_integral_value():
        raise BadCell(_("This is not a whole number."))
    return int(number)


def _decimal(column: Column, cell: Any) -> Decimal:
    number = _number(cell)
    rounded = round(number, column.places)
    # A sum in Excel leaves traces such as 0.30000000000000004; those are no decimal places of the user's.
    return rounded if isinstance(cell, float) and abs(number - rounded) < Decimal("1e-9") else number


def _number(cell: Any) -> Decimal:
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        raise BadCell(_("This is no number."))
    text = plain(cell) if not isinstance(cell, float) else repr(cell)
    if isinstance(cell, str) and not _NUMBER.fullmatch(text):
        raise BadCell(_("This is no number."))
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise BadCell(_("This is no number.")) from error
    if abs(number) >= _EXACT_DIGITS:
        raise BadCell(_("The number is too large to be kept exactly."))
    return number


def _text(column: Column, cell: Any) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float | int):
        if abs(cell) >= _EXACT_DIGITS:
            raise BadCell(_("Excel keeps only 15 digits of a number; format the cell as text and write it again."))
        return shown(cell) if float(cell).is_integer() else repr(cell)
    return clean_text(shown(cell))


_CONVERTERS: Mapping[Kind, Callable[[Column, Any], Any]] = {
    Kind.BOOL: _bool,
    Kind.CHOICE: _choice,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.TEXT: _text,
}


def clean_text(text: str) -> str:
    """Return prose as it is kept: full-width letters and digits narrow, no control characters, no outer spaces."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", ""))
    return text.translate(_HALF_WIDTH).strip()
