"""A rubric as a value: categories, rules, options with the reading in force, and what the linter needs to know.

Made by ``load.py`` only. Nothing here reads a file or a database. Points are integers in hundredths.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal

from anlan.assessment.errors import ParameterNotInForce, UnknownRule, nearest
from anlan.assessment.rules import Body
from anlan.kernel.canonical import canonical_bytes
from anlan.kernel.parameter import Parameter
from anlan.kernel.text import Text

Assessed = Literal["computed", "proposed", "judged"]
Attributes = dict[str, int]
EVER = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause of an instrument in our own short words; the id leads to the source."""

    id: str
    instrument: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read an ambiguous clause."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An ambiguity of the source, the readings open to the commission and the one in force."""

    code: str
    ambiguity: int
    clauses: tuple[str, ...]
    question: Text
    readings: tuple[Reading, ...]
    reading: str
    is_default: bool

    @property
    def in_force(self) -> Reading:
        """The reading in force."""
        return next(reading for reading in self.readings if reading.code == self.reading)

    @property
    def alternatives(self) -> tuple[Reading, ...]:
        """The readings not in force."""
        return tuple(reading for reading in self.readings if reading.code != self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Values that attributes of an institution must all have; flags count as 0 and 1, unknown as 0."""

    values: tuple[tuple[str, tuple[int, ...]], ...]

    def holds(self, attributes: Attributes) -> bool:
        """Return whether the institution meets every attribute."""
        return all(attributes.get(name, 0) in allowed for name, allowed in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionClass:
    """A class of institutions, by its attributes; ``example`` stands for it in the linter."""

    code: str
    name: Text
    where: Where
    example: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that the source uses and may leave undefined."""

    code: str
    name: Text
    clause: str
    definition: Text | None
    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A statement of how often something must happen; with ``rule`` it is what a deduction says."""

    subject: str
    per: str
    clause: str
    level: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One thing that the source asks for, and the rules that answer to it.

    ``denominator`` is "" where no rate is asked for, "undefined" where the source names a rate without its base.
    """

    clause: str
    text: Text
    rules: tuple[str, ...]
    measure: str
    denominator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One deduction. ``options`` are the ambiguities that its body was read under."""

    code: str
    clauses: tuple[str, ...]
    assessed: Assessed
    body: Body
    text: Text
    method: Text
    mend: Text
    applies_to: tuple[Where, ...]
    evidence: tuple[str, ...]
    options: tuple[str, ...]
    reviewer_may_add: bool
    line: int

    def measures(self) -> tuple[str, ...]:
        """Return the measures that the rule asks and those shown beside it, each once."""
        return tuple(dict.fromkeys((*self.body.measures(), *self.evidence)))

    def applies(self, attributes: Attributes) -> bool:
        """Return whether the rule concerns an institution of these attributes."""
        return not self.applies_to or any(where.holds(attributes) for where in self.applies_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A row of the rubric with its maximum; deductions beyond it are lost to the cap."""

    code: str
    clause: str
    name: Text
    max: int
    content: tuple[Content, ...]
    rules: tuple[Rule, ...]
    applies_to: tuple[Where, ...]
    options: tuple[str, ...]

    def applies(self, attributes: Attributes) -> bool:
        """Return whether the row concerns an institution of these attributes."""
        return not self.applies_to or any(where.holds(attributes) for where in self.applies_to)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rubric:
    """One edition of a rubric under one set of readings; immutable, named by its content hash.

    Compared by identity, so that plans can be kept by rubric without reading all of it; compare ``content_hash``.
    """

    code: str
    edition: str
    title: Text
    issuer: Text
    instrument: str
    clause_prefix: str
    printed_total: int
    pass_mark: int | None
    classes: tuple[InstitutionClass, ...]
    terms: tuple[Term, ...]
    options: tuple[Option, ...]
    content: tuple[Content, ...]
    cadences: tuple[Cadence, ...]
    categories: tuple[Category, ...]
    parameters: tuple[Parameter, ...]
    clauses: tuple[Clause, ...]
    series: str = ""  # what its editions of other years share; empty where it has none
    first_year: int = 0
    last_year: int = EVER

    def rules(self) -> Iterator[tuple[Category, Rule]]:
        """Yield every rule with its category, in order."""
        for category in self.categories:
            for rule in category.rules:
                yield category, rule

    def rule(self, code: str) -> tuple[Category, Rule]:
        """Return a rule and its category.

        Raises: UnknownRule, naming the nearest.
        """
        for category, rule in self.rules():
            if rule.code == code:
                return category, rule
        known = [rule.code for _, rule in self.rules()]
        raise UnknownRule(f'Rubric "{self.code}" has no rule "{code}". {nearest(code, known)}')

    def reading(self, option: str) -> str:
        """Return the reading in force of an option; "" where the rubric does not know the option."""
        return next((entry.reading for entry in self.options if entry.code == option), "")

    def option(self, code: str) -> Option:
        """Return the option of this code."""
        return next(option for option in self.options if option.code == code)

    def clause(self, id: str) -> Clause | None:
        """Return the clause, or None where the law files do not hold it."""
        return next((clause for clause in self.clauses if clause.id == id), None)

    def parameter(self, code: str, *, on: datetime.date) -> Parameter:
        """Return the parameter's row in force on a day.

        Raises: ParameterNotInForce.
        """
        rows = [row for row in self.parameters if row.code == code and row.starts_on <= on]
        if not rows:
            raise ParameterNotInForce(
                f'Parameter "{code}" of rubric "{self.code}" has no value on {on}. '
                "Add a dated value in the parameter file, or score a later year."
            )
        return max(rows, key=lambda row: row.starts_on)

    def parameter_values(self, *, on: datetime.date) -> dict[str, int]:
        """Return every parameter that the rules need, as in force on a day.

        Raises: ParameterNotInForce.
        """
        codes = sorted({code for _, rule in self.rules() for code in rule.body.parameters()})
        return {code: self.parameter(code, on=on).value for code in codes}

    def measures(self) -> tuple[str, ...]:
        """Return the code of every measure that a rule asks or shows, each once."""
        return tuple(dict.fromkeys(code for _, rule in self.rules() for code in rule.measures()))

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of the edition, its readings and parameters included."""
        return _content_hash(self)


@lru_cache(maxsize=64)
def _content_hash(rubric: Rubric) -> str:
    return hashlib.sha256(canonical_bytes(as_data(rubric))).hexdigest()


def as_data(value: Any) -> Any:
    """Return a value of this module as JSON data: a mapping with its kind, lists, texts and integers."""
    if is_dataclass(value) and not isinstance(value, type):
        named = {entry.name: as_data(getattr(value, entry.name)) for entry in fields(value) if entry.name != "line"}
        word = getattr(value, "word", None)
        return {"kind": word, **named} if word else named
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    return value
