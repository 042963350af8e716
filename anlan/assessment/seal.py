"""Sealing a score: what was scored, by which edition, from which entries, at which checkpoint, fixed for good.

A draft is built, then verified offline as any stranger would; only a draft that holds is published. So a score whose rows drifted
from their entries cannot be sealed. Publishing stores the document and appends a ledger entry of the register `score` in the
same transaction. A later seal stands behind the earlier one and says why; nothing is overwritten.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from anlan.assessment.edition import EditionFiles, read_edition
from anlan.assessment.errors import AssessmentError
from anlan.assessment.models import Edition, Seal, SealedFile
from anlan.assessment.score import score_institutions, score_plan
from anlan.assessment.seal_document import measures_data, parameters_data, rubric_data, sheet_data, tables_data
from anlan.assessment.seal_format import FORMAT, Json, SealedEntry
from anlan.assessment.seal_list import lines_of, root_of
from anlan.assessment.seal_profile import REGISTER as UNIT
from anlan.assessment.seal_profile import profile_uid, refuse_other_profile
from anlan.assessment.seal_records import (
    RecordsRead,
    entries_of,
    place_what_waits,
    positions_of,
    records_data,
    records_read,
    sealed_entries,
    sha256_of,
    signed_head,
)
from anlan.assessment.seal_self_check import refuse_drift, refuse_unencrypted, refuse_unless_it_holds
from anlan.assessment.seal_times import asked_of, look_again, records_beside, times_data
from anlan.assessment.sheet import Sheet
from anlan.facts.live import live_engine
from anlan.facts.schema import live_schema
from anlan.flow.drift import drift_within
from anlan.flow.replay import Replayed, Said, replay
from anlan.flow.spec import find_register
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry, TreeHead
from anlan.org.events import note
from anlan.org.models import Institution
from anlan.org.scope import Actor, as_system

REGISTER = "score"
SCREEN = Origin(kind="screen")


class Superseded(AssessmentError):
    """Another seal of the same year was published in the meantime, or a reason is wanting."""

    id = "assessment.E023"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to seal: which institution, edition (a code, a series or a file), year, last day, and as whose score."""

    institution: Institution
    rubric: str
    year: int
    as_of: dt.date
    kind: str = Seal.Kind.COMMISSION
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A score ready to be sealed: the document without who publishes it, the list of its records, its entries, and the files of its
    edition.
    """

    wanted: Wanted
    sheet: Sheet
    data: Json
    records: tuple[bytes, ...]
    entries: tuple[SealedEntry, ...]
    edition: EditionFiles


def draft(wanted: Wanted) -> Draft:
    """Score, gather what stands behind the score, and verify it as a stranger would.

    Raises: NotInTree while entries wait for the tree; DoesNotHold when the rows are not what their entries say; EditionChanged,
    UnknownRubric and others of the room.
    """
    edition = read_edition(wanted.rubric, year=wanted.year)
    place_what_waits()
    with as_system("sealing a score"), transaction.atomic():
        honest = asked_of(score_plan(edition.rubric, year=wanted.year, schema=live_schema()).plan)
        look_again(honest, wanted.institution.pk)
        sheet = _sheet(wanted, edition)
        refuse_unencrypted(wanted.institution.pk, (*_registers(sheet), UNIT))
        refuse_drift(drift_within(wanted.institution.pk, _registers(sheet)))
        read = records_read(sheet)
        unit = profile_uid(wanted.institution.code)
        behind = {**read.registers, **records_beside(honest, wanted.institution.pk, read.registers), unit: UNIT}
        entries = entries_of(behind)
        attributes = _attributes(wanted.institution, sheet, [one for one in entries if one.record_uid == unit])
        positions = positions_of(entries)
        head = signed_head(positions.values(), count=len(entries))
        proven = sealed_entries(entries, positions, size=head.size)
        records = lines_of(records_data(entries, behind), read.by_rule)
        data = _data(wanted, sheet, edition, read, head) | times_data(honest)
        data["records"] = {"count": len(records), "root": root_of(records)}
        data["institution"] |= {"attributes": attributes, "record": unit.hex}
    made = Draft(wanted=wanted, sheet=sheet, data=data, records=records, entries=proven, edition=edition)
    refuse_unless_it_holds(made.data, made.entries, edition.files)
    return made


def publish(made: Draft, *, by: Actor, at: dt.datetime, origin: Origin = SCREEN) -> Seal:
    """Store a draft for good, with a ledger entry in the same transaction, and return the seal.

    Raises: Superseded when a reason is wanting or another seal came first.
    """
    wanted = made.wanted
    with transaction.atomic():
        last = (
            seals_of(wanted.institution, made.sheet.rubric.code, wanted.year, wanted.kind).order_by("-version").first()
        )
        if last is not None and not wanted.reason.strip():
            message = _("This year's score is sealed already (version %(version)d). Say why it is sealed anew.")
            raise Superseded(message % {"version": last.version})
        version = last.version + 1 if last else 1
        document = canonical_bytes(made.data | _published(last, wanted, version, by=by, at=at))
        _keep_files(made.edition, at=at)
        try:
            return _store(made, document, version, by=by, at=at, origin=origin)
        except IntegrityError as error:
            raise Superseded(_("Somebody else sealed this score at the same moment. Look at theirs first.")) from error


def seals_of(institution: Institution, rubric: str, year: int, kind: str = "") -> models.QuerySet[Seal]:
    """Return the seals of an institution's year by a rubric; of both kinds unless one is named."""
    rows = Seal.objects.filter(institution=institution, rubric=rubric, year=year)
    return rows.filter(kind=kind) if kind else rows


