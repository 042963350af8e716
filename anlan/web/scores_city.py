"""The scores of a commission's institutions side by side: heat map, ranks with ties, groups of like with like."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from anlan.assessment.edition import codes_in_force
from anlan.assessment.load import current_rubric, rubric_codes
from anlan.assessment.rubric import Category, Rubric
from anlan.assessment.sheet import CategoryScore, Sheet
from anlan.org.models import Institution, Unit
from anlan.web.place import Place, unit_name
from anlan.web.scores_source import institutions_at, median, score_table
from anlan.web.scores_words import in_turn, points_text, said

STEPS = ((100, 6), (95, 5), (90, 4), (80, 3), (60, 2), (40, 1))  # share of the maximum in percent → heat
WEAK_PERCENT = 80
GROUPINGS = ("class", "district", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One category of one institution. ``tone`` is a heat class; ``hx`` where the row does not apply."""

    name: str
    text: str
    max: str
    tone: str
    title: str
    url: str
    waits: int
    no_data: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One institution. ``rank`` is shared by equal scores and null where nothing applies; points in hundredths."""

    code: str
    name: str
    class_name: str
    district: str
    url: str
    sheet: Sheet
    cells: tuple[Cell, ...]
    waiting: int
    no_data: int
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Institutions that are ranked among themselves."""

    name: str
    rows: tuple[Row, ...]
    median: int | None

    @property
    def span(self) -> str:
        """Return the lowest and highest score in words; empty for fewer than two."""
        known = sorted(row.sheet.normalised for row in self.rows if row.sheet.normalised is not None)
        return f"{points_text(known[0])}–{points_text(known[-1])}" if len(known) > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPage:
    """What the page of a commission shows."""

    groups: tuple[Group, ...]
    categories: tuple[Category, ...]
    by: str
    groupings: tuple[tuple[str, str], ...]
    count: int
    median: int | None
    waiting: int
    at_risk: int
    finding: str
    weakest: str
    weakest_loss: str
    chosen: str
    choices: tuple[tuple[str, str], ...]
    classes: int


def city_page(place: Place, *, rubric: Rubric, as_of: dt.date, by: str, suffix: str, chosen: str = "") -> CityPage:
    """Return the page of the institutions that the person may see at the place; one evaluation for all of them."""
    rows = city_rows(place, rubric=rubric, as_of=as_of, suffix=suffix)
    by = by if by in GROUPINGS else GROUPINGS[0]
    losses = _losses(rubric, rows)
    weakest = max(losses, key=lambda pair: pair[1], default=None)
    has_loss = weakest is not None and weakest[1] > 0
    return CityPage(
        groups=tuple(_groups(rows, by)),
        categories=rubric.categories,
        by=by,
        groupings=(("class", _("By class")), ("district", _("By district")), ("all", _("All together"))),
        count=len(rows),
        median=median([row.sheet.normalised for row in rows]),
        waiting=sum(row.waiting for row in rows),
        at_risk=sum(row.sheet.at_risk for row in rows),
        finding=_finding(weakest[0], rows) if weakest and has_loss else _("No category has lost points"),
        weakest=said(weakest[0].name) if weakest and has_loss else "",
        weakest_loss=points_text(round(weakest[1])) if weakest and has_loss else "",
        chosen=chosen if chosen in {row.code for row in rows} else "",
        choices=tuple((row.code, row.name) for row in rows),
        classes=len({row.class_name for row in rows}),
    )


def most_to_decide(place: Place, *, most: int = 6) -> list[Row]:
    """Return, for a commission, the institutions with most rules that wait for a person, then those with low scores."""
    if place.institution is not None or not place.actor.can("can:compare") or not rubric_codes():
        return []
    rows = city_rows(place, rubric=current_rubric(codes_in_force(year=place.year)[0]), as_of=place.as_of(), suffix="")
    return sorted(rows, key=lambda row: (-row.waiting, row.sheet.normalised or 0))[:most]


def city_rows(place: Place, *, rubric: Rubric, as_of: dt.date, suffix: str = "") -> list[Row]:
    """Return one row for each institution, in tree order, without ranks."""
    institutions = institutions_at(place)
    table = score_table(rubric, year=place.year, as_of=as_of, institutions=institutions)
    districts = {unit.path: unit_name(unit) for unit in _commissions(institutions)}
    return [_row(one, table.sheet(one.pk), districts, place.year, suffix) for one in institutions]


