"""One rule: at an institution with its figure month by month, at a commission across the institutions."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from anlan.assessment.conditions import Below, Fewer, NoneOf, Rises, SomeOf, parts_of_condition
from anlan.assessment.explain import MOST
from anlan.assessment.rubric import Category, Rubric, Rule
from anlan.assessment.rules import Fixed, PerCount, PerPercentagePoint, PerRise, PerShortfall, ZeroCategory
from anlan.assessment.sheet import RuleScore, Sheet
from anlan.facts.live import live_engine
from anlan.kernel.period import Period
from anlan.measures import catalogue
from anlan.measures.algebra import InForce, PeriodsCovered, PeriodsDue, Ratio, parts_of
from anlan.measures.catalogue import Measure
from anlan.measures.engines import evaluate
from anlan.measures.figures import FigureTable
from anlan.measures.plan import make_plan
from anlan.web.place import Place
from anlan.web.scores_city import city_rows
from anlan.web.scores_facts import facts_of, short_of
from anlan.web.scores_reason import Reason, reason_of, subject_of
from anlan.web.scores_words import name_of, said

MOST_SERIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A measure that the rule asks: what it is called, its code, unit and clause."""

    name: str
    code: str
    register: str
    clause: str
    clause_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """What the page of one rule at one institution shows."""

    category: Category
    rule: Rule
    reason: Reason
    finding: str
    definitions: tuple[Definition, ...]
    has_chart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """One institution's outcome of a rule."""

    name: str
    class_name: str
    url: str
    score: RuleScore
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossPage:
    """What the page of one rule at a commission shows; institutions that lost points come first."""

    category: Category
    rule: Rule
    rows: tuple[Across, ...]
    definitions: tuple[Definition, ...]
    lost: int
    waiting: int
    absent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or row of bars of a rule's chart. Values by period; null is no data or not due yet."""

    name: str
    kind: str
    unit: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMonth:
    """A rule's figures period by period. ``target`` in percent where the rule asks for a share."""

    periods: tuple[Period, ...]
    series: tuple[Series, ...]
    target: int | None


def rule_page(sheet: Sheet, code: str, *, place: Place) -> RulePage:
    """Return the page of a rule. Raises: UnknownRule."""
    category, rule = sheet.rubric.rule(code)
    reason = reason_of(sheet, code, place=place, most=MOST)
    return RulePage(
        category=category,
        rule=rule,
        reason=reason,
        finding=reason.missing or short_of(reason.facts),
        definitions=tuple(_definitions(sheet.rubric, rule)),
        has_chart=bool(charted(rule)),
    )


def rule_across(place: Place, *, rubric: Rubric, as_of: dt.date, code: str, suffix: str) -> AcrossPage:
    """Return a rule's outcome for every institution that the person may see at the place. Raises: UnknownRule."""
    category, rule = rubric.rule(code)
    on = dt.date(place.year, 1, 1)
    parameters = {name: rubric.parameter(name, on=on).value for name in rule.body.parameters()}
    rows = []
    for row in city_rows(place, rubric=rubric, as_of=as_of):
        score = row.sheet.rule(code)
        base = row.url.removesuffix("/")
        short = short_of(facts_of(score, parameters)) if score.outcome != "not_applicable" else ""
        rows.append(
            Across(
                name=row.name, class_name=row.class_name, url=f"{base}/rules/{code}/{suffix}", score=score, short=short
            )
        )
    order = {"scored": 1, "awaits_person": 0, "no_data": 2, "not_applicable": 3}
    rows.sort(key=lambda row: (-row.score.deducted, -row.score.proposed, order[row.score.outcome]))
    return AcrossPage(
        category=category,
        rule=rule,
        rows=tuple(rows),
        definitions=tuple(_definitions(rubric, rule)),
        lost=sum(1 for row in rows if row.score.deducted),
        waiting=sum(1 for row in rows if row.score.outcome == "awaits_person"),
        absent=sum(1 for row in rows if row.score.outcome == "not_applicable"),
    )


