"""Why a rule took points, in words: the figures against the threshold, the months that are missing, the records, the way back."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.assessment.explain import Behind, explain_rule
from anlan.assessment.sheet import FigureValue, RuleScore, Sheet
from anlan.assessment.trace import MissingPeriod, Trace
from anlan.facts.live import live_engine
from anlan.kernel.period import Period
from anlan.kernel.text import Text
from anlan.measures import catalogue
from anlan.measures.engines import evaluate
from anlan.measures.plan import make_plan
from anlan.web.place import Place
from anlan.web.scores import month_name, words

SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure in words: what it is, its value, and how it is defined. `value` is null for no data."""

    name: str
    value: str | None
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A month or quarter of the year: done, missing or not due yet."""

    label: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records behind a figure, the newest few of them."""

    title: str
    count: int
    items: list[dict[str, Any]]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule explained."""

    trace: Trace
    sentence: str
    facts: list[Fact]
    limits: list[str]
    slots: list[Slot]
    missing: str
    records: list[Records]
    gain: int
    mend: str
    readings: list[dict[str, str]]
    clauses: list[dict[str, str]]


def reason_for(place: Place, sheet: Sheet, rule: str, *, most: int = SHOWN) -> Reason:
    """Return the reason of one rule. Raises: UnknownRule."""
    explained = explain_rule(sheet, rule, most=most)
    trace = explained.trace
    missing = trace.missing or ()
    return Reason(
        trace=trace,
        sentence=sentence_of(trace.score),
        facts=[_fact(figure) for figure in trace.figures],
        limits=[
            f"{_bilingual(one.name_zh, one.name_en)}: {one.value} {unit_word(one.unit)}" for one in trace.parameters
        ],
        slots=list(_slots(sheet, missing)),
        missing=_missing_words(missing),
        records=_distinct(_records(place, behind) for behind in explained.behind if behind.count),
        gain=trace.gain,
        mend=words(trace.mend),
        readings=[_reading(one) for one in trace.options],
        clauses=[{"id": clause.id, "text": words(clause.text)} for clause in trace.clauses],
    )


def sentence_of(score: RuleScore) -> str:
    """Return in one sentence how a rule ended."""
    endings = {
        "not_applicable": _("This rule does not concern this institution."),
        "no_data": _("There are no records to tell from. No data is not a zero: nothing is deducted."),
        "awaits_person": _("A reviewer decides. Until then nothing is deducted."),
    }
    if score.outcome in endings:
        return endings[score.outcome]
    return _("Points were lost.") if score.deducted else _("Nothing was lost here.")


def _bilingual(zh: str, en: str) -> str:
    return words(Text(zh=zh, en=en or zh))


def _fact(figure: FigureValue) -> Fact:
    return Fact(name=measure_name(figure.measure), value=value_words(figure), code=figure.measure.code)


def measure_name(measure: catalogue.Measure) -> str:
    """Return the name of a measure in the language of the page."""
    return words(measure.name) if isinstance(measure.name, Text) else str(measure.name)


def value_words(figure: FigureValue) -> str | None:
    """Return a figure in words: 8 months; 45 of 50 (90%); 12, 9 the year before; null for no data."""
    if not figure.is_known:
        return None
    parts = dict(figure.parts)
    unit = unit_word(figure.measure.unit)
    if "num" in parts:
        num, den = int(parts["num"] or 0), int(parts["den"] or 0)
        share = f"{num * 100 / den:.1f}%" if den else "—"
        return _("%(num)s of %(den)s (%(share)s)") % {"num": num, "den": den, "share": share}
    if "now" in parts:
        return _("%(now)s %(unit)s, %(before)s the year before") % {**parts, "unit": unit}
    return f"{parts['']} {unit}".strip()


def unit_word(unit: str) -> str:
    """Return a unit in the language of the page; an unknown one as it is."""
    known = {
        "records": _("records"), "months": _("months"), "quarters": _("quarters"), "percent": "%", "points": _("points"),
        "staff": _("staff"), "people": _("people"), "patients": _("patients"), "days": _("days"), "yuan": _("yuan"),
        "beds": _("beds"), "hours": _("hours"), "count": "", "%": "%", "devices": _("devices"), "places": _("places"),
        "members": _("members"), "posts": _("posts"), "respondents": _("people"), "working days": _("working days"),
    }  # fmt: skip
    return known.get(unit, unit)


def _slots(sheet: Sheet, missing: Sequence[MissingPeriod]) -> Iterator[Slot]:
    """Yield the months (or quarters) of the year where the rule names any that are missing."""
    if not missing:
        return
    gaps = {str(one.period) for one in missing}
    is_monthly = all(one.period.kind == "month" for one in missing)
    year = Period.year(sheet.year)
    periods = year.months() if is_monthly else year.quarters()
    due = {str(one) for one in (year.due_months(sheet.as_of) if is_monthly else year.due_quarters(sheet.as_of))}
    for period in periods:
        state = "missing" if str(period) in gaps else "done" if str(period) in due else "notdue"
        yield Slot(label=period_name(period), state=state)


def period_name(period: Period) -> str:
    """Return the short name of a month or quarter."""
    if period.kind == "month":
        return month_name(period.start.month)
    return _("Quarter %(n)s") % {"n": (period.start.month + 2) // 3}


def _missing_words(missing: Sequence[MissingPeriod]) -> str:
    if not missing:
        return ""
    names = list(dict.fromkeys(period_name(one.period) for one in missing))
    joined = _(", ").join(names)
    return _("Records are missing in %(names)s.") % {"names": joined}


def _distinct(groups: Iterable[Records]) -> list[Records]:
    """Two figures over the same records show them once."""
    seen: dict[tuple[str, int, str], Records] = {}
    for group in groups:
        seen.setdefault((group.title, group.count, group.items[0]["number"]), group)
    return list(seen.values())


def _records(place: Place, behind: Behind) -> Records:
    titles = {
        "for": _("Records that count"),
        "against": _("Records that cost points"),
        "evidence": _("Records to look at"),
    }
    items = [
        {
            "number": record.number,
            "date": record.occurred_on,
            "state": behind.spec.states[record.state],
            "url": place.url("record", behind.spec.code, record.uid),
        }
        for record in behind.records
    ]
    title = f"{titles.get(behind.query.role, '')} · {behind.spec.name}"
    return Records(title=title, count=behind.count, items=items, more=max(0, behind.count - len(items)))


def _reading(option: Any) -> dict[str, str]:
    return {"question": words(option.question), "reading": words(option.in_force.text)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a figure by month; a value is null where there is no data."""

    name: str
    values: list[float | None]
    is_percent: bool


