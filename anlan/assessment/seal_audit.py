"""The stored seals as a stage of the running audit: each against its document, its columns and its ledger entry."""

from collections.abc import Iterator
from typing import Any

from anlan.assessment.models import Seal
from anlan.assessment.seal_check import broken_files, faults_of_seal, seals_gone
from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault
from anlan.ledger.models import Entry

_SEALS = 20  # a document is long: 500 rows cost as much as some 25 of them


def drift_of_seals(*, after: Any = None, limit: int = CHUNK) -> Chunk:
    """Compare the seals behind a key; at the end also what the ledger tells of seals that have no row, and the kept texts."""
    at_once = max(1, limit // _SEALS)
    seals = list(Seal.objects.filter(pk__gt=after or 0).select_related("institution").order_by("pk")[:at_once])
    told = {entry.uid: entry for entry in Entry.objects.filter(uid__in=[seal.entry_uid for seal in seals])}
    drifts = tuple(
        Drift(
            fault=Fault.SEAL,
            register="score",
            record_uid=None,
            institution_id=seal.institution_id,
            number=f"{seal.institution.code} {seal}"[:40],
            column=f"seal {seal.pk}",
            row_says=said,
        )
        for seal in seals
        for said in faults_of_seal(seal, told.get(seal.entry_uid))
    )
    last = seals[-1].pk if len(seals) == at_once else None
    return Chunk(drifts=drifts if last is not None else (*drifts, *_beside()), last=last, seen=len(seals))


def _beside() -> Iterator[Drift]:
    gone = ((f"entry {pk}", said) for pk, said in seals_gone(Entry.objects.all()))
    for where, said in (*gone, *broken_files()):
        yield Drift(
            fault=Fault.SEAL,
            register="score",
            record_uid=None,
            institution_id=None,
            number=where[:40],
            column=where[:80],
            row_says=said,
        )