def _sheet(wanted: Wanted, edition: EditionFiles) -> Sheet:
    table = score_institutions(
        edition.rubric,
        year=wanted.year,
        as_of=wanted.as_of,
        engine=live_engine(),
        institutions=(wanted.institution.pk,),
        schema=live_schema(),
    )
    return table.sheet(wanted.institution.pk)


def _data(wanted: Wanted, sheet: Sheet, edition: EditionFiles, read: RecordsRead, head: TreeHead) -> Json:
    institution, rubric, registers = wanted.institution, edition.rubric, _registers(sheet)
    names = {"zh": institution.unit.name, "en": institution.unit.name_en or institution.unit.name}
    return {
        "format": FORMAT,
        "kind": str(wanted.kind),
        "institution": {"code": institution.code, "name": names},
        "year": wanted.year,
        "as_of": wanted.as_of.isoformat(),
        "log": head.checkpoint.partition("\n")[0],
        "checkpoint": {"size": head.size, "root": bytes(head.root).hex(), "note": head.checkpoint},
        "rubric": rubric_data(rubric, file=edition.main, files=edition.hashes()),
        "parameters": parameters_data(rubric, year=wanted.year),
        "measures": measures_data(sheet),
        "tables": {"schema": tables_data(sheet.schema, registers), "blank": _blank(registers)},
        **sheet_data(sheet, read.by_rule),
    }


def _attributes(institution: Institution, sheet: Sheet, entries: list[Entry]) -> Json:
    """Return what the institution is by its entries. Raises: DoesNotHold when its row says something else."""
    told: Replayed | None = None
    if entries:
        said = [(json.loads(one.header), one.content) for one in entries]
        told = replay(Said(header=h, content=None if c is None else json.loads(c)) for h, c in said)
    return refuse_other_profile(institution, [column.name for column in sheet.schema.institution.columns], told)


def _registers(sheet: Sheet) -> tuple[str, ...]:
    """Return the registers that the score reads."""
    plan = score_plan(sheet.rubric, year=sheet.year, schema=sheet.schema).plan
    return tuple(sorted(scan.register.code for scan in plan.scans))


def _blank(registers: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the columns whose emptiness is an empty text and not null; an entry names neither."""
    kinds = (models.CharField, models.TextField)
    return {
        code: [
            field.attname
            for field in find_register(code).model._meta.concrete_fields
            if isinstance(field, kinds) and not field.null
        ]
        for code in registers
    }


def _published(last: Seal | None, wanted: Wanted, version: int, *, by: Actor, at: dt.datetime) -> Json:
    before: Mapping[str, Any] | None = None
    if last is not None:
        before = {"version": last.version, "sha256": last.sha256, "reason": wanted.reason.strip()}
    published = {"at": at.astimezone(dt.UTC).isoformat(timespec="microseconds"), "by": by.person_id, "name": by.name}
    return {"version": version, "supersedes": before, "published": published}


def _store(made: Draft, document: bytes, version: int, *, by: Actor, at: dt.datetime, origin: Origin) -> Seal:
    wanted, sheet, digest = made.wanted, made.sheet, sha256_of(document)
    content = {
        "sha256": digest,
        "rubric": sheet.rubric.code,
        "edition": sheet.rubric.edition,
        "year": wanted.year,
        "kind": str(wanted.kind),
        "as_of": wanted.as_of.isoformat(),
        "raw": sheet.raw,
        "applicable_max": sheet.applicable_max,
        "normalised": sheet.normalised,
        "records": made.data["records"],
        "reason": wanted.reason.strip(),
    }
    key = f"{wanted.institution.code}/{sheet.rubric.code}/{wanted.year}/{wanted.kind}"
    step = "publish" if version == 1 else "supersede"
    entry = note(REGISTER, key, step, content, at=wanted.institution.unit, by=by, origin=origin)
    return Seal.objects.create(
        uid=uuid.uuid4(),
        institution=wanted.institution,
        kind=wanted.kind,
        rubric=sheet.rubric.code,
        edition=sheet.rubric.edition,
        year=wanted.year,
        version=version,
        as_of=wanted.as_of,
        raw=sheet.raw,
        applicable_max=sheet.applicable_max,
        normalised=sheet.normalised,
        document=document.decode(),
        records="".join(f"{line.decode()}\n" for line in made.records),
        sha256=digest,
        entry_uid=entry.uid,
        reason=wanted.reason.strip() if version > 1 else "",
        published_at=at,
        published_by_id=by.person_id,
    )


def _keep_files(edition: EditionFiles, *, at: dt.datetime) -> None:
    """Keep the text of the edition and the law beside it; the edition's own text is fixed from now on."""
    for name, digest in edition.hashes().items():
        SealedFile.objects.get_or_create(
            sha256=digest, defaults={"name": name[:120], "body": edition.files[name].decode("utf-8")}
        )
    rubric = edition.rubric
    Edition.objects.get_or_create(
        code=rubric.code,
        edition=rubric.edition,
        defaults={"file_id": edition.hashes()[edition.main], "published_at": at},
    )
