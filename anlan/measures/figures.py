"""The result of an evaluation: one column per figure, one row per institution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anlan.measures.errors import UnknownFigure
from anlan.measures.plan import Plan

Pair = tuple[int, int]
Value = int | Pair | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTable:
    """Figures by institution, held by column.

    Shape: ``columns[name][row]`` belongs to ``institution_ids[row]``; rows ascend by institution.
    Nulls: None is no data or unknown, never 0.
    """

    plan: Plan
    institution_ids: tuple[int, ...]
    columns: Mapping[str, Sequence[int | None]]

    def column(self, name: str) -> Sequence[int | None]:
        """Return one column: an output, a figure of one part, or a part such as ``rate_num``.

        Raises: UnknownFigure, naming the nearest column.
        """
        try:
            return self.columns[name]
        except KeyError:
            raise UnknownFigure(name=name, known=self.columns) from None

    def figure(self, name: str) -> tuple[Value, ...]:
        """Return the measure's figure for every institution: integers, or pairs of integers.

        Nulls: None where there is no data, so a pair is never half known.
        Raises: UnknownFigure.
        """
        planned = self.plan.figure(name)
        parts = [self.columns[planned.column(part)] for part, _ in planned.parts]
        if len(parts) == 1:
            return tuple(parts[0])
        pairs = zip(*parts, strict=True)
        return tuple(None if first is None or second is None else (first, second) for first, second in pairs)

    def row(self, institution_id: int) -> dict[str, int | None]:
        """Return every column of one institution.

        Raises: KeyError when the institution was not evaluated.
        """
        try:
            index = self.institution_ids.index(institution_id)
        except ValueError:
            raise KeyError(f"Institution {institution_id} was not evaluated.") from None
        return {name: values[index] for name, values in self.columns.items()}


def table_from_rows(plan: Plan, rows: Iterable[Sequence[int | None]]) -> FigureTable:
    """Return the table of rows that begin with institution_id and continue with ``plan.columns()``."""
    names = plan.columns()
    turned = list(zip(*sorted(rows, key=lambda row: row[0] or 0), strict=True)) or [()] * (len(names) + 1)
    ids = tuple(int(value) for value in turned[0] if value is not None)
    return FigureTable(plan=plan, institution_ids=ids, columns=dict(zip(names, turned[1:], strict=True)))
