"""From one rule of one sheet to everything behind it: figures, parameters, readings, records, missing periods, clauses.

``explain`` reads no record itself: it hands back queries (register and predicate, with the days filled in), so that the
caller fetches them within its own scope. Given an engine, it also names the periods in which something is missing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from anlan.assessment.conditions import Asked, Below, Fewer, Rises, SomeOf, parts_of_condition
from anlan.assessment.jsonform import Json, figure_json, points
from anlan.assessment.recordsquery import RecordsQuery, queries_of
from anlan.assessment.rubric import Clause, Option, Rule
from anlan.assessment.rules import Fixed, PerCount, PerRise, PerShortfall, ZeroCategory
from anlan.assessment.sheet import CategoryScore, FigureValue, RuleScore, Sheet
from anlan.kernel.parameter import Parameter
from anlan.kernel.period import Period
from anlan.kernel.text import Text
from anlan.measures import catalogue
from anlan.measures.algebra import Count, PeriodsCovered, Ratio
from anlan.measures.engines import Engine, evaluate
from anlan.measures.plan import make_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPeriod:
    """A due month or quarter in which something is missing, and how much of it."""

    period: Period
    measure: str
    missing: int

    def to_json(self) -> Json:
        """Return the JSON form: period as 2025-04 or 2025Q2."""
        return {"period": str(self.period), "measure": self.measure, "missing": self.missing}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why a rule took what it took, and what wins it back. Points in hundredths.

    ``gain`` is what the category would rise by if the rule took nothing: less than deducted where the cap already ate
    some of it. ``missing`` is None when no engine was given to look for it.
    """

    sheet: Sheet
    category: CategoryScore
    score: RuleScore
    parameters: tuple[Parameter, ...]
    options: tuple[Option, ...]
    clauses: tuple[Clause, ...]
    queries: tuple[RecordsQuery, ...]
    missing: tuple[MissingPeriod, ...] | None
    gain: int

    @property
    def rule(self) -> Rule:
        """The rule explained."""
        return self.score.rule

    @property
    def figures(self) -> tuple[FigureValue, ...]:
        """The figures that the rule asked, then those shown beside it."""
        return self.score.figures

    @property
    def mend(self) -> Text:
        """What wins the points back."""
        return self.rule.mend

    def to_json(self) -> Json:
        """Return the JSON form; the caller adds the records of each query."""
        return {
            "rule": self.rule.code,
            "category": self.category.code,
            "outcome": self.score.outcome,
            "deducted": points(self.score.deducted),
            "proposed": points(self.score.proposed),
            "gain": points(self.gain),
            "text": self.rule.text.to_data(),
            "method": self.rule.method.to_data(),
            "mend": self.mend.to_data(),
            "figures": [_figure(figure) for figure in self.figures],
            "parameters": [_parameter(parameter) for parameter in self.parameters],
            "readings": [option_json(option) for option in self.options],
            "clauses": [{"id": clause.id, **clause.text.to_data()} for clause in self.clauses],
            "queries": [query.to_json() for query in self.queries],
            "missing": None if self.missing is None else [entry.to_json() for entry in self.missing],
        }


def explain(sheet: Sheet, rule_code: str, *, engine: Engine | None = None) -> Trace:
    """Return the trace of one rule of a sheet.

    Units:  points in hundredths.
    Nulls:  ``missing`` is None without an engine.
    Raises: UnknownRule.
    Source: manual, "Scores".
    """
    rubric = sheet.rubric
    rubric_category, rule = rubric.rule(rule_code)
    category, score = sheet.category(rubric_category.code), sheet.rule(rule_code)
    on = datetime.date(sheet.year, 1, 1)
    codes = dict.fromkeys((*rule.options, *rubric_category.options))
    return Trace(
        sheet=sheet,
        category=category,
        score=score,
        parameters=tuple(rubric.parameter(code, on=on) for code in dict.fromkeys(rule.body.parameters())),
        options=tuple(rubric.option(code) for code in codes),
        clauses=tuple(clause for id in rule.clauses if (clause := rubric.clause(id)) is not None),
        queries=tuple(_queries(sheet, rule)),
        missing=None if engine is None else missing_periods(sheet, rule, engine=engine),
        gain=_gain(category, score),
    )


