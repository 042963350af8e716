"""What of a sealed score a person may have: the document, and of the records behind it those that they may read whole.

Screens, API and the command line ask here. `score.json` of today's format names no record, so it is the same for everybody who sees the
score; a document of the first format names them all and cannot be cut without breaking its hash.
"""

from __future__ import annotations

import json
import uuid

from django.utils.translation import gettext as _

from anlan.assessment.models import Seal
from anlan.assessment.seal_format import FIRST_FORMAT, Json
from anlan.assessment.seal_list import lines_in, read_list
from anlan.assessment.seal_profile import REGISTER as UNIT
from anlan.assessment.seal_records import entries_of
from anlan.flow.drifts import CHUNK
from anlan.flow.erasure import tombstones
from anlan.flow.masking import clearance_in, may_read
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry
from anlan.org.errors import NotAllowed
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting, as_system


def document_for(seal: Seal, *, by: Actor) -> bytes:
    """Return score.json for a person: one of today's format names no record and is the same for everybody.

    Raises: NotAllowed for a document of the first format that lists a record which they may not see.
    """
    if not may_have_document(seal, by=by):
        raise withheld_whole()
    return seal.document.encode()


def may_have_document(seal: Seal, *, by: Actor) -> bool:
    """Tell whether the person may have score.json: always, but for one of the first format that lists what they may not see."""
    score: Json = json.loads(seal.document)
    return not is_first(score) or by.is_system or set(sealed_in(seal, score)) <= seen_of(seal, score, by=by)


def may_have_whole(seal: Seal, *, by: Actor) -> bool:
    """Tell whether the person may have a package: always, but for one of the first format with what they may not read."""
    score: Json = json.loads(seal.document)
    return not is_first(score) or by.is_system or set(sealed_in(seal, score)) <= readable_of(seal, score, by=by)


def is_first(score: Json) -> bool:
    """Tell whether a document is of the first format, which lists its records itself."""
    return bool(score["format"] == FIRST_FORMAT)


def withheld_whole() -> NotAllowed:
    """Return the refusal of a seal that cannot be cut to what the reader may see."""
    message = _(
        "This sealed score is of the first format, which names every record behind it, and you may not read all of them. Its points "
        "stand on the page; ask whoever may read everything for the file."
    )
    return NotAllowed("assessment.E081", message)


def seen_of(seal: Seal, score: Json, *, by: Actor) -> set[uuid.UUID]:
    """Return which of a seal's records the person sees, erased ones by what is kept of them; what an institution is, everybody sees."""
    found: set[uuid.UUID] = set()
    with acting(by):
        for register, uids in _by_register(seal, score).items():
            if register == UNIT:
                found |= set(uids)
                continue
            spec = find_register(register)
            found |= {stone.record_uid for stone in tombstones(seal.institution, spec=spec)} & set(uids)
            for start in range(0, len(uids), CHUNK):
                rows = spec.model.objects.filter(uid__in=uids[start : start + CHUNK])
                found |= set(rows.values_list("uid", flat=True))
    return found


def readable_of(seal: Seal, score: Json, *, by: Actor) -> set[uuid.UUID]:
    """Return which of a seal's records the person may read whole: they see them, and no entry says a column that is hidden from them."""
    seen = seen_of(seal, score, by=by)
    with as_system("columns behind a sealed score"):
        entries = [entry for entry in entries_in(seal, score) if entry.record_uid in seen]
    with acting(by):
        hidden = {code: _hidden(code, seal.institution) for code in {entry.register for entry in entries}}
    spoilt = {one.record_uid for one in entries if hidden[one.register] & set(json.loads(one.content or "{}"))}
    return seen - spoilt


def _hidden(register: str, institution: Institution) -> set[str]:
    """Return the columns of a register that the acting person may not read."""
    if register == UNIT:
        return set()
    spec, clearance = find_register(register), clearance_in(institution)
    fields = spec.model._meta.concrete_fields
    return {one.attname for one in fields if not may_read(spec, one.name, clearance=clearance)}


def sealed_in(seal: Seal, score: Json) -> dict[uuid.UUID, Json]:
    """Return what a seal lists of each record."""
    listed = score["records"] if is_first(score) else read_list(lines_in(seal.records)).records
    return {uuid.UUID(uid): record for uid, record in listed.items()}


def _by_register(seal: Seal, score: Json) -> dict[str, list[uuid.UUID]]:
    found: dict[str, list[uuid.UUID]] = {}
    for uid, record in sealed_in(seal, score).items():
        found.setdefault(record["register"], []).append(uid)
    return found


def entries_in(seal: Seal, score: Json) -> list[Entry]:
    """Return the sealed versions of the records; what happened to them later is no part of the seal."""
    sealed = {uid: len(record["entries"]) for uid, record in sealed_in(seal, score).items()}
    return [entry for entry in entries_of(sealed) if entry.version <= sealed[entry.record_uid]]
