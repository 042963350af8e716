"""How the content declares a measure: one call, both names, the clause behind it."""

from __future__ import annotations

from anlan.kernel.text import Text
from anlan.measures import catalogue
from anlan.measures.algebra import Figure
from anlan.measures.catalogue import Measure


def declare(code: str, definition: Figure, *, zh: str, en: str, unit: str, clause: str, subsystem: str) -> Measure:
    """Register the measure under its code and return it.

    Units:  of the figure, in English singular-free form ("records", "months", "staff"); a ratio states the unit of both
            sides.
    Raises: DuplicateMeasure.
    """
    measure = Measure(
        code=code, name=Text(zh=zh, en=en), unit=unit, clause=clause, subsystem=subsystem, definition=definition
    )
    return catalogue.add(measure)
