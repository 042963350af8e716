"""A rule's figures against their thresholds, and how the points follow from them, in words. Reads a sheet; asks no engine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext as _

from anlan.assessment.conditions import AnyOf, Asked, Below, Fewer, Joined, NoneOf, Rises, SomeOf
from anlan.assessment.rules import Fixed, Judged, PerCount, PerPercentagePoint, PerRise, PerShortfall, ZeroCategory
from anlan.assessment.sheet import CategoryScore, RuleScore
from anlan.web.scores_words import amount, in_turn, name_of, percent_text, points_text

GOOD, BAD, UNKNOWN, NOTE = "good", "bad", "unknown", "note"
Parameters = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure: its label, its value, what is asked for, and whether it costs points ("bad"), holds, or is unknown."""

    measure: str
    label: str
    value: str
    wanted: str
    verdict: str


def facts_of(score: RuleScore, parameters: Parameters) -> tuple[Fact, ...]:
    """Return the figures of a rule in the order in which it asks them, then those shown beside it."""
    reader = _Reader(score, parameters)
    body = score.rule.body
    facts = list(_BODIES[type(body)](reader, body))
    asked = {fact.measure for fact in facts}
    facts += [reader.note(code) for code in score.rule.evidence if code not in asked]
    return tuple(facts)


def short_of(facts: tuple[Fact, ...]) -> str:
    """Return in one line what costs points, for the closed rule; empty when nothing does."""
    return in_turn(_short(fact) for fact in facts if fact.verdict == BAD)


def _short(fact: Fact) -> str:
    words = {"what": fact.label, "value": fact.value, "wanted": fact.wanted}
    if fact.wanted in (_("none"), _("at least 1")):
        return _("%(what)s: %(value)s") % words
    return _("%(what)s: %(value)s (%(wanted)s)") % words


def joined_note(score: RuleScore) -> str:
    """Return what several conditions under one deduction mean; empty for a single one."""
    body = score.rule.body
    when = body.when if isinstance(body, Fixed | ZeroCategory) else None
    if isinstance(when, Joined) and when.mode == "all":
        return _("All of them must hold for the deduction.")
    if isinstance(when, AnyOf | Joined) and len(when.parts) > 1:
        return _("Any one of them is enough; the points go once.")
    return ""


def reckoning_of(score: RuleScore, category: CategoryScore, parameters: Parameters) -> str:
    """Return how the points follow from the figures: "2 missing × 0.5 = 1". Empty where there is nothing to reckon."""
    if not score.amount:
        return ""
    reader, body = _Reader(score, parameters), score.rule.body
    if isinstance(body, ZeroCategory):
        return _("The whole category is lost: %(points)s points.") % {"points": points_text(category.max)}
    if isinstance(body, Fixed):
        return _("%(points)s points, once.") % {"points": points_text(body.points)}
    return _RECKONINGS[type(body)](reader, body) if type(body) in _RECKONINGS else ""


class _Reader:
    """Figures of one rule by code."""

    def __init__(self, score: RuleScore, parameters: Parameters) -> None:
        self.parameters = parameters
        self._figures = {figure.measure.code: figure for figure in score.figures}

    def value(self, code: str, part: str = "") -> int | None:
        return self._figures[code].part(part)

    def name(self, code: str) -> str:
        return name_of(self._figures[code].measure)

    def amount(self, code: str) -> str:
        value = self.value(code)
        return "—" if value is None else amount(value, self._figures[code].measure.unit)

    def share(self, code: str) -> str:
        part, whole = self.value(code, "num"), self.value(code, "den")
        if part is None or not whole:
            return _("— no record to reckon from")
        return _("%(percent)s (%(part)d of %(whole)d)") % {
            "percent": percent_text(part, whole),
            "part": part,
            "whole": whole,
        }

    def years(self, code: str) -> str:
        now, before = self.value(code, "now"), self.value(code, "before")
        if now is None or before is None:
            return "—"
        return _("%(now)d, the year before %(before)d") % {"now": now, "before": before}

    def note(self, code: str) -> Fact:
        figure = self._figures[code]
        names = {name for name, _value in figure.parts}
        value = self.share(code) if "num" in names else self.years(code) if "now" in names else self.amount(code)
        return Fact(measure=code, label=self.name(code), value=value, wanted="", verdict=NOTE)

    def fact(self, code: str, value: str, wanted: str, is_bad: bool | None) -> Fact:
        verdict = UNKNOWN if is_bad is None else BAD if is_bad else GOOD
        return Fact(measure=code, label=self.name(code), value=value, wanted=wanted, verdict=verdict)


def _condition(reader: _Reader, asked: Asked) -> Iterator[Fact]:
    match asked:
        case NoneOf(measure=code):
            found = reader.value(code)
            yield reader.fact(code, reader.amount(code), _("at least 1"), None if found is None else found == 0)
        case SomeOf():
            yield _some(reader, asked)
        case Fewer(have=have, due=due):
            yield _fewer(reader, have, due, asked.among)
        case Below(ratio=code, percent=percent):
            yield _below(reader, code, reader.parameters[percent])
        case Rises(change=code):
            yield _rises(reader, code)
        case AnyOf(parts=parts) | Joined(parts=parts):
            for part in parts:
                yield from _condition(reader, part)


