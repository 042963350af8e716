"""Why a rule took what it took, ready for the screen: figures, missing months, records, readings, clauses, what wins it back."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.assessment.explain import MOST, Behind, explain_rule
from anlan.assessment.models import Judgement
from anlan.assessment.rubric import Clause, Option
from anlan.assessment.sheet import CategoryScore, RuleScore, Sheet
from anlan.assessment.trace import MissingPeriod, Trace
from anlan.flow.references import reference_text
from anlan.flow.spec import find_register
from anlan.kernel.period import Period
from anlan.measures import catalogue
from anlan.measures.algebra import Change, Count, PeriodsCovered, Ratio
from anlan.web.place import Place
from anlan.web.scores_facts import Fact, facts_of, joined_note, reckoning_of
from anlan.web.scores_words import in_turn, listed, name_of, period_short, periods_text, said

BRIEF = 6  # records shown inside the sheet; the rule page shows up to MOST
ROLES = ("against", "evidence", "for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One month or quarter of a strip. ``state`` is covered, missing or notdue; ``missing`` how many are lacking in it."""

    name: str
    state: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One record behind a point."""

    number: str
    text: str
    on: dt.date
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """The records of one kind behind a figure; ``is_hidden`` where the person's post does not read the register."""

    role: str
    register: str
    title: str
    count: int
    records: tuple[Linked, ...]
    is_hidden: bool
    url: str

    @property
    def rest(self) -> int:
        """How many are not shown."""
        return self.count - len(self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A parameter as the page prints it."""

    name: str
    value: str
    source: str
    clause: str
    since: dt.date
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Everything that stands behind one rule of one sheet."""

    category: CategoryScore
    score: RuleScore
    gain: int
    facts: tuple[Fact, ...]
    joined: str
    reckoning: str
    missing: str
    strip: tuple[Slot, ...]
    thresholds: tuple[Threshold, ...]
    options: tuple[Option, ...]
    clauses: tuple[Clause, ...]
    piles: tuple[Pile, ...]
    judgement: Any
    judgement_url: str
    until: dt.date | None

    @property
    def is_capped(self) -> bool:
        """Whether the category's cap already ate some of what the rule took."""
        return self.gain < self.score.deducted


def reason_of(sheet: Sheet, code: str, *, place: Place, most: int = BRIEF) -> Reason:
    """Return what stands behind a rule, with at most `most` records of each kind, as far as the person may see them."""
    explained = explain_rule(sheet, code, most=min(most, MOST))
    trace = explained.trace
    parameters = {parameter.code: parameter.value for parameter in trace.parameters}
    judgement = _judgement(sheet, code)
    ended = place.today > dt.date(sheet.year, 12, 31)
    piles = tuple(_pile(behind, place) for behind in explained.behind)
    return Reason(
        category=trace.category,
        score=trace.score,
        gain=trace.gain,
        facts=facts_of(trace.score, parameters),
        joined=joined_note(trace.score),
        reckoning=reckoning_of(trace.score, trace.category, parameters),
        missing=missing_text(trace.missing or ()),
        strip=strip_of(trace),
        thresholds=tuple(_thresholds(trace)),
        options=trace.options,
        clauses=trace.clauses,
        piles=tuple(sorted(piles, key=lambda pile: (ROLES.index(pile.role), -pile.count))),
        judgement=judgement,
        judgement_url=place.url("record", "judgement", judgement.uid) if judgement else "",
        until=None if ended else dt.date(sheet.year, 12, 31),
    )


def missing_text(missing: tuple[MissingPeriod, ...]) -> str:
    """Return in words what is missing and when: "Quality activity missing in April and September". Empty for nothing."""
    said_of: dict[str, list[MissingPeriod]] = {}
    for entry in missing:
        said_of.setdefault(entry.measure, []).append(entry)
    words = [{"what": subject_of(measure), "when": _when(entries)} for measure, entries in said_of.items()]
    return in_turn(_("%(what)s missing in %(when)s") % pair for pair in words)


def _when(entries: list[MissingPeriod]) -> str:
    """The periods in words; with how many in each where it is more than one: "May to December (16 each)"."""
    by_count: dict[int, list[Period]] = {}
    for entry in entries:
        by_count.setdefault(entry.missing, []).append(entry.period)
    parts = []
    for count, periods in sorted(by_count.items(), key=lambda pair: pair[1]):
        when = periods_text(periods)
        many = _("%(when)s (%(count)d each)") if len(periods) > 1 else "%(when)s (%(count)d)"
        parts.append(many % {"when": when, "count": count} if count > 1 else when)
    return listed(parts)


def subject_of(measure: str) -> str:
    """Return what a measure counts, by the name of its register; the measure's own name where it reads none."""
    register = getattr(catalogue.get(measure).definition, "register", "")
    return str(find_register(register).name) if register else name_of(catalogue.get(measure))


def strip_of(trace: Trace) -> tuple[Slot, ...]:
    """Return the months or quarters of the year, covered, missing or not due yet; empty where the rule asks for none."""
    body = trace.rule.body
    if trace.missing is None or trace.score.outcome in ("not_applicable", "no_data"):
        return ()
    pairs = [code for code in body.measures() if _cadence(code)]
    if not pairs:
        return ()
    per = _cadence(pairs[0])
    year, found = Period.year(trace.sheet.year), dict[Period, int]()
    for entry in trace.missing:
        found[entry.period] = found.get(entry.period, 0) + entry.missing
    whole = year.quarters() if per == "quarter" else year.months()
    due = set(year.due_quarters(trace.sheet.as_of) if per == "quarter" else year.due_months(trace.sheet.as_of))
    return tuple(_slot(period, is_due=period in due, missing=found.get(period, 0)) for period in whole)


def _cadence(code: str) -> str:
    """The period by which a measure asks for something: month or quarter; empty for measures that ask by none."""
    definition = catalogue.get(code).definition
    if isinstance(definition, PeriodsCovered):
        return definition.per
    return "month" if isinstance(definition, Count) and definition.window == "due_months" else ""


def _slot(period: Period, *, is_due: bool, missing: int) -> Slot:
    name = period_short(period)
    return Slot(name=name, state="missing" if missing else "covered" if is_due else "notdue", missing=missing)


def _thresholds(trace: Trace) -> list[Threshold]:
    rubric = trace.sheet.rubric
    rows = []
    for parameter in trace.parameters:
        source = said(rubric.title) if parameter.instrument == rubric.instrument else parameter.instrument
        value = f"{parameter.value} %" if parameter.unit == "percent" else f"{parameter.value}"
        row = Threshold(
            name=said(parameter.name), value=value, source=source, clause=parameter.clause,
            since=parameter.starts_on, is_verified=parameter.verified,
        )  # fmt: skip
        rows.append(row)
    return rows


def _pile(behind: Behind, place: Place) -> Pile:
    spec = behind.spec
    hidden = not place.reads(spec.sensitivity)
    records = () if hidden else tuple(_linked(record, spec.code, place) for record in behind.records)
    return Pile(
        role=_role(behind),
        register=str(spec.name),
        title=_title(behind),
        count=behind.count,
        records=records,
        is_hidden=hidden,
        url="" if hidden else place.url("list", spec.code),
    )


def _title(behind: Behind) -> str:
    """Name the records: by the measure, and by its side where a figure has two."""
    measure = catalogue.get(behind.query.measure)
    name = name_of(measure)
    if isinstance(measure.definition, Change) and behind.query.part == "before":
        return _("%(what)s, the year before") % {"what": name}
    if isinstance(measure.definition, Ratio):
        sides = {"num": _("%(what)s: reached"), "den": _("%(what)s: all")}
        return sides.get(behind.query.part, _("%(what)s: not reached")) % {"what": name}
    return name


def _role(behind: Behind) -> str:
    """Last year's records are what this year's are compared with; they cost nothing."""
    is_before = isinstance(catalogue.get(behind.query.measure).definition, Change) and behind.query.part == "before"
    return "for" if is_before else behind.query.role


def _linked(record: Any, register: str, place: Place) -> Linked:
    text = reference_text(record).removeprefix(record.number).strip()
    url = place.url("record", register, record.uid)
    return Linked(number=record.number, text=text, on=record.occurred_on, url=url)


def _judgement(sheet: Sheet, code: str) -> Any:
    """The decision in force on the rule, as far as the person may read it; null for none."""
    rows = Judgement.objects.filter(institution_id=sheet.institution_id, rubric=sheet.rubric.code, rule=code)
    return rows.filter(year=sheet.year, is_counted=True).select_related("recorded_by").first()


def decisions_on(sheet: Sheet) -> dict[str, str]:
    """Return the reason that reviewers gave, by rule, for the decisions in force on a sheet; one query."""
    rows = Judgement.objects.filter(institution_id=sheet.institution_id, rubric=sheet.rubric.code, year=sheet.year)
    return dict(rows.filter(is_counted=True).values_list("rule", "reason"))
