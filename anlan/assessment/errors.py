"""Every error of the assessment room, each with a stable id.

An error of a rubric file names file, line, place within it, what is wrong and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AssessmentError(Exception):
    """Base of all errors of the room; ``id`` is stable and part of the API."""

    id = "assessment.E000"


class RubricError(AssessmentError):
    """A rubric file says something that cannot be scored. ``line`` is 1-based, 0 where there is none."""

    def __init__(self, *, id: str, file: str, line: int, place: str, what: str, mend: str) -> None:
        self.id, self.file, self.line, self.place, self.what, self.mend = id, file, line, place, what, mend
        where = f"{file}, line {line}" if line else file
        super().__init__(f"{where}: {place}: {what} {mend}" if place else f"{where}: {what} {mend}")


class UnknownRubric(AssessmentError):
    """No registered folder holds a rubric of this code."""

    id = "assessment.E011"


class ParameterNotInForce(AssessmentError):
    """A parameter of the rubric has no value on the first day of the year scored."""

    id = "assessment.E012"


class UnknownInstitution(AssessmentError):
    """A sheet was asked for of an institution that was not scored."""

    id = "assessment.E013"


class UnknownRule(AssessmentError):
    """A rule code was asked for that the rubric does not hold."""

    id = "assessment.E014"


class DoesNotHold(AssessmentError):
    """The score cannot be recomputed from its ledger entries: rows differ from them, or a content was erased."""

    id = "assessment.E024"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt word: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(names)}." if names else "None is declared."