def _some(reader: _Reader, asked: SomeOf) -> Fact:
    found = reader.value(asked.measure)
    whole = reader.value(asked.among) if asked.among else None
    if asked.among and whole == 0:
        words = _("the register “%(what)s” holds none") % {"what": reader.name(asked.among)}
        return reader.fact(
            asked.measure, words, _("none"), {"unknown": None, "true": True, "false": False}[asked.empty]
        )
    value = reader.amount(asked.measure)
    if whole is not None and found is not None:
        value = _("%(part)d of %(whole)s") % {"part": found, "whole": reader.amount(asked.among)}
    return reader.fact(asked.measure, value, _("none"), None if found is None else found > 0)


def _fewer(reader: _Reader, have: str, due: str, among: str = "") -> Fact:
    covered, needed = reader.value(have), reader.value(due)
    if covered is None or needed is None or (among and not reader.value(among)):
        return reader.fact(have, "—", reader.amount(due), None)
    wanted = _("%(number)s due") % {"number": reader.amount(due)}
    return reader.fact(have, reader.amount(have), wanted, covered < needed)


def _below(reader: _Reader, code: str, percent: int) -> Fact:
    part, whole = reader.value(code, "num"), reader.value(code, "den")
    is_bad = None if part is None or not whole else part * 100 < whole * percent
    return reader.fact(code, reader.share(code), _("at least %(percent)d %%") % {"percent": percent}, is_bad)


def _rises(reader: _Reader, code: str) -> Fact:
    now, before = reader.value(code, "now"), reader.value(code, "before")
    is_bad = None if now is None or before is None else now > before
    return reader.fact(code, reader.years(code), _("not more than the year before"), is_bad)


def _when(reader: _Reader, body: Any) -> Iterator[Fact]:
    yield from _condition(reader, body.when)


def _counts(reader: _Reader, body: PerCount) -> Iterator[Fact]:
    for code in body.counts:
        found = reader.value(code)
        yield reader.fact(code, reader.amount(code), _("none"), None if found is None else found > 0)


def _shortfalls(reader: _Reader, body: PerShortfall) -> Iterator[Fact]:
    for pair in body.shortfalls:
        yield _fewer(reader, pair.covered, pair.due)


def _ratios(reader: _Reader, body: PerPercentagePoint) -> Iterator[Fact]:
    for code in body.ratios:
        yield _below(reader, code, reader.parameters[body.percent])


def _rise(reader: _Reader, body: PerRise) -> Iterator[Fact]:
    yield _rises(reader, body.change)


def _nothing(reader: _Reader, body: Judged) -> Iterator[Fact]:
    yield from ()


_BODIES: dict[type, Callable[[_Reader, Any], Iterator[Fact]]] = {
    Fixed: _when,
    ZeroCategory: _when,
    PerCount: _counts,
    PerShortfall: _shortfalls,
    PerPercentagePoint: _ratios,
    PerRise: _rise,
    Judged: _nothing,
}


def _reckon_count(reader: _Reader, body: PerCount) -> str:
    found = sum(reader.value(code) or 0 for code in body.counts)
    return _product(found, body.points, body.cap)


def _reckon_shortfall(reader: _Reader, body: PerShortfall) -> str:
    gaps = ((reader.value(pair.due) or 0) - (reader.value(pair.covered) or 0) for pair in body.shortfalls)
    missing = sum(max(gap, 0) for gap in gaps)
    return _("%(reckoning)s: %(missing)d missing.") % {
        "reckoning": _product(missing, body.points, body.cap),
        "missing": missing,
    }


def _reckon_ratio(reader: _Reader, body: PerPercentagePoint) -> str:
    if body.rounding != "floor" or len(body.ratios) > 1:
        return ""
    part, whole = cast(int, reader.value(body.ratios[0], "num")), cast(int, reader.value(body.ratios[0], "den"))
    steps = (whole * reader.parameters[body.percent] - part * 100) // whole
    words = {"reckoning": _product(steps, body.points, body.cap), "steps": steps}
    return _("%(reckoning)s: %(steps)d whole percentage points below target.") % words


def _reckon_rise(reader: _Reader, body: PerRise) -> str:
    now, before = reader.value(body.change, "now"), reader.value(body.change, "before")
    if not before or now is None:
        return ""
    step = reader.parameters[body.step_percent]
    steps = (now - before) * 100 // (before * step)
    words = {
        "rise": percent_text(now - before, before),
        "step": step,
        "reckoning": _product(steps, body.points, body.cap),
    }
    return _("Up %(rise)s; %(reckoning)s for each full %(step)d %%.") % words


def _product(count: int, each: int, cap: int | None) -> str:
    text = f"{count} × {points_text(each)} = {points_text(count * each)}"
    return _("%(product)s, at most %(cap)s") % {"product": text, "cap": points_text(cap)} if cap is not None else text


_RECKONINGS: dict[type, Callable[[_Reader, Any], str]] = {
    PerCount: _reckon_count,
    PerShortfall: _reckon_shortfall,
    PerPercentagePoint: _reckon_ratio,
    PerRise: _reckon_rise,
}
