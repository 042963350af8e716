"""The check of stored seals behind `anlan check`: document, columns, ledger entry and kept files must agree. Repairs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db.models import QuerySet

from anlan.assessment.edition import changed_edition, read_edition
from anlan.assessment.errors import AssessmentError
from anlan.assessment.load import rubric_codes
from anlan.assessment.models import Edition, Seal, SealedFile
from anlan.assessment.seal_records import sha256_of
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
    for entry in told.values():
        yield f"ledger entry {entry.pk}", "tells of a sealed score whose row is gone"
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
            if said := changed_edition(read_edition(code, year=0, check=False)):
                yield f"rubric {code}", said
        except AssessmentError as error:
            yield f"rubric {code}", str(error)


def faults_of_seal(seal: Seal, entry: Entry | None) -> Iterator[str]:
    """Yield what is wrong with one stored seal, whose entry is null where it is gone."""
    yield from _of_document(seal)
    yield from _of_entry(seal, entry)


def _of_document(seal: Seal) -> Iterator[str]:
    if sha256_of(seal.document.encode()) != seal.sha256:
        yield "its document does not match its hash"
        return
    score = json.loads(seal.document)
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
    }
    for name, (row, said) in pairs.items():
        if row != said:
            yield f"{name}: the row says {row}, the sealed document says {said}"


def _of_entry(seal: Seal, entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield "its ledger entry is gone"
    elif entry.content is not None and json.loads(entry.content).get("sha256") != seal.sha256:
        yield "its ledger entry tells another hash"
