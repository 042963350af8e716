"""What costs an institution points now, the costliest first: for its home page and the top of its sheet."""

from dataclasses import dataclass

from django.http import Http404

from anlan.assessment.sheet import Sheet
from anlan.web.place import Place
from anlan.web.scores import CityRow, city, current_rubric, sheet_at, words

MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One rule that took points: what it says, what wins them back, where to read on. Points in hundredths."""

    code: str
    text: str
    mend: str
    deducted: int
    url: str


def gaps_of(place: Place, sheet: Sheet, *, most: int = MOST) -> list[Gap]:
    """Return the rules that cost the most, at most `most`."""
    lost = sorted((rule for rule in sheet.rules() if rule.deducted), key=lambda rule: -rule.deducted)
    return [
        Gap(
            code=score.code,
            text=words(score.rule.text),
            mend=words(score.rule.mend),
            deducted=score.deducted,
            url=place.url("rule", score.code),
        )
        for score in lost[:most]
    ]


def home_gaps(place: Place) -> list[Gap]:
    """Return what costs the institution in view the most; nothing for a person without the right to see its score."""
    if place.institution is None:
        return []
    try:
        return gaps_of(place, sheet_at(place, current_rubric()))
    except Http404:
        return []


def lowest(place: Place) -> list[CityRow]:
    """Return, for a commission, the institutions where reviewers have most to decide, then the lowest scores."""
    if place.institution is not None:
        return []
    try:
        rows = city(place, current_rubric()).rows
    except Http404:
        return []
    return sorted(rows, key=lambda row: (-row.waits, row.normalised or 0))[:MOST]
