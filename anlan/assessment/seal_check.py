"""The check of stored seals behind `anlan check`: document, columns, ledger entry and kept files must agree. Repairs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db.models import QuerySet

from anlan.assessment.edition import changed_edition, changed_parameters, read_edition
from anlan.assessment.errors import AssessmentError
from anlan.assessment.load import rubric_codes
from anlan.assessment.models import Edition, Seal, SealedFile
from anlan.assessment.seal_format import FIRST_FORMAT, BadSeal, Json
from anlan.assessment.seal_list import lines_in, read_list, root_of
from anlan.assessment.seal_records import sha256_of
from anlan.flow.drifts import read_json
from anlan.flow.prepare import json_value
from anlan.kernel.parameter import all_rows
from anlan.ledger.models import Entry

REGISTER = "score"


def broken_seals(among: QuerySet[Entry] | None = None) -> Iterator[tuple[str, str]]:
    """Yield (where, what is wrong) for seals, kept files and published editions.

    `among` keeps to the seals that some entries tell of.
    """
    entries = (Entry.objects.all() if among is None else among).filter(register=REGISTER)
    told = {entry.uid: entry for entry in entries.iterator(chunk_size=200)}
    seals = Seal.objects.all() if among is None else Seal.objects.filter(entry_uid__in=list(told))
    for seal in seals.select_related("institution").order_by("pk").iterator(chunk_size=50):
        place = f"seal {seal.institution.code} {seal}"
        entry = told.pop(seal.entry_uid, None)
        yield from ((place, fault) for fault in faults_of_seal(seal, entry))
    for pk, fault in seals_gone(entries):
        yield f"ledger entry {pk}", fault
    yield from broken_files()


def seals_gone(entries: QuerySet[Entry]) -> Iterator[tuple[int, str]]:
    """Yield (entry, what) for those of the entries that tell of a seal which has no row."""
    gone = entries.filter(register=REGISTER).exclude(uid__in=Seal.objects.values("entry_uid")).order_by("pk")
    yield from ((pk, "tells of a sealed score whose row is gone") for pk in gone.values_list("pk", flat=True))


def broken_files() -> Iterator[tuple[str, str]]:
    """Yield (file, what) for the kept texts of editions and law that were changed. One that is gone is named by its seal."""
    for file in SealedFile.objects.order_by("pk").iterator(chunk_size=50):
        if sha256_of(file.body.encode()) != file.sha256:
            yield f"sealed file {file.name}", "its text does not match its hash"


def changed_editions() -> Iterator[tuple[str, str]]:
    """Yield (where, what to do) for rubric files whose text was changed after they were published."""
    published = set(Edition.objects.values_list("code", flat=True))
    for code in rubric_codes():
        if code not in published:
            continue
        try:
            found = read_edition(code, year=0, check=False)
            yield from (
                (f"rubric {code}", said) for said in (changed_edition(found), *changed_parameters(found)) if said
            )
        except AssessmentError as error:
            yield f"rubric {code}", str(error)


def changed_limits() -> Iterator[tuple[str, str]]:
    """Yield (where, what) for limits of honest times that a seal tells and that are declared otherwise now."""
    once = set()
    for seal in Seal.objects.filter(document__contains='"limits"').order_by("pk").iterator(chunk_size=50):
        for code, rows in _limits_in(seal):
            now = {row.starts_on.isoformat(): row.value for row in all_rows(code)}
            for day, value in rows:
                if now.get(day) != value and (code, day, value) not in once:
                    once.add((code, day, value))
                    yield f"parameter {code}", f"from {day} was sealed as {value} and is {now.get(day, 'gone')} now"


def _limits_in(seal: Seal) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the limits that a seal tells; none where its document is in no form of a seal, which is named by itself."""
    try:
        limits = json.loads(seal.document).get("times", {}).get("limits", {})
        return [(code, [(day, value) for day, value in rows]) for code, rows in limits.items()]
    except (TypeError, ValueError, AttributeError):
        return []


def faults_of_seal(seal: Seal, entry: Entry | None) -> Iterator[str]:
    """Yield what is wrong with one stored seal, whose entry is null where it is gone."""
    try:
        yield from list(_of_document(seal))
    except (LookupError, TypeError, ValueError, AttributeError):
        yield "its document is not in the form in which scores are sealed"
    yield from _of_entry(seal, entry)


def _of_document(seal: Seal) -> Iterator[str]:
    if sha256_of(seal.document.encode()) != seal.sha256:
        yield "its document does not match its hash"
        return
    score = json.loads(seal.document)
    yield from _of_records(seal, score)
    totals, before = score["totals"], score["supersedes"] or {}
    pairs = {
        "institution": (seal.institution.code, score["institution"]["code"]),
        "kind": (seal.kind, score["kind"]),
        "rubric": (seal.rubric, score["rubric"]["code"]),
        "edition": (seal.edition, score["rubric"]["edition"]),
        "year": (seal.year, score["year"]),
        "as_of": (seal.as_of.isoformat(), score["as_of"]),
        "version": (seal.version, score["version"]),
        "raw": (seal.raw, totals["raw"]),
        "applicable_max": (seal.applicable_max, totals["applicable_max"]),
        "normalised": (seal.normalised, totals["normalised"]),
        "reason": (seal.reason, before.get("reason", "")),
        "published_by": (seal.published_by_id, score["published"]["by"]),
        "published_at": (json_value(seal.published_at), score["published"]["at"]),
    }
    for name, (row, said) in pairs.items():
        if row != said:
            yield f"{name}: the row says {row}, the sealed document says {said}"
    yield from _of_files(score["rubric"])


def _of_files(rubric: Json) -> Iterator[str]:
    """What the seal rests on is kept: each text that it names, and the edition as published, whose text is fixed by it."""
    kept = set(SealedFile.objects.filter(pk__in=list(rubric["files"].values())).values_list("pk", flat=True))
    for name, digest in sorted(rubric["files"].items()):
        if digest not in kept:
            yield f"the kept text of {name} is gone"
    published = Edition.objects.filter(code=rubric["code"], edition=rubric["edition"]).values_list("file_id", flat=True)
    if list(published) != [rubric["files"][rubric["file"]]]:
        yield f"edition {rubric['code']} {rubric['edition']} is not kept as published by it"


def _of_records(seal: Seal, score: Json) -> Iterator[str]:
    """Seals of the first format list their records in the document, and no list beside it."""
    lines = lines_in(seal.records)
    if score["format"] == FIRST_FORMAT:
        if lines:
            yield "a list of records was put beside a document of the first format"
        return
    try:
        found = {"count": len(read_list(lines).records), "root": root_of(lines)}
    except BadSeal as error:
        yield f"its list of records cannot be read: {error}"
        return
    if found != score["records"]:
        yield "its list of records is not the one that the sealed document tells"


def _of_entry(seal: Seal, entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield "its ledger entry is gone"
    elif entry.register != REGISTER:
        yield f"the ledger entry that it names is of the register {entry.register}"
    elif entry.content is not None and read_json(entry.content).get("sha256") != seal.sha256:
        yield "its ledger entry tells another hash"
