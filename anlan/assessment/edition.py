"""Editions of a rubric: which one is in force in a year, which files make it, and that a published one is not changed.

A rubric file may say `series: NAME` and `years: {from: 2018, to: 2024}` (inclusive; either end may be left out). A score of the
year Y asked for by the series takes the edition of Y, so that re-scoring the past uses the rules that were in force then.
"""

from __future__ import annotations

import hashlib
import posixpath
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from anlan.assessment.document import open_document
from anlan.assessment.errors import AssessmentError, UnknownRubric, nearest
from anlan.assessment.load import current_rubric, find_rubric, load_parameters, load_rubric, rubric_codes
from anlan.assessment.models import Edition, Seal, SealedFile
from anlan.assessment.rubric import Rubric

FOLDER = "rubrics"
Key = tuple[str, str]  # a parameter's code and the first day of a row
Values = Mapping[Key, int]


class EditionChanged(AssessmentError):
    """The text of a published edition was changed."""

    id = "assessment.E016"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFiles:
    """A rubric with the bytes of the files that it was read from, by their path within a package. `main` is its own."""

    rubric: Rubric
    main: str
    files: Mapping[str, bytes]

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file."""
        return {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}


def edition_in_force(name: str, *, year: int) -> str:
    """Return the code of the rubric in force in a year: of a series its edition, of a code itself if its years allow.

    Raises: UnknownRubric, naming the years that there are.
    """
    codes = rubric_codes()
    spans = {code: _span(code) for code in codes}
    series = [code for code in codes if name in (code, spans[code][0])]
    if not series:
        known = sorted({*codes, *(span[0] for span in spans.values())})
        raise UnknownRubric(f'No rubric and no series is called "{name}". {nearest(name, known)}')
    fitting = [code for code in series if spans[code][1] <= year <= spans[code][2]]
    if not fitting:
        years = "; ".join(f"{code}: {_told(spans[code][1:])}" for code in series)
        raise UnknownRubric(
            f'"{name}" has no edition in force in {year}. {years}. Choose another year, or add an edition.'
        )
    return max(fitting, key=lambda code: spans[code][1])


def codes_in_force(*, year: int) -> tuple[str, ...]:
    """Return the codes of all rubrics in force in a year; all of them where none says from when."""
    found = tuple(code for code in rubric_codes() if _span(code)[1] <= year <= _span(code)[2])
    return found or rubric_codes()


def read_edition(name: str, *, year: int, check: bool = True) -> EditionFiles:
    """Return the edition in force in a year, with its files. A path of a file is taken as it is.

    Without `check` a code is taken whatever its years, and a changed text is not refused.
    Raises: UnknownRubric, RubricError; EditionChanged when its text is not the one that was published.
    """
    path = (
        Path(name)
        if name.endswith((".yaml", ".yml"))
        else find_rubric(edition_in_force(name, year=year) if check else name)
    )
    rubric = load_rubric(path)
    main, files = _files(path)
    found = EditionFiles(rubric=rubric, main=main, files=files)
    if check and (changed := [one for one in (changed_edition(found), *changed_parameters(found)) if one]):
        raise EditionChanged(" ".join(changed))
    return found


def changed_edition(found: EditionFiles) -> str:
    """Return what to do about an edition whose text was changed after it was published; empty when it was not."""
    rubric = found.rubric
    published = Edition.objects.filter(code=rubric.code, edition=rubric.edition).first()
    if published is None or published.file_id == found.hashes()[found.main]:
        return ""
    message = _(
        'Rubric "%(code)s", edition %(edition)s, was published with SHA-256 %(hash)s…, and its text was changed since. '
        "Restore the published text, or give the new one another code or edition."
    )
    return message % {"code": rubric.code, "edition": rubric.edition, "hash": published.file_id[:16]}


def changed_parameters(found: EditionFiles) -> tuple[str, ...]:
    """Return what to do about thresholds of the rubric that a seal rests on and whose file says another value for the day now.

    A row of a later day may be added; a row that a score was sealed by stays as it was, and no row comes between it and the year
    that was sealed.
    """
    used = {code for _category, rule in found.rubric.rules() for code in rule.body.parameters()}
    said = []
    for name, body in found.files.items():
        if "/parameters/" not in name:
            continue
        now = _values(name, body)
        for file in SealedFile.objects.filter(name=name[:120]).exclude(sha256=found.hashes()[name]).order_by("pk"):
            before = {key: value for key, value in _values(name, file.body.encode()).items() if key[0] in used}
            said += [_changed(name, key, value, now.get(key)) for key, value in before.items() if now.get(key) != value]
            said += [_changed(name, key, before[key], now[later]) for key, later in _overtaken(file, before, now)]
    return tuple(dict.fromkeys(said))


def _overtaken(file: SealedFile, before: Values, now: Values) -> Iterator[tuple[Key, Key]]:
    """Yield (row that was in force, row that is now) for the years that were sealed by a file, where the value is another one."""
    years = (
        Seal.objects.filter(document__contains=file.sha256).values_list("year", flat=True).distinct().order_by("year")
    )
    for year in years:
        first = f"{year}-01-01"
        for code in sorted({code for code, _day in before}):
            was, later = (
                max((key for key in some if key[0] == code and key[1] <= first), default=None) for some in (before, now)
            )
            if was is not None and later is not None and now[later] != before[was]:
                yield was, later


def _changed(name: str, key: tuple[str, str], before: int, now: int | None) -> str:
    message = _(
        '%(file)s: the parameter "%(code)s" from %(day)s was sealed as %(before)s and is %(now)s now. Restore it, or add a row with a '
        "later day."
    )
    words = {"file": name, "code": key[0], "day": key[1], "before": before}
    return message % (words | {"now": _("gone") if now is None else now})


def _values(name: str, body: bytes) -> Values:
    """Return the values of a parameter file by code and first day. Raises: RubricError for a text that is none any more."""
    with tempfile.TemporaryDirectory(prefix="anlan-parameters-") as folder:
        file = Path(folder) / "parameters" / posixpath.basename(name)
        file.parent.mkdir()
        file.write_bytes(body)
        return {(row.code, row.starts_on.isoformat()): row.value for row in load_parameters(Path(folder), file.stem)}


def _files(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return the rubric's path and the bytes of every file that loading it reads, as they lie relative to each other."""
    root = open_document(path)
    law = posixpath.normpath(posixpath.join(FOLDER, root.require("law").text()))
    if law.startswith(("..", "/")):
        raise AssessmentError(
            f"{path}: the law folder lies too far from the rubric to be sealed with it; put it beside."
        )
    parameters = f"{root.require('parameters').text()}.yaml"
    main, folder = f"{FOLDER}/{path.name}", (path.parent / root.require("law").text()).resolve()
    names = ("clauses.yaml", "instruments.yaml", f"parameters/{parameters}")
    return main, {main: path.read_bytes(), **{f"{law}/{name}": (folder / name).read_bytes() for name in names}}


def _span(code: str) -> tuple[str, int, int]:
    """Return the series of a rubric and its first and last year."""
    rubric = current_rubric(code)
    return rubric.series or rubric.code, rubric.first_year, rubric.last_year


def _told(span: tuple[int, int]) -> str:
    first, last = span
    return f"{first if first else '…'}–{last if last < 9999 else '…'}"
