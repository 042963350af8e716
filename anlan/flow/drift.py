"""Drift: rows and evidence that say something else than their ledger entries, because somebody changed them by SQL.

`anlan check` reads everything at once; the running audit calls the same functions a chunk at a time. A chunk costs a fixed
number of queries, however many rows it has. What is found is named by register, number and column; nothing is repaired.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from itertools import groupby
from typing import Any

from django.db import models

from anlan.flow.drift_evidence import drift_of_evidence, drift_of_files, evidence_wanting
from anlan.flow.drift_organisation import STAGES, organisation_wanting
from anlan.flow.drift_spelling import STAGE, drift_of_spelling, misspelt_among
from anlan.flow.drift_times import drift_of_times
from anlan.flow.drifts import BROKEN, CHUNK, UNREADABLE, Chunk, Drift, Fault, Look, is_of_a_row, read_json
from anlan.flow.models import Batch, Evidence
from anlan.flow.prepare import content_columns, json_value
from anlan.flow.register import Register
from anlan.flow.replay import Replayed, Said, replay
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.ledger.content import plain_content
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.erased import erased_among
from anlan.ledger.models import Entry
from anlan.org.events import NOWHERE
from anlan.org.parties import Party
from anlan.vault.fields import opened_row

_ALWAYS = ("id", "uid", "number", "version", "institution_id", "recorded_at", "recorded_by_id", "batch_id")
Progress = Callable[[str, int], None]


def drift_of_rows(
    spec: RegisterSpec,
    *,
    after: int = 0,
    limit: int = CHUNK,
    at: int | None = None,
    among: Collection[uuid.UUID] | None = None,
) -> Chunk:
    """Compare the rows of a register behind a key with the replay of their entries. Needs a system actor.

    `at` keeps the rows of one institution, `among` some records.

    Four queries. A row that the database cannot hand over as its type (SQLite keeps anything) is named as unreadable, and so is
    a column that reads as it should and is stored otherwise.
    """
    columns = _columns_of(spec)
    rows = spec.model.objects.filter(pk__gt=after).order_by("pk")
    rows = rows if at is None else rows.filter(institution_id=at)
    rows = rows if among is None else rows.filter(uid__in=among)
    drifts: list[Drift] = []
    try:
        found = list(rows.values_list(*columns)[:limit])
        seen, last = len(found), found[-1][0] if found else None
    except UNREADABLE:
        keys = list(rows.values_list("pk", flat=True)[:limit])
        seen, last = len(keys), keys[-1]
        found = list(_one_by_one(spec, keys, drifts))
    told = _told([row[1] for row in found])
    codes, batches = _Codes(), _batches(found)
    spelt = misspelt_among(spec.model, {row[0] for row in found})
    for row in found:
        record = opened_row(spec.model, dict(zip(columns, row, strict=True)))
        drifts += _compare(spec, record, told.get(record["uid"]), codes, batches)
        drifts += _misspelt(spec, record, spelt)
    return Chunk(drifts=tuple(drifts), last=last if seen == limit else None, seen=seen)


def drift_of_record(record: Register, spec: RegisterSpec) -> tuple[Drift, ...]:
    """Compare one record; what the page of findings shows, so that no finding need keep what a column says."""
    columns = _columns_of(spec)
    row = opened_row(spec.model, {name: record.__dict__.get(name, None) for name in columns})
    told = _told([record.uid])
    spelt = misspelt_among(spec.model, {record.pk})
    found = _compare(spec, row, told.get(record.uid), _Codes(), _batches([tuple(row.values())]))
    return (*found, *_misspelt(spec, row, spelt))


def drift_of_entries(
    *, after: int | None = None, limit: int = CHUNK, among: "models.QuerySet[Entry] | None" = None
) -> Chunk:
    """Name entries of registers whose record has no row, and entries filed under another institution than their header says.

    `among` keeps to some entries.
    """
    fields = ("uid", "pk", "register", "record_uid", "version", "institution_id", "header", "content")
    entries = (Entry.objects.all() if among is None else among).filter(pk__gt=after or 0)
    rows = entries.order_by("pk").values_list(*fields)[:limit]
    found = [(*rest, plain_content(own, content)) for own, *rest, content in rows]
    codes, drifts = _Codes(), [*evidence_wanting(found), *organisation_wanting(found)]
    present = _present((register, uid) for _pk, register, uid, *_rest in found)
    erased = erased_among({uid for _pk, _register, uid, *_rest, content in found if content is None})
    for _pk, register, uid, _version, institution_id, header, content in found:
        told = read_json(header)
        said = told.get("institution")
        if said not in codes.of.get(institution_id, ()):
            drifts.append(_of_entry(Fault.ENTRY_PLACE, register, uid, institution_id, content, "institution", said))
        is_lawful = uid in erased if content is None else told.get("step") == ERASE
        if register in present and uid not in present[register] and not is_lawful:
            drifts.append(_of_entry(Fault.NO_ROW, register, uid, institution_id, content, "", None))
    return Chunk(drifts=tuple(drifts), last=found[-1][0] if len(found) == limit else None, seen=len(found))


def drift_within(institution_id: int, registers: Iterable[str]) -> Iterator[Drift]:
    """Yield what differs in some registers of one institution: rows from entries, and entries without a row there."""
    for code in registers:
        spec = find_register(code)
        after: int | None = 0
        while after is not None:
            chunk = drift_of_rows(spec, after=after, at=institution_id)
            yield from chunk.drifts
            after = chunk.last
        erased = Entry.objects.filter(institution_id=institution_id, register=code, step=ERASE).values("record_uid")
        told = Entry.objects.filter(institution_id=institution_id, register=code, version=1)
        told = told.exclude(content__isnull=True, record_uid__in=erased)
        rows = set(spec.model.objects.filter(institution_id=institution_id).values_list("uid", flat=True))
        for own, uid, stored in told.values_list("uid", "record_uid", "content").iterator(chunk_size=2000):
            if uid not in rows:
                yield _of_entry(Fault.NO_ROW, code, uid, institution_id, plain_content(own, stored), "", None)


def all_drift(*, progress: Progress | None = None) -> Iterator[Drift]:
    """Yield every difference between rows, evidence and entries, each once. Needs a system actor."""
    once = set()
    for name in stages():
        for drift in _whole(name, progress):
            if drift.key not in once:
                once.add(drift.key)
                yield drift


def stages() -> tuple[str, ...]:
    """Return what there is to walk through, in order: every register, the entries, the evidence, its files, the honest
    times, and the organisation."""
    return (*(spec.code for spec in all_registers()), *_BESIDE)


def enter_stage(name: str, look_at: Callable[..., Chunk]) -> None:
    """Enter a stage of the walk that lies in a room above; whoever joins engine and content calls it at the start."""
    _BESIDE[name] = look_at


def look(stage: str, *, after: Any, limit: int = CHUNK) -> Chunk:
    """Compare one chunk of a stage. `after` is the last chunk's `last`, null at the beginning. Needs a system actor."""
    if stage in _BESIDE:
        return _BESIDE[stage](after=after, limit=limit)
    return drift_of_rows(find_register(stage), after=after or 0, limit=limit)


