"""Which column of a sheet is which column of the register: by Chinese heading, English heading or code, in any order."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from anlan.exchange.cells import is_blank
from anlan.exchange.columns import Column

MARK = "_mark"
MEND = "_mend"
# Columns of our own sheets that carry no data of the register.
OWN_HEADINGS = {MARK: ("标记", "Mark"), MEND: ("需要修改之处", "What to mend")}
EXAMPLE_WORDS = ("示例", "example")


def language_place(language: str | None) -> int:
    """Return which of a pair of headings a language uses: 0 Chinese, 1 English."""
    return 0 if (language or "").startswith("zh") else 1


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What a heading row means: column name → position from 0, own columns apart, unknown and doubled headings by position."""

    names: dict[str, int]
    own: dict[str, int]
    unknown: dict[int, str]
    doubled: dict[int, str]


class Headings:
    """The headings that a register's sheets may have."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = {column.name: column for column in columns}
        self._known: dict[str, str] = {}
        for column in columns:
            for heading in (*column.labels, column.name):
                self._known.setdefault(fold(heading), column.name)
        self._own = {fold(heading): name for name, headings in OWN_HEADINGS.items() for heading in (*headings, name)}

    def labels(self) -> list[str]:
        """Return the headings in the language in use."""
        return [column.label() for column in self._columns.values()]

    def nearest(self, heading: str) -> str:
        """Return the heading, in the language in use, that is most like a wrong one; empty for none."""
        near = get_close_matches(fold(heading), self._known, n=1, cutoff=0.4)
        return self._columns[self._known[near[0]]].label() if near else ""

    def match(self, row: Sequence[Any]) -> Matched:
        """Return what each cell of a row means as a heading."""
        names: dict[str, int] = {}
        own: dict[str, int] = {}
        unknown: dict[int, str] = {}
        doubled: dict[int, str] = {}
        for position, cell in enumerate(row):
            if is_blank(cell):
                continue
            key = fold(str(cell))
            if key in self._own:
                own.setdefault(self._own[key], position)
            elif key not in self._known:
                unknown[position] = str(cell).strip()
            elif self._known[key] in names:
                doubled[position] = self._known[key]
            else:
                names[self._known[key]] = position
        return Matched(names=names, own=own, unknown=unknown, doubled=doubled)

    def is_code_row(self, row: Sequence[Any]) -> bool:
        """Tell whether a row repeats the columns' codes, as the hidden second row of our templates does."""
        cells = [str(cell).strip() for cell in row if not is_blank(cell)]
        return bool(cells) and all(cell in self._columns or cell in OWN_HEADINGS for cell in cells)


def fold(heading: str) -> str:
    """Return a heading without the differences that do not matter: width, case, spaces, the mark of required columns."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(letter for letter in text if not letter.isspace() and letter not in "*")
