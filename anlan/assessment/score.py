"""Scoring: one statement joins figures, judgements and rubric for all institutions, on any engine.

``score_institutions`` is what screens, commands and the API call. The monthly trend is the same call with ``as_of`` at
the end of each month. Judgements count whenever they were made: they are keyed by the year that they judge.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from anlan.assessment.arithmetic import (
    ATTRIBUTE,
    OUTCOMES,
    attributes_of,
    judgement_figure,
    needs_judgement,
    sheet_outputs,
)
from anlan.assessment.errors import AssessmentError, UnknownInstitution
from anlan.assessment.jsonform import sheet_json
from anlan.assessment.rubric import Category, InstitutionClass, Rubric, Rule
from anlan.assessment.sheet import CategoryScore, RuleScore, Sheet
from anlan.kernel.period import Period
from anlan.measures import catalogue
from anlan.measures.algebra import Attribute, Sum
from anlan.measures.catalogue import Catalogue, Measure
from anlan.measures.engines import Engine, evaluate
from anlan.measures.figures import FigureTable
from anlan.measures.plan import Plan, make_plan
from anlan.measures.predicate import col
from anlan.measures.schema import Schema

JUDGEMENT = "judgement"
_KEPT = 32
_plans: dict[tuple[int, int, int, int], ScorePlan] = {}
_schema: list[Schema] = []


class NoSchema(AssessmentError):
    """Scoring was asked for before anyone said which tables hold the registers."""

    id = "assessment.E015"


def use_schema(schema: Schema) -> None:
    """Name the tables that ``score_institutions`` reads when it is given no schema of its own."""
    _schema[:] = [schema]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScorePlan:
    """A rubric made ready for one year and one schema: figures, judgements and outputs in one plan."""

    rubric: Rubric
    year: int
    schema: Schema
    plan: Plan
    parameters: Mapping[str, int]
    measures: Mapping[str, Measure]


def score_plan(rubric: Rubric, *, year: int, schema: Schema, measures: Catalogue = catalogue.declared) -> ScorePlan:
    """Return the plan that scores the rubric; the same objects give the same plan, so its SQL is made once.

    Raises: UnknownMeasure, UnknownRegister, UnknownColumn; ParameterNotInForce.
    """
    key = (id(rubric), year, id(schema), id(measures))
    if key in _plans:
        return _plans[key]
    parameters = rubric.parameter_values(on=datetime.date(year, 1, 1))
    asked = measures.pick(rubric.measures())
    hidden = (*_attribute_measures(rubric), *(measure for _, measure in judgement_measures(rubric, year)))
    plan = make_plan((*asked, *hidden), schema=schema, outputs=sheet_outputs(rubric, parameters))
    by_code = {measure.code: measure for measure in asked}
    made = ScorePlan(rubric=rubric, year=year, schema=schema, plan=plan, parameters=parameters, measures=by_code)
    while len(_plans) >= _KEPT:
        _plans.pop(next(iter(_plans)))
    _plans[key] = made
    return made


def score_institutions(
    rubric: Rubric,
    *,
    year: int,
    as_of: datetime.date,
    engine: Engine,
    institutions: Sequence[int] | None = None,
    schema: Schema | None = None,
    measures: Catalogue = catalogue.declared,
) -> ScoreTable:
    """Return the sheet of every institution, or of those named, for one year as it stood on a day.

    ``measures`` are the declared ones; a sealed score brings its own.
    Shape:  one row per institution, ordered by institution_id, including those with no records.
    Units:  points in hundredths. ``as_of`` is the last day that counts, inclusive; after the year's end it is the end.
    Nulls:  what has no data is the outcome no_data with 0 deducted, never a silent 0.
    Raises: NoSchema; UnknownMeasure and others of the measures room; ParameterNotInForce.
    Source: manual, "Scores".
    """
    tables = schema or (_schema[0] if _schema else None)
    if tables is None:
        raise NoSchema("No tables are known to score from. Call use_schema() at start, or give schema=.")
    plan = score_plan(rubric, year=year, schema=tables, measures=measures)
    table = evaluate(plan.plan, period=Period.year(year), as_of=as_of, engine=engine, institutions=institutions)
    return ScoreTable(score_plan=plan, as_of=as_of, figures=table)


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """The scores of many institutions, held by column; a sheet is built only when asked for."""

    score_plan: ScorePlan
    as_of: datetime.date
    figures: FigureTable

    @property
    def rubric(self) -> Rubric:
        """The rubric scored."""
        return self.score_plan.rubric

    @property
    def year(self) -> int:
        """The year scored."""
        return self.score_plan.year

    @property
    def institution_ids(self) -> tuple[int, ...]:
        """The institutions scored, ascending."""
        return self.figures.institution_ids

    def __len__(self) -> int:
        return len(self.institution_ids)

    @cached_property
    def _rows(self) -> Mapping[int, int]:
        return {institution: row for row, institution in enumerate(self.institution_ids)}

    def column(self, name: str) -> Sequence[int | None]:
        """Return one column for all institutions: "raw", "normalised", "A3.points", "A5-k2.deducted" and so on.

        Raises: UnknownFigure, naming the nearest column.
        """
        return self.figures.column(name)

    def sheet(self, institution_id: int) -> Sheet:
        """Return the sheet of one institution.

        Raises: UnknownInstitution.
        """
        if institution_id not in self._rows:
            raise UnknownInstitution(
                f"Institution {institution_id} was not scored. Score it, or check that it exists and is in scope."
            )
        return _sheet(self, self._rows[institution_id])

    def sheets(self) -> Iterator[Sheet]:
        """Yield every sheet, in order of institution."""
        for row in range(len(self)):
            yield _sheet(self, row)

    def to_json(self, codes: Mapping[int, str]) -> dict[str, object]:
        """Return the JSON of the whole table; ``codes`` gives the code of each institution."""
        return {
            "rubric": self.rubric.code,
            "rubric_hash": self.rubric.content_hash,
            "year": self.year,
            "as_of": self.as_of.isoformat(),
            "institutions": [sheet_json(sheet, code=codes.get(sheet.institution_id)) for sheet in self.sheets()],
        }


def _attribute_measures(rubric: Rubric) -> Iterator[Measure]:
    for name in attributes_of(rubric):
        yield _hidden(ATTRIBUTE + name, Attribute(column=name))


def judgement_measures(rubric: Rubric, year: int) -> Iterator[tuple[Rule, Measure]]:
    """Yield the rules that may take a decision, each with the hidden measure that reads it."""
    for _, rule in rubric.rules():
        if not needs_judgement(rubric, rule):
            continue
        ours = (col("rubric") == rubric.code) & (col("rule") == rule.code) & (col("year") == year)
        decided = Sum(register=JUDGEMENT, column="decision", where=ours, window="any")
        yield rule, _hidden(judgement_figure(rule), decided)


def _hidden(code: str, definition: Attribute | Sum) -> Measure:
    return Measure(code=code, name=code, unit="", clause="", subsystem="M18", definition=definition)


def _sheet(table: ScoreTable, index: int) -> Sheet:
    rubric = table.rubric
    row = {name: column[index] for name, column in table.figures.columns.items()}
    class_index = _known(row, "class")
    kind: InstitutionClass | None = rubric.classes[class_index] if class_index >= 0 else None
    return Sheet(
        rubric=rubric,
        schema=table.score_plan.schema,
        institution_id=table.institution_ids[index],
        year=table.year,
        as_of=table.as_of,
        institution_class=kind,
        raw=_known(row, "raw"),
        applicable_max=_known(row, "applicable_max"),
        normalised=row["normalised"],
        at_risk=_known(row, "at_risk"),
        categories=tuple(_category(category, row, table.score_plan.measures) for category in rubric.categories),
    )


def _known(row: Mapping[str, int | None], name: str) -> int:
    return row[name] or 0


def _category(category: Category, row: Mapping[str, int | None], measures: Mapping[str, Measure]) -> CategoryScore:
    rules = tuple(_rule(rule, row, measures) for rule in category.rules)
    concerned = any(rule.outcome != "not_applicable" for rule in rules)
    code = category.code
    return CategoryScore(
        category=category,
        outcome="scored" if concerned else "not_applicable",
        max=_known(row, f"{code}.max"),
        points=_known(row, f"{code}.points"),
        deducted=_known(row, f"{code}.sum"),
        lost_to_cap=_known(row, f"{code}.lost"),
        at_risk=_known(row, f"{code}.at_risk"),
        rules=rules,
    )


def _rule(rule: Rule, row: Mapping[str, int | None], measures: Mapping[str, Measure]) -> RuleScore:
    code = rule.code
    return RuleScore(
        rule=rule,
        outcome=OUTCOMES[row[f"{code}.outcome"] or 0],
        deducted=row[f"{code}.deducted"] or 0,
        proposed=row[f"{code}.proposed"] or 0,
        amount=row[f"{code}.amount"],
        values=row,
        measures=measures,
    )
