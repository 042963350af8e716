"""What the dry run says: each bad cell by row and column, what was noticed, and what would be written. Plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN_PROBLEMS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One bad cell. `row` counts from 1 as in the sheet; `column` is the letter, empty where the whole row is meant."""

    row: int
    column: str
    name: str
    label: str
    value: str
    what: str
    expected: str = ""

    @property
    def place(self) -> str:
        """The cell as Excel names it."""
        return f"{self.column}{self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that is no fault but that the user should know: how often, and the first rows."""

    text: str
    count: int
    rows: tuple[int, ...]


@dataclass(kw_only=True)
class Report:
    """The result of a dry run. `rows` are data rows, `ready` those without a fault; blank and example rows are apart."""

    register: str
    institution: str
    file_name: str
    file_sha256: str
    sheet: str = ""
    rows: int = 0
    ready: int = 0
    blank: int = 0
    examples: int = 0
    formulas: int = 0
    steps: int = 0
    states: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether every row may be written."""
        return not self.problems and self.ready > 0

    def as_data(self, *, limit: int | None = SHOWN_PROBLEMS) -> dict[str, Any]:
        """Return the report as JSON values, with at most `limit` problems beside their count."""
        data = asdict(self)
        data["problems"] = [{**asdict(problem), "place": problem.place} for problem in self.problems[:limit]]
        data["problem_count"] = len(self.problems)
        data["is_ready"] = self.is_ready
        return data
