"""The arithmetic of a sheet as expressions: applicability, outcomes, cap, floor, zeroing, lost to the cap, totals.

Each output is one integer column per institution; all of them run inside the statement that also reads the figures, so
that a region is scored in one pass. Amounts are hundredths of a point.
"""

from __future__ import annotations

from collections.abc import Iterator

from anlan.assessment.conditions import Parameters
from anlan.assessment.rubric import Category, Rubric, Rule, Where
from anlan.assessment.rules import Compiled
from anlan.measures.expression import (
    UNKNOWN,
    And,
    Case,
    Condition,
    Const,
    IfUnknown,
    IsUnknown,
    Number,
    Or,
    Ref,
    case,
    fig,
    greatest,
    least,
    total,
)
from anlan.measures.plan import Output

NOT_APPLICABLE, SCORED, NO_DATA, AWAITS_PERSON = 0, 1, 2, 3
OUTCOMES = ("not_applicable", "scored", "no_data", "awaits_person")
ATTRIBUTE = "institution."
_REJECTED, _CONFIRMED, _SET = 1, 2, 3
_ZERO = Const(0)


def sheet_outputs(rubric: Rubric, parameters: Parameters) -> tuple[Output, ...]:
    """Return every output of the sheet: rules, then categories, then totals.

    Names: ``<rule>.applies|amount|outcome|deducted|proposed``, ``<category>.applies|max|sum|points|lost|at_risk``,
    ``class``, ``raw``, ``applicable_max``, ``at_risk``, ``normalised``.
    Units: hundredths of a point; ``normalised`` in hundredths of a point out of 100, rounded half up.
    Nulls: ``amount`` where the rule has no data or does not apply; ``normalised`` where nothing applies.
    """
    outputs: list[Output] = [Output(name="class", expression=_class_index(rubric))]
    for category in rubric.categories:
        for rule in category.rules:
            outputs.extend(_rule_outputs(rubric, category, rule, parameters))
        outputs.extend(_category_outputs(rubric, category))
    outputs.extend(_totals(rubric))
    return tuple(outputs)


def judgement_figure(rule: Rule) -> str:
    """Return the name of the figure that tells what a reviewer decided on the rule, as ``decision_number`` writes it."""
    return f"judged.{rule.code}"


def decision_number(verdict: str, deducted: int) -> int:
    """Return a verdict and its hundredths as one number: 1 rejected, 2 confirmed, 3 and more set; 0 is undecided.

    At most one decision on a rule is in force, so the sum of the numbers of its decisions is the number of that one.
    """
    return _SET + max(deducted, 0) if verdict == "set" else _CONFIRMED if verdict == "confirm" else _REJECTED


def needs_judgement(rubric: Rubric, rule: Rule) -> bool:
    """Return whether a person may have a say in the rule."""
    if rule.assessed != "computed" or rule.reviewer_may_add:
        return True
    return rule.body.compile(_Any(), category_max=0).refer is not None


def attributes_of(rubric: Rubric) -> tuple[str, ...]:
    """Return the attributes of institutions that the rubric asks, each once."""
    asked: list[Where] = [entry.where for entry in rubric.classes]
    for category in rubric.categories:
        asked.extend(category.applies_to)
        for rule in category.rules:
            asked.extend(rule.applies_to)
    return tuple(dict.fromkeys(name for where in asked for name, _ in where.values))


def _rule_outputs(rubric: Rubric, category: Category, rule: Rule, parameters: Parameters) -> Iterator[Output]:
    compiled = rule.body.compile(parameters, category_max=category.max)
    if rule.applies_to:
        yield Output(name=f"{rule.code}.applies", expression=case((_applies(rule.applies_to), 1), otherwise=0))
    absent = _absent(category, rule)
    amount = Case(((absent, UNKNOWN),), compiled.amount) if absent is not None else compiled.amount
    yield Output(name=f"{rule.code}.amount", expression=amount)
    settle = _Settlement(rubric, rule, absent, compiled)
    yield Output(name=f"{rule.code}.outcome", expression=settle.outcome())
    yield Output(name=f"{rule.code}.deducted", expression=settle.deducted())
    yield Output(name=f"{rule.code}.proposed", expression=settle.proposed())


