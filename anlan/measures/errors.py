"""Every error of the measures room, each with a stable id.

A caller shows ``str(error)`` to people and ``error.id`` to programs. The texts say what happened, to which thing and
what to do. Raised while declaring, planning, lowering and evaluating measures.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MeasuresError(Exception):
    """Base of all errors of the room; ``id`` is stable and part of the API."""

    id = "measures.E000"


class UnknownColumn(MeasuresError):
    """A predicate or aggregate names a column that the register does not have."""

    id = "measures.E001"

    def __init__(self, *, register: str, column: str, known: Iterable[str]) -> None:
        self.register, self.column = register, column
        super().__init__(f'Register "{register}" has no column "{column}". {_nearest(column, known)}')


class UnknownRegister(MeasuresError):
    """An aggregate names a register that the schema does not have."""

    id = "measures.E002"

    def __init__(self, *, register: str, known: Iterable[str]) -> None:
        self.register = register
        super().__init__(f'No register is called "{register}". {_nearest(register, known)}')


class DuplicateMeasure(MeasuresError):
    """Two measures were declared under one code."""

    id = "measures.E003"

    def __init__(self, *, code: str) -> None:
        super().__init__(f'Measure "{code}" is declared twice. Rename one, or remove the copy.')


class BadDefinition(MeasuresError):
    """A predicate or definition cannot mean anything: wrong type, wrong kind of register, empty list."""

    id = "measures.E004"


class UnknownMeasure(MeasuresError):
    """A code was asked for that no measure has."""

    id = "measures.E005"

    def __init__(self, *, code: str, known: Iterable[str]) -> None:
        super().__init__(f'No measure is called "{code}". {_nearest(code, known)}')


class BadExpression(MeasuresError):
    """A score expression is malformed or names a figure or output that the plan does not hold."""

    id = "measures.E006"


class UnknownFigure(MeasuresError):
    """A figure or output was asked for that the plan or table does not hold."""

    id = "measures.E007"

    def __init__(self, *, name: str, known: Iterable[str]) -> None:
        super().__init__(f'No figure or output is called "{name}". {_nearest(name, known)}')


class LakeIncomplete(MeasuresError):
    """The lake's folder lacks a register's files."""

    id = "measures.E008"


class LakeUnsuited(MeasuresError):
    """The lake is not of the form that runs need, such as sorted by institution; DuckDB reads it."""

    id = "measures.E010"


class UnknownDialect(MeasuresError):
    """SQL was asked for in a dialect that the room does not lower to."""

    id = "measures.E009"

    def __init__(self, *, dialect: str, known: Iterable[str]) -> None:
        super().__init__(f'Measures are not lowered to "{dialect}". Choose one of: {", ".join(sorted(known))}.')


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(names)}." if names else "None is declared yet."