def charted(rule: Rule) -> tuple[str, ...]:
    """Return the measures that the rule's chart draws, at most MOST_SERIES: those asked, else those shown beside it."""
    body, codes = rule.body, list[str]()
    if isinstance(body, Fixed | ZeroCategory):
        for part in parts_of_condition(body.when):
            codes += _of_condition(part)
    elif isinstance(body, PerShortfall):
        for pair in body.shortfalls:
            codes += [pair.covered, pair.due]
    elif isinstance(body, PerCount):
        codes += body.counts
    elif isinstance(body, PerPercentagePoint):
        codes += body.ratios
    elif isinstance(body, PerRise):
        codes.append(body.change)
    return tuple(dict.fromkeys(codes or rule.evidence))[:MOST_SERIES]


def by_month(sheet: Sheet, rule: Rule) -> ByMonth:
    """Return the figures of a rule month by month, or quarter by quarter.

    Counts stand for each period by itself, standing registers for its end, shares for the year up to its end: a share
    of one month would forget what is settled in the next.
    Nulls: no data, or a period that is not over on the sheet's day.
    """
    measures = catalogue.pick(charted(rule))
    year = Period.year(sheet.year)
    by_quarter = any(_per(measure) == "quarter" for measure in measures)
    periods = year.quarters() if by_quarter else year.months()
    values: dict[tuple[str, str], list[float | None]] = {}
    for period in periods:
        for measure in measures:
            within = year if isinstance(measure.definition, Ratio) else period
            table = _figures(sheet, measure, within, period.end) if period.end <= sheet.as_of else None
            for part, value in _values(measure, table):
                values.setdefault((measure.code, part), []).append(value)
    due = frozenset(_due(rule))
    series = tuple(_series(code, part, tuple(points), due) for (code, part), points in values.items())
    return ByMonth(periods=periods, series=series, target=_target(sheet, rule))


def _figures(sheet: Sheet, measure: Measure, period: Period, as_of: dt.date) -> FigureTable:
    plan = make_plan((measure,), schema=sheet.schema)
    return evaluate(plan, period=period, as_of=as_of, engine=live_engine(), institutions=(sheet.institution_id,))


def _of_condition(part: object) -> list[str]:
    match part:
        case NoneOf(measure=code) | SomeOf(measure=code):
            return [code]
        case Fewer(have=have, due=due):
            return [have, due]
        case Below(ratio=code) | Rises(change=code):
            return [code]
    return []


def _due(rule: Rule) -> Iterator[str]:
    """The measures that say how much is due: drawn as a line above the bars of what is there."""
    body = rule.body
    if isinstance(body, PerShortfall):
        yield from (pair.due for pair in body.shortfalls)
    if isinstance(body, Fixed | ZeroCategory):
        yield from (part.due for part in parts_of_condition(body.when) if isinstance(part, Fewer))


def _per(measure: Measure) -> str:
    definition = measure.definition
    return definition.per if isinstance(definition, PeriodsCovered | PeriodsDue) else ""


def _values(measure: Measure, table: FigureTable | None) -> Iterator[tuple[str, float | None]]:
    """The figure's parts in one period; a ratio gives its percentage with one decimal."""
    parts = parts_of(measure.definition)
    known = {
        part: table.column(f"{measure.code}_{part}" if part else measure.code)[0] if table else None for part in parts
    }
    if "den" in known:
        share = known["num"] * 1000 // known["den"] / 10 if known["num"] is not None and known["den"] else None
        yield "share", share
        return
    yield from known.items()


def _series(code: str, part: str, values: tuple[float | None, ...], due: frozenset[str]) -> Series:
    measure = catalogue.get(code)
    name = name_of(measure)
    if part == "before":
        name = _("The year before")
    if part == "now":
        name = _("This year")
    is_line = part == "share" or code in due or isinstance(measure.definition, InForce)
    unit = "%" if part == "share" else measure.unit
    return Series(name=name, kind="line" if is_line else "bar", unit=unit, values=values)


def _target(sheet: Sheet, rule: Rule) -> int | None:
    codes = tuple(rule.body.parameters())
    if not codes or isinstance(rule.body, PerRise):
        return None
    return sheet.rubric.parameter(codes[0], on=dt.date(sheet.year, 1, 1)).value


def _definitions(rubric: Rubric, rule: Rule) -> Iterator[Definition]:
    for code in rule.measures():
        measure = catalogue.get(code)
        clause = rubric.clause(measure.clause)
        register = getattr(measure.definition, "register", "")
        yield Definition(
            name=name_of(measure),
            code=code,
            register=subject_of(code) if register else "",
            clause=measure.clause,
            clause_text=said(clause.text) if clause else "",
        )
