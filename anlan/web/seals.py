"""Sealed scores ready for the screen: the list of an institution's year, and one sealed sheet read from its document alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from anlan.assessment.models import Seal
from anlan.assessment.rubric import Rubric
from anlan.assessment.seal_evaluate import sealed_rubric
from anlan.assessment.seal_export import sealed_files
from anlan.assessment.seal_rights import may_take_document, may_take_package
from anlan.web.place import Place
from anlan.web.scores_words import points_text

_OUTCOMES = {
    "scored": gettext_lazy("Scored"),
    "not_applicable": gettext_lazy("Not applicable"),
    "no_data": gettext_lazy("No data"),
    "awaits_person": gettext_lazy("Awaits a person"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRule:
    """One rule of a sealed sheet."""

    code: str
    text: Any
    outcome: Any
    deducted: int
    proposed: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCategory:
    """One row of a sealed sheet; `score` holds what was sealed, in hundredths."""

    score: Mapping[str, Any]
    name: Any
    rules: tuple[SealedRule, ...]

    @property
    def applies(self) -> bool:
        """Whether the row concerned the institution."""
        return bool(self.score["outcome"] != "not_applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPage:
    """What the page of a seal shows. `later` is the seal that stands behind it, if there is one."""

    seal: Seal
    score: Mapping[str, Any]
    title: Any
    rows: tuple[SealedCategory, ...]
    earlier: Seal | None
    later: Seal | None
    summary: str
    takes_package: bool
    takes_document: bool
    records: int


class SealForm(forms.Form):
    """The confirmation before a score is sealed; a reason where the year was sealed before."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is sealed anew"),
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )

    def __init__(self, *args: Any, is_anew: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_anew:
            del self.fields["reason"]
        else:
            self.fields["reason"].is_wide = True  # type: ignore[attr-defined]


def seals_at(place: Place) -> list[Seal]:
    """Return the seals of the institution's year, the newest first; without their documents, which are large."""
    rows = Seal.objects.filter(institution=place.institution, year=place.year).defer("document")
    return list(rows.select_related("published_by").order_by("-published_at", "-pk"))


def sealed_page(seal: Seal, *, place: Place) -> SealedPage:
    """Return the page of a seal. Raises: BadSeal when the sealed text of its edition is gone."""
    score = json.loads(seal.document)
    rubric = _rubric(seal.sha256, seal.pk)
    chain = Seal.objects.filter(institution=seal.institution, rubric=seal.rubric, year=seal.year, kind=seal.kind).defer(
        "document"
    )
    summary = summary_of(seal, score)
    return SealedPage(
        seal=seal,
        score=score,
        title=rubric.title,
        rows=tuple(_row(row, rubric) for row in score["categories"]),
        earlier=chain.filter(version=seal.version - 1).first(),
        later=chain.filter(version=seal.version + 1).first(),
        summary=summary,
        takes_package=may_take_package(place.actor, seal),
        takes_document=may_take_document(place.actor, seal),
        records=count_of(score["records"]),
    )


def summary_of(seal: Seal, score: Mapping[str, Any]) -> str:
    """Return the short text of a seal that a code on paper carries: what was scored, its hash, and the checkpoint."""
    checkpoint = score["checkpoint"]
    lines = (
        score["format"],
        f"{score['institution']['code']} {seal.rubric} {seal.year} {seal.kind} v{seal.version}",
        f"{points_text(seal.raw)}/{points_text(seal.applicable_max)} {score['as_of']}",
        f"sha256 {seal.sha256}",
        score["log"],
        str(checkpoint["size"]),
        checkpoint["root"],
    )
    return "\n".join(lines)


def count_of(records: Any) -> int:
    """Return how many records a document speaks of; one of the first format lists them."""
    if isinstance(records, int):
        return records
    return int(records["count"]) if "count" in records else len(records)


def _row(row: Mapping[str, Any], rubric: Rubric) -> SealedCategory:
    category = next(one for one in rubric.categories if one.code == row["code"])
    rules = {rule.code: rule for rule in category.rules}
    return SealedCategory(
        score=row,
        name=category.name,
        rules=tuple(
            SealedRule(
                code=one["code"],
                text=rules[one["code"]].text,
                outcome=_OUTCOMES[one["outcome"]],
                deducted=one["deducted"],
                proposed=one["proposed"],
                records=count_of(one["records"]),
            )
            for one in row["rules"]
        ),
    )


@lru_cache(maxsize=16)
def _rubric(sha256: str, key: int) -> Rubric:
    """The edition as sealed, kept by the hash of the score: neither ever changes."""
    score = json.loads(Seal.objects.get(pk=key, sha256=sha256).document)
    with sealed_rubric(score, sealed_files(score)) as rubric:
        return rubric.value
