"""What an institution lacks, as things to do: points lost that can be won back, and what will be lost when a period ends.

The home page of an office or a director shows it beside the to-do records. What waits for a reviewer is not theirs to do,
except a proposal: its records can still be put right before it is confirmed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from anlan.assessment.rubric import Category, Rule
from anlan.assessment.sheet import CategoryScore, RuleScore, Sheet
from anlan.assessment.trace import MissingPeriod, missing_periods
from anlan.kernel.period import Period
from anlan.measures import catalogue
from anlan.measures.algebra import Arithmetic, Change, Definition, Ratio
from anlan.measures.engines import Engine

Urgency = Literal["upcoming", "proposed", "lost"]
SheetOn = Callable[[dt.date], Sheet]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingItem:
    """One thing that costs points, or will. Points in hundredths.

    ``urgency``: upcoming (lost at ``due_on`` unless something is done), proposed (a reviewer may take it), lost (taken
    now). ``missing`` names months or quarters for rules that ask for something in each; empty for others, and when no
    engine was given. ``due_on`` is the last day on which something can be done; None once the year is over.
    ``register`` is where the record belongs, "" where the rule reads none.
    """

    category: Category
    rule: Rule
    urgency: Urgency
    missing: tuple[MissingPeriod, ...]
    points: int
    due_on: dt.date | None
    register: str


def missing_for(
    sheet: Sheet, *, today: dt.date, engine: Engine | None = None, sheet_on: SheetOn | None = None
) -> tuple[MissingItem, ...]:
    """Return what costs the institution points, nearest deadline first, then by points.

    ``sheet_on`` scores the same institution and year on a later day: with it, what the end of this month and of this
    quarter will take is listed too, unless it is lost already.
    """
    found = [*_upcoming(sheet, today, sheet_on), *_lost(sheet, today, engine)]
    return tuple(sorted(found, key=_order))


def register_of(rule: Rule) -> str:
    """Return the register in which a record would answer to the rule; "" where the rule reads none."""
    return next((code for measure in rule.measures() for code in _registers(catalogue.get(measure).definition)), "")


def _lost(sheet: Sheet, today: dt.date, engine: Engine | None) -> Iterator[MissingItem]:
    year_end = Period.year(sheet.year).end
    for category in sheet.categories:
        for score in category.rules:
            gain = _gain(category, score.deducted)
            at_risk = _at_risk(category, score.proposed)
            if not gain and not at_risk:
                continue
            yield MissingItem(
                category=category.category,
                rule=score.rule,
                urgency="lost" if gain else "proposed",
                missing=missing_periods(sheet, score.rule, engine=engine) if engine is not None else (),
                points=gain or at_risk,
                due_on=year_end if today <= year_end else None,
                register=register_of(score.rule),
            )


def _upcoming(sheet: Sheet, today: dt.date, sheet_on: SheetOn | None) -> Iterator[MissingItem]:
    if sheet_on is None or sheet.year != today.year:
        return
    known: set[str] = set()
    for period in _current(today):
        later = sheet_on(period.end)
        for category in later.categories:
            for score in category.rules:
                item = _would_lose(sheet, category, score, period)
                if item is not None and score.code not in known:
                    known.add(score.code)
                    yield item


def _would_lose(sheet: Sheet, category: CategoryScore, later: RuleScore, period: Period) -> MissingItem | None:
    """What the rule will take at the period's end beyond what it takes now; None for nothing."""
    now = sheet.rule(later.code)
    more = _gain(category, later.deducted + later.proposed - now.deducted - now.proposed)
    if later.deducted + later.proposed <= now.deducted + now.proposed or not more:
        return None
    return MissingItem(
        category=category.category,
        rule=later.rule,
        urgency="upcoming",
        missing=(MissingPeriod(period=period, measure=later.rule.measures()[0], missing=1),),
        points=more,
        due_on=period.end,
        register=register_of(later.rule),
    )


def _current(today: dt.date) -> tuple[Period, ...]:
    """This month and this quarter; only the month where both end on the same day."""
    month = Period.month(today.year, today.month)
    quarter = Period.quarter(today.year, (today.month + 2) // 3)
    return (month,) if month.end == quarter.end else (month, quarter)


def _gain(category: CategoryScore, deducted: int) -> int:
    """By how much the category would rise without the deduction: less than it where the cap ate some of it."""
    if deducted <= 0:
        return 0
    return min(category.max, category.deducted) - min(category.max, max(category.deducted - deducted, 0))


def _at_risk(category: CategoryScore, proposed: int) -> int:
    return min(proposed, category.points)


def _order(item: MissingItem) -> tuple[dt.date, int, str]:
    return (item.due_on or dt.date.max, -item.points, item.rule.code)


def _registers(figure: object) -> Iterator[str]:
    match figure:
        case Ratio(numerator=numerator):
            yield from _registers(numerator)
        case Change(measure=measure):
            yield from _registers(measure)
        case Arithmetic(left=left, right=right):
            yield from _registers(left)
            yield from _registers(right)
        case Definition():
            if register := getattr(figure, "register", ""):
                yield register
