"""The register of measures: what the content declares once and everyone else asks for by code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from anlan.measures.algebra import Figure, kind_of
from anlan.measures.errors import BadDefinition, DuplicateMeasure, UnknownMeasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One declared measure.

    ``name`` is text, or a lazy translation whose ``str()`` is the label. ``kind`` is read off the definition; given, it
    must agree. ``clause`` cites the source; ``unit`` is the unit of the figure ("records", "months", "staff").
    """

    code: str
    name: object
    unit: str
    clause: str
    subsystem: str
    definition: Figure
    kind: str = ""

    def __post_init__(self) -> None:
        actual = kind_of(self.definition)
        if self.kind and self.kind != actual:
            raise BadDefinition(
                f'Measure "{self.code}" says kind "{self.kind}" but its definition is a {actual}. Drop the kind.'
            )
        object.__setattr__(self, "kind", actual)


class Catalogue:
    """Measures by code, in the order of declaration."""

    def __init__(self) -> None:
        self._measures: dict[str, Measure] = {}

    def add(self, measure: Measure) -> Measure:
        """Register the measure and return it.

        Raises: DuplicateMeasure when another one has the code.
        """
        if measure.code in self._measures:
            raise DuplicateMeasure(code=measure.code)
        self._measures[measure.code] = measure
        return measure

    def get(self, code: str) -> Measure:
        """Return the measure.

        Raises: UnknownMeasure, naming the nearest code.
        """
        try:
            return self._measures[code]
        except KeyError:
            raise UnknownMeasure(code=code, known=self._measures) from None

    def all(self) -> tuple[Measure, ...]:
        """Return every measure in the order of declaration."""
        return tuple(self._measures.values())

    def pick(self, codes: Iterable[str]) -> tuple[Measure, ...]:
        """Return the named measures in the order asked for.

        Raises: UnknownMeasure.
        """
        return tuple(self.get(code) for code in codes)


declared = Catalogue()
add, get, all, pick = declared.add, declared.get, declared.all, declared.pick