def missing_periods(sheet: Sheet, rule: Rule, *, engine: Engine) -> tuple[MissingPeriod, ...]:
    """Return the due periods of the sheet's year in which what the rule asks for is missing, in order.

    A shortfall is reckoned at the end of each due period; where it grew, that period is the one with the gap.
    """
    pairs = tuple(dict.fromkeys(_shortfalls(rule)))
    if not pairs:
        return ()
    codes = dict.fromkeys(code for pair in pairs for code in pair)
    plan = make_plan(catalogue.pick(codes), schema=sheet.schema)
    year, found = Period.year(sheet.year), []
    before = dict.fromkeys(pairs, 0)
    for month in year.due_months(sheet.as_of):
        table = evaluate(plan, period=year, as_of=month.end, engine=engine, institutions=(sheet.institution_id,))
        for have, due in pairs:
            gap = (table.column(due)[0] or 0) - (table.column(have)[0] or 0)
            if gap > before[have, due]:
                period = _period_of(have, month)
                found.append(MissingPeriod(period=period, measure=have, missing=gap - before[have, due]))
            before[have, due] = gap
    return tuple(found)


def _shortfalls(rule: Rule) -> Iterator[tuple[str, str]]:
    if isinstance(rule.body, PerShortfall):
        yield from ((pair.covered, pair.due) for pair in rule.body.shortfalls)
    if isinstance(rule.body, Fixed | ZeroCategory):
        parts = parts_of_condition(rule.body.when)
        yield from ((part.have, part.due) for part in parts if isinstance(part, Fewer))


def _period_of(measure: str, month: Period) -> Period:
    definition = catalogue.get(measure).definition
    if isinstance(definition, PeriodsCovered) and definition.per == "quarter":
        return Period.quarter(month.start.year, (month.start.month + 2) // 3)
    return month


def _queries(sheet: Sheet, rule: Rule) -> Iterator[RecordsQuery]:
    against = set(_against(rule))
    seen: set[tuple[str, object]] = set()
    for code in rule.measures():
        role = "evidence" if code in rule.evidence else "against" if code in against else "for"
        for query in (*_unmet(sheet, rule, code), *queries_of(sheet, code, role=role)):
            if (query.register, query.where) not in seen:
                seen.add((query.register, query.where))
                yield query


def _against(rule: Rule) -> Iterator[str]:
    """Yield the measures whose records are the fault itself."""
    if isinstance(rule.body, PerCount):
        yield from rule.body.counts
    if isinstance(rule.body, PerRise):
        yield rule.body.change
    for part in _conditions(rule):
        if isinstance(part, SomeOf):
            yield part.measure
        if isinstance(part, Rises):
            yield part.change


def _conditions(rule: Rule) -> Iterator[Asked]:
    if isinstance(rule.body, Fixed | ZeroCategory):
        yield from parts_of_condition(rule.body.when)


def _unmet(sheet: Sheet, rule: Rule, code: str) -> Iterator[RecordsQuery]:
    """Of a share of counted records that must be reached: those in the whole and not in the part."""
    if not any(isinstance(part, Below) and part.ratio == code for part in _conditions(rule)):
        return
    definition = catalogue.get(code).definition
    if not isinstance(definition, Ratio):
        return
    part, whole = definition.numerator, definition.denominator
    if isinstance(part, Count) and isinstance(whole, Count) and part.register == whole.register:
        rest = Count(register=whole.register, where=whole.where & ~part.where, by=whole.by, window=whole.window)
        yield from queries_of(sheet, code, role="against", definition=rest)


def _gain(category: CategoryScore, score: RuleScore) -> int:
    without = category.deducted - score.deducted
    return category.max - min(category.max, without) - category.points if score.deducted else 0


def _figure(figure: FigureValue) -> Json:
    name = figure.measure.name
    label = name.to_data() if isinstance(name, Text) else str(name)
    return {"code": figure.measure.code, "name": label, "unit": figure.measure.unit, "value": figure_json(figure)}


def _parameter(parameter: Parameter) -> Json:
    return {
        "code": parameter.code,
        "zh": parameter.name_zh,
        "en": parameter.name_en,
        "value": parameter.value,
        "unit": parameter.unit,
        "starts_on": parameter.starts_on.isoformat(),
        "instrument": parameter.instrument,
        "clause": parameter.clause,
        "verified": parameter.verified,
    }


def option_json(option: Option) -> Json:
    """Return an option with the reading in force and its alternatives, as traces and the rubric's own page show it."""
    return {
        "code": option.code,
        "ambiguity": option.ambiguity,
        "question": option.question.to_data(),
        "reading": option.reading,
        "text": option.in_force.text.to_data(),
        "alternatives": {reading.code: reading.text.to_data() for reading in option.alternatives},
    }