def confirmed(look_at: Look, *, after: Any, limit: int = CHUNK) -> Chunk:
    """Look at a chunk; what differs is looked at again, since a write may have come between row and entries.

    What cannot be read is a finding, and hides nothing beside it.
    """
    try:
        chunk = look_at(after=after, limit=limit)
    except BROKEN as error:
        if not is_of_a_row(error):
            raise
        return _broken(look_at, after, limit)
    if not chunk.drifts:
        return chunk
    again = look_at(after=after, limit=limit).drifts
    return Chunk(drifts=tuple(drift for drift in chunk.drifts if drift in again), last=chunk.last, seen=chunk.seen)


def _broken(look_at: Look, after: Any, limit: int) -> Chunk:
    """Look at less, so that all before the broken row is compared; then name it and go on behind it, where its key can be told."""
    if limit > 1:
        return confirmed(look_at, after=after, limit=limit // 8 or 1)
    named = look_at.args[0] if isinstance(look_at, partial) and look_at.args else getattr(look_at, "func", look_at)
    stage = getattr(named, "code", getattr(named, "__name__", str(named)))
    keyed = {**_KEYED, **{spec.code: spec.model for spec in all_registers()}}
    rows = keyed[stage]._base_manager.filter(pk__gt=after or 0) if stage in keyed else Entry.objects.none()
    key = rows.order_by("pk").values_list("pk", flat=True).first()
    place = f"row {key}" if key is not None else f"behind {after or 'the start'}"
    drift = Drift(fault=Fault.UNREADABLE, register=stage[:40], record_uid=None, institution_id=None, number=place)
    return Chunk(drifts=(drift,), last=key, seen=1)


def _whole(name: str, progress: Progress | None) -> Iterator[Drift]:
    after, seen, is_first = None, 0, True
    while is_first or after is not None:
        chunk, is_first = confirmed(partial(look, name), after=after), False
        yield from chunk.drifts
        after, seen = chunk.last, seen + chunk.seen
        if progress is not None:
            progress(name, seen)


def _columns_of(spec: RegisterSpec) -> tuple[str, ...]:
    return (*_ALWAYS, *content_columns(spec))


def _one_by_one(spec: RegisterSpec, keys: Sequence[int], drifts: list[Drift]) -> Iterator[tuple[Any, ...]]:
    for key in keys:
        try:
            yield from spec.model.objects.filter(pk=key).values_list(*_columns_of(spec))
        except UNREADABLE:
            drifts.append(
                Drift(
                    fault=Fault.UNREADABLE,
                    register=spec.code,
                    record_uid=None,
                    institution_id=None,
                    number=f"row {key}",
                )
            )


def _told(uids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Replayed]:
    """Replay the entries of records, in one query."""
    fields = ("record_uid", "version", "header", "content", "uid")
    rows = Entry.objects.filter(record_uid__in=list(uids)).order_by("record_uid", "version").values_list(*fields)
    return {
        uid: replay(
            Said(header=_header(header, version), content=_content(plain_content(own, content)))
            for _u, version, header, content, own in group
        )
        for uid, group in groupby(rows.iterator(chunk_size=2000), key=lambda row: row[0])
    }


def _header(header: str, version: int) -> Mapping[str, Any]:
    """Read the header of a record's first entry; of later ones only the version is needed, and reading them costs time."""
    return {"version": version, **(read_json(header) if version == 1 else {})} | {"version": version}


def _content(content: str | None) -> Mapping[str, Any] | None:
    return None if content is None else read_json(content)


class _Codes:
    """The codes under which a place may stand in a header, by its key; read once for a chunk."""

    @cached_property
    def of(self) -> dict[int, tuple[str, ...]]:
        """Codes by key: the unit's, and the institution's where it differs."""
        from anlan.org.models import Unit

        rows = Unit.objects.values_list("pk", "code", "institution__code")
        return {pk: tuple({code, other or code}) for pk, code, other in rows} | {NOWHERE[0]: (NOWHERE[1],)}


def _batches(rows: Sequence[Sequence[Any]]) -> dict[int | None, str]:
    wanted = {row[_ALWAYS.index("batch_id")] for row in rows} - {None}
    found: dict[int | None, str] = {None: ""}
    if wanted:
        found.update((pk, uid.hex) for pk, uid in Batch.objects.filter(pk__in=wanted).values_list("pk", "uid"))
    return found


def _compare(
    spec: RegisterSpec, row: Mapping[str, Any], told: Replayed | None, codes: _Codes, batches: Mapping[int | None, str]
) -> Iterator[Drift]:
    whose = {
        "register": spec.code,
        "record_uid": row["uid"],
        "institution_id": row["institution_id"],
        "number": row["number"],
    }
    if told is None:
        yield Drift(fault=Fault.NO_ENTRIES, **whose)
        return
    for version in (*told.missing, *told.emptied):  # an erasure takes the row too: a row with an emptied entry is none
        yield Drift(fault=Fault.ENTRY_GONE, column="version", entries_say=version, **whose)
    for name, is_said, said in (*_of_header(row, told, codes, batches), *_of_content(spec, row, told)):
        if not is_said:
            yield Drift(fault=Fault.COLUMN, column=name, row_says=json_value(row[name]), entries_say=said, **whose)


def _misspelt(spec: RegisterSpec, row: Mapping[str, Any], spelt: Mapping[int, Sequence[str]]) -> Iterator[Drift]:
    for column in spelt.get(row["id"], ()):
        yield Drift(
            fault=Fault.UNREADABLE,
            register=spec.code,
            record_uid=row["uid"],
            institution_id=row["institution_id"],
            number=row["number"],
            column=column,
        )


def _of_header(
    row: Mapping[str, Any], told: Replayed, codes: _Codes, batches: Mapping[int | None, str]
) -> Iterator[tuple[str, bool, Any]]:
    """Yield (column, whether the row agrees, what the entries say) for what headers tell."""
    first = told.first
    yield "version", row["version"] == told.version, told.version
    if told.missing and told.missing[0] == 1:
        return  # the first entry is gone, and with it who recorded the record and where
    code = first.get("institution")
    yield "institution_id", code in codes.of.get(row["institution_id"], ()), code
    yield "recorded_by_id", row["recorded_by_id"] == first.get("actor"), first.get("actor")
    yield "recorded_at", json_value(row["recorded_at"]) == first.get("recorded_at"), first.get("recorded_at")
    if row["batch_id"] is not None or told.batch:
        yield "batch_id", batches.get(row["batch_id"], "?") == told.batch, told.batch or None
    for name in ("id", "number"):
        if name in told.values:  # entries of the first release do not tell them
            yield name, row[name] == told.values[name], told.values[name]


def _of_content(spec: RegisterSpec, row: Mapping[str, Any], told: Replayed) -> Iterator[tuple[str, bool, Any]]:
    values = told.values
    for name in content_columns(spec):
        said, found = values.get(name), row[name]
        if found == said or (name not in values and (told.is_partial or _came_later(spec, name, found))):
            continue
        shown = json_value(found)
        if shown != said and not (shown in (None, "") and said in (None, "")):
            yield name, _same_number(spec, name, said, found), said


def _came_later(spec: RegisterSpec, name: str, found: Any) -> bool:
    """Tell whether a flag stands as its migration left it: first entries tell every flag, so the record is older than this one."""
    field = next(field for field in spec.model._meta.concrete_fields if field.attname == name)
    return isinstance(field, models.BooleanField) and field.has_default() and found == field.get_default()


def _same_number(spec: RegisterSpec, name: str, said: Any, found: Any) -> bool:
    """A decimal is what was written, with as many zeros behind it as the column keeps."""
    if not any(isinstance(field, models.DecimalField) and field.attname == name for field in spec.model._meta.fields):
        return False
    try:
        return bool(Decimal(said) == found)
    except (TypeError, InvalidOperation):
        return False


def _present(wanted: Iterable[tuple[str, uuid.UUID]]) -> dict[str, set[uuid.UUID]]:
    """Return which of the named records have rows, by register; registers that this installation does not have are left out."""
    known = {spec.code: spec for spec in all_registers()}
    asked: dict[str, set[uuid.UUID]] = {}
    for register, uid in wanted:
        if register in known:
            asked.setdefault(register, set()).add(uid)
    return {
        register: set(known[register].model.objects.filter(uid__in=uids).values_list("uid", flat=True))
        for register, uids in asked.items()
    }


def _of_entry(
    fault: Fault, register: str, uid: uuid.UUID, institution_id: int, content: str | None, column: str, said: Any
) -> Drift:
    number = str(read_json(content or "{}").get("number", ""))
    return Drift(
        fault=fault,
        register=register,
        record_uid=uid,
        institution_id=institution_id,
        number=number,
        column=column,
        row_says=institution_id if column else None,
        entries_say=said,
    )


_KEYED: Mapping[str, type[models.Model]] = {"entries": Entry, "evidence": Evidence, "parties": Party}
_BESIDE: dict[str, Callable[..., Chunk]] = {
    "entries": drift_of_entries,
    "evidence": drift_of_evidence,
    "files": drift_of_files,
    "times": drift_of_times,
    STAGE: drift_of_spelling,
    **STAGES,
}
