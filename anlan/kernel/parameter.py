"""Dated parameters: a figure of law or plan is data with instrument and clause, never a number in code."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from anlan.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value from a day on, until a later row of the same code replaces it. `verified` is false until a person checked the source."""

    code: str
    value: int
    unit: str
    starts_on: dt.date
    instrument: str
    clause: str
    verified: bool
    name_zh: str = ""
    name_en: str = ""

    @property
    def name(self) -> Text:
        """What the value is, in both languages; empty where nobody declared it."""
        return Text(zh=self.name_zh, en=self.name_en)


class UnknownParameter(LookupError):
    """No parameter of this code was in force on the day."""


_rows: dict[str, list[Parameter]] = {}
_stand_ins: ContextVar[tuple[Parameter, ...]] = ContextVar("stand_ins", default=())


def declare_parameter(parameter: Parameter) -> None:
    """Enter a parameter; rows of one code are kept in the order of their dates."""
    rows = _rows.setdefault(parameter.code, [])
    if parameter not in rows:
        rows.append(parameter)
        rows.sort(key=lambda row: row.starts_on)


def find_parameter(code: str, *, on: dt.date) -> Parameter:
    """Return the row in force on a day. Raises: UnknownParameter, naming code and day."""
    rows = [row for row in all_rows(code) if row.starts_on <= on]
    if not rows:
        raise UnknownParameter(f'No parameter "{code}" was in force on {on}; add a dated row under law/parameters.')
    return rows[-1]


def all_rows(code: str) -> tuple[Parameter, ...]:
    """Return every row of a code, by date; empty for an unknown one."""
    return tuple(row for row in _stand_ins.get() if row.code == code) or tuple(_rows.get(code, ()))


@contextmanager
def parameters_as(rows: Iterable[Parameter]) -> Iterator[None]:
    """Let these rows stand for the declared ones of their codes within the block: what was in force when a score was sealed."""
    token = _stand_ins.set(tuple(sorted(rows, key=lambda row: row.starts_on)))
    try:
        yield
    finally:
        _stand_ins.reset(token)


def stand_ins() -> tuple[Parameter, ...]:
    """Return the rows that stand for declared ones here. Whoever caches a value keys it by them."""
    return _stand_ins.get()


def parameter_value(code: str, *, on: dt.date) -> int:
    """Return only the value of `find_parameter`."""
    return find_parameter(code, on=on).value