class _Settlement:
    """How one rule ends: what the system found, and what a person made of it."""

    def __init__(self, rubric: Rubric, rule: Rule, absent: Condition | None, compiled: Compiled) -> None:
        self.rule, self.absent, self.compiled = rule, absent, compiled
        self.amount = Ref(f"{rule.code}.amount")
        self.confirms_clean = rubric.reading("confirm_clean") == "true"
        decision: Number = fig(judgement_figure(rule)) if needs_judgement(rubric, rule) else _ZERO
        self.decided = decision > 0
        self.confirmed = decision.eq(_CONFIRMED)
        self.is_set = decision >= _SET
        self.points = greatest(decision - _SET, 0)

    def outcome(self) -> Number:
        waits: list[tuple[Condition, Number | int]] = [*self._gone(NOT_APPLICABLE)]
        unknown = IsUnknown(self.amount)
        if self.rule.assessed == "judged":
            return case(*waits, (self.decided, SCORED), otherwise=AWAITS_PERSON)
        if self.rule.assessed == "proposed":
            clean = AWAITS_PERSON if self.confirms_clean else SCORED
            waits += [(self.decided, SCORED), (unknown, NO_DATA), (self.amount > 0, AWAITS_PERSON)]
            return case(*waits, otherwise=clean)
        if self.compiled.refer is not None:
            waits += [(self.compiled.refer & ~self.decided, AWAITS_PERSON)]
        if self.rule.reviewer_may_add:
            waits += [(self.decided, SCORED)]
        return case(*waits, (unknown, NO_DATA), otherwise=SCORED)

    def deducted(self) -> Number:
        found = IfUnknown(self.amount, _ZERO)
        gone = self._gone(0)
        if self.rule.assessed == "judged":
            return case(*gone, otherwise=self._within(self.points)) if gone else self._within(self.points)
        if self.rule.assessed == "proposed":
            return case(*gone, (self.is_set, self._within(self.points)), (self.confirmed, found), otherwise=0)
        if self.rule.reviewer_may_add:
            return case(*gone, otherwise=found + self.points) if gone else found + self.points
        if self.compiled.refer is not None:
            return case(*gone, (self.compiled.refer, self._within(self.points)), otherwise=found)
        return found

    def proposed(self) -> Number:
        if self.rule.assessed != "proposed":
            return _ZERO
        return case(*self._gone(0), (self.decided, 0), otherwise=IfUnknown(self.amount, _ZERO))

    def _gone(self, value: int) -> tuple[tuple[Condition, Number | int], ...]:
        return ((self.absent, value),) if self.absent is not None else ()

    def _within(self, points: Number) -> Number:
        most = self.rule.body.most
        return greatest(points if most is None else least(points, most), 0)


def _category_outputs(rubric: Rubric, category: Category) -> Iterator[Output]:
    code = category.code
    largest: Number = Const(category.max)
    if rubric.reading("inapplicable_rule") == "lower_maximum":
        for rule in category.rules:
            if rule.applies_to:
                largest = largest - case((Ref(f"{rule.code}.applies").eq(1), 0), otherwise=rule.body.most or 0)
    if category.applies_to:
        applies = case((_applies(category.applies_to), 1), otherwise=0)
        yield Output(name=f"{code}.applies", expression=applies)
        largest = case((Ref(f"{code}.applies").eq(1), largest), otherwise=0)
    yield Output(name=f"{code}.max", expression=largest)
    deducted = total(tuple(Ref(f"{rule.code}.deducted") for rule in category.rules))
    yield Output(name=f"{code}.sum", expression=deducted)
    taken, most = Ref(f"{code}.sum"), Ref(f"{code}.max")
    has_floor = rubric.reading("category_floor") != "below_zero"
    yield Output(name=f"{code}.points", expression=most - least(most, taken) if has_floor else most - taken)
    yield Output(name=f"{code}.lost", expression=greatest(taken - most, 0) if has_floor else _ZERO)
    at_risk = total(tuple(Ref(f"{rule.code}.proposed") for rule in category.rules if rule.assessed == "proposed"))
    yield Output(name=f"{code}.at_risk", expression=at_risk)


def _totals(rubric: Rubric) -> Iterator[Output]:
    codes = [category.code for category in rubric.categories]
    for name, part in (("raw", "points"), ("applicable_max", "max"), ("at_risk", "at_risk")):
        yield Output(name=name, expression=total(tuple(Ref(f"{code}.{part}") for code in codes)))
    base: Number = Ref("applicable_max")
    if rubric.reading("normalise_over") == "printed":
        base = Const(rubric.printed_total)
    # twice the quotient plus one, halved: rounds half up in integers
    yield Output(name="normalised", expression=(Ref("raw") * 20_000 + base) // (base * 2))


def _absent(category: Category, rule: Rule) -> Condition | None:
    """That the rule does not concern the institution; None where it concerns all."""
    codes = [entry.code for entry in (category, rule) if entry.applies_to]
    parts = tuple(Ref(f"{code}.applies").eq(0) for code in codes)
    return Or(parts) if parts else None


def _applies(wheres: tuple[Where, ...]) -> Condition:
    return Or(tuple(_holds(where) for where in wheres))


def _holds(where: Where) -> Condition:
    parts = []
    for name, allowed in where.values:
        value = IfUnknown(fig(ATTRIBUTE + name), _ZERO)
        parts.append(Or(tuple(value.eq(number) for number in allowed)))
    return And(tuple(parts))


def _class_index(rubric: Rubric) -> Number:
    branches = tuple((_holds(entry.where), Const(index)) for index, entry in enumerate(rubric.classes))
    return Case(branches, Const(-1))


class _Any(dict[str, int]):
    """Parameters of no matter what value: only the shape of the compiled rule is asked for."""

    def __missing__(self, key: str) -> int:
        return 1