def by_month(sheet: Sheet, rule: RuleScore) -> tuple[list[dt.date], list[Series]]:
    """Return the rule's figures as they stood at the end of each complete month of the year, and at the sheet's day."""
    measures = catalogue.pick(rule.rule.measures())
    days = [month.end for month in Period.year(sheet.year).due_months(sheet.as_of)]
    if not days or days[-1] != sheet.as_of:
        days.append(sheet.as_of)
    if not measures:
        return days, []
    plan, period, engine = make_plan(measures, schema=sheet.schema), Period.year(sheet.year), live_engine()
    tables = [
        evaluate(plan, period=period, as_of=day, engine=engine, institutions=(sheet.institution_id,)) for day in days
    ]
    return days, [
        line for measure in measures for line in _lines(measure, [table.figure(measure.code)[0] for table in tables])
    ]


def _lines(measure: catalogue.Measure, values: list[Any]) -> Iterator[Series]:
    name = measure_name(measure)
    if measure.kind == "ratio":
        shares = [None if pair is None or not pair[1] else round(pair[0] * 100 / pair[1], 1) for pair in values]
        yield Series(name=name, values=shares, is_percent=True)
    elif measure.kind == "change":
        yield Series(name=name, values=[None if pair is None else pair[0] for pair in values], is_percent=False)
        before = _("%(name)s, the year before") % {"name": name}
        yield Series(name=before, values=[None if pair is None else pair[1] for pair in values], is_percent=False)
    else:
        yield Series(name=name, values=values, is_percent=False)


def explained_all(place: Place, sheet: Sheet) -> dict[str, Reason]:
    """Return the reason of every rule that cost points or waits, for the printed sheet."""
    wanted = [rule.code for rule in sheet.rules() if rule.deducted or rule.outcome in ("awaits_person", "no_data")]
    return {code: reason_for(place, sheet, code) for code in wanted}


__all__ = ["Fact", "Reason", "Series", "by_month", "explained_all", "reason_for", "sentence_of"]