def ranked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows by falling score with ranks; equal scores share one, and the next rank skips them. None comes last."""
    known = sorted(
        (row for row in rows if row.sheet.normalised is not None), key=lambda row: -(row.sheet.normalised or 0)
    )
    scores = [row.sheet.normalised for row in known]
    placed = [replace(row, rank=scores.index(row.sheet.normalised) + 1) for row in known]
    return (*placed, *(row for row in rows if row.sheet.normalised is None))


def heat(points: int, most: int) -> str:
    """Return the heat class of a share of the maximum: h6 for all of it, h0 for under two fifths."""
    share = points * 100 / most if most else 0
    return next((f"h{step}" for least, step in STEPS if share >= least), "h0")


def _of_no_group(_row: Row) -> str:
    return ""


def _groups(rows: Sequence[Row], by: str) -> Iterator[Group]:
    keys: dict[str, Callable[[Row], str]] = {"class": lambda row: row.class_name, "district": lambda row: row.district}
    key: Callable[[Row], str] = keys.get(by, _of_no_group)
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=class_order) if by == "class" else rows:
        found.setdefault(key(row), []).append(row)
    for name, members in found.items():
        yield Group(name=name, rows=ranked(members), median=median([row.sheet.normalised for row in members]))


def class_order(row: Row) -> int:
    """Return where the class of an institution stands: by falling level, then ungraded, then the special ones."""
    kinds = [kind.code for kind in row.sheet.rubric.classes]
    order = sorted(kinds, key=lambda code: ("large" in code, code == "ungraded", -_level(row.sheet.rubric, code)))
    return order.index(row.sheet.class_code) if row.sheet.class_code in order else len(order)


def _level(rubric: Rubric, code: str) -> int:
    kind = next(entry for entry in rubric.classes if entry.code == code)
    return dict(kind.example).get("class_level", 0)


def _row(institution: Institution, sheet: Sheet, districts: dict[str, str], year: int, suffix: str) -> Row:
    url = reverse("web:score", args=(institution.unit.code, year)) + suffix
    path = institution.unit.path[: -Unit.steplen]
    kind = sheet.institution_class
    return Row(
        code=institution.unit.code,
        name=unit_name(institution.unit),
        class_name=said(kind.name) if kind else _("No class"),
        district=districts.get(path, ""),
        url=url,
        sheet=sheet,
        cells=tuple(_cell(category, url) for category in sheet.categories),
        waiting=sum(1 for rule in sheet.rules() if rule.outcome == "awaits_person"),
        no_data=sum(1 for rule in sheet.rules() if rule.outcome == "no_data"),
    )


def _cell(score: CategoryScore, url: str) -> Cell:
    waits = sum(1 for rule in score.rules if rule.outcome == "awaits_person")
    unknown = sum(1 for rule in score.rules if rule.outcome == "no_data")
    absent = score.outcome == "not_applicable"
    title = _("Not applicable to this class") if absent else in_turn(_remarks(score, waits, unknown))
    return Cell(
        name=said(score.category.name),
        text="—" if absent else points_text(score.points),
        max=points_text(score.max),
        tone="hx" if absent else heat(score.points, score.max),
        title=title,
        url=f"{url}#{score.code}",
        waits=0 if absent else waits,
        no_data=0 if absent else unknown,
    )


def _remarks(score: CategoryScore, waits: int, unknown: int) -> Iterator[str]:
    yield _("%(points)s of %(max)s") % {"points": points_text(score.points), "max": points_text(score.max)}
    if waits:
        yield ngettext("%(n)d rule waits for a person", "%(n)d rules wait for a person", waits) % {"n": waits}
    if score.at_risk:
        yield _("%(points)s points at risk") % {"points": points_text(score.at_risk)}
    if unknown:
        yield ngettext("%(n)d rule has no data", "%(n)d rules have no data", unknown) % {"n": unknown}


def _losses(rubric: Rubric, rows: Sequence[Row]) -> list[tuple[Category, float]]:
    """The mean loss of each category in hundredths, among the institutions that it concerns."""
    found = []
    for category in rubric.categories:
        scores = [score for row in rows if (score := row.sheet.category(category.code)).outcome != "not_applicable"]
        if scores:
            found.append((category, sum(score.max - score.points for score in scores) / len(scores)))
    return found


def _finding(category: Category, rows: Sequence[Row]) -> str:
    scores = [score for row in rows if (score := row.sheet.category(category.code)).outcome != "not_applicable"]
    weak = sum(1 for score in scores if score.points * 100 < score.max * WEAK_PERCENT)
    lost = sum(1 for score in scores if score.points < score.max)
    name = said(category.name)
    if weak:
        text = ngettext(
            "%(category)s loses most: %(n)d institution is below four fifths of the maximum",
            "%(category)s loses most: %(n)d institutions are below four fifths of the maximum",
            weak,
        )
        return text % {"category": name, "n": weak}
    text = ngettext(
        "%(category)s loses most: %(n)d institution lost points",
        "%(category)s loses most: %(n)d institutions lost points",
        lost,
    )
    return text % {"category": name, "n": lost}


def _commissions(institutions: Sequence[Institution]) -> list[Any]:
    paths = {one.unit.path[: -Unit.steplen] for one in institutions}
    return list(Unit.objects.filter(path__in=paths))
