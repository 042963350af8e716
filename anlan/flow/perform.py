"""`perform`: the only way that a record changes. Row, number, ledger entry, evidence and follow-ups go in one transaction."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.flow.bulk import insert_rows
from anlan.flow.errors import Conflict
from anlan.flow.evidence import StoredFile, Upload
from anlan.flow.idempotency import await_same, fingerprint_of, first_entry, key_of, remember, repeats
from anlan.flow.keeping import keeping
from anlan.flow.models import Batch, Evidence
from anlan.flow.numbering import format_number, take_numbers
from anlan.flow.parties import NamedParty, store_parties
from anlan.flow.prepare import Prepared, prepare, require_step
from anlan.flow.register import Register
from anlan.flow.spec import spec_of
from anlan.flow.times import first_batch_mark
from anlan.ledger.append import append, append_many
from anlan.ledger.entry import Fact, Origin
from anlan.ledger.models import Entry
from anlan.org.scope import Actor, as_system
from anlan.vault.fields import for_update

SCREEN = Origin(kind="screen")
ROWS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step of a history: who, when, with which values. `perform_many` takes them in order."""

    step: str
    by: Actor
    at: dt.datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[StoredFile, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A new record and the moves that it makes, the opening step first."""

    record: Register
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A new record whose moves passed their checks in memory and wait for `write_many`."""

    record: Register
    steps: tuple[tuple[Prepared, Actor], ...]


def perform(
    record: Register,
    step: str,
    *,
    by: Actor,
    at: dt.datetime | None = None,
    origin: Origin = SCREEN,
    key: str = "",
    evidence: Sequence[StoredFile | Upload] = (),
    reason: str = "",
    values: Mapping[str, Any] | None = None,
    parties: Sequence[NamedParty] = (),
    **data: Any,
) -> Entry:
    """Take a step on a record and return its ledger entry.

    `values` is the same as `data`, for columns that come from outside: a name among them is never taken for an argument.
    `parties` are those whom the step lets into the case, or whose part it ends.
    A new record (`pk` null) is opened by the register's first step. A second call with the same idempotency `key`
    changes nothing and returns the first entry; the key of another write is refused (`flow.idempotency`). Uploads among the
    evidence are looked into only when the actor may take the step, and lie on the disk only when it is written.

    Raises: Refused, WrongState, InvalidData, BadEvidence as in `prepare`; Conflict when another write came first or a
    record with the same key exists. After an error nothing is stored; reload the record before you use it again.
    """
    full_key, moment, data = key_of(by, key), at or timezone.now(), {**data, **(values or {})}
    if any(isinstance(file, Upload) for file in evidence) and not repeats(full_key, record, step):
        require_step(record, step, by=by)
    with keeping(evidence) as kept, transaction.atomic():
        await_same(full_key)
        given: dict[str, Any] = {"evidence": kept.files, "reason": reason, "parties": parties}
        fingerprint = fingerprint_of(record, step, values=data, **given) if full_key else ""
        if first := first_entry(full_key, fingerprint, record, step):
            return first
        entry = _write(prepare(record, step, by=by, at=moment, data=data, **given), by=by, origin=origin)
        if full_key:
            remember(full_key, fingerprint, entry)
        kept.settle()
        return entry


def _write(prepared: Prepared, *, by: Actor, origin: Origin, batch: Batch | None = None) -> Entry:
    """Write one step. `batch` is the import whose receipt the origin bears: a record that it opens belongs to it."""
    record = prepared.record
    try:
        if prepared.version == 1:
            _belongs_to(record, batch)
            year = record.occurred_on.year
            last = take_numbers(record.institution_id, prepared.spec.code, year, 1)
            record.number = format_number(prepared.spec.prefix, year, last)
            record.save(force_insert=True)
        else:
            _update(prepared)
    except IntegrityError as error:
        raise _conflict(prepared, error) from error
    prepared = _after_the_last(prepared)
    entry = append(record.institution_id, fact_of(prepared, by=by, origin=origin))
    if prepared.evidence:
        Evidence.objects.bulk_create(_evidence_rows(prepared, by))
    if prepared.parties:
        store_parties(record, prepared.step, prepared.parties, at=prepared.at)
    _follow(prepared, by=by, origin=origin, batch=batch)
    return entry


def _belongs_to(record: Register, batch: Batch | None) -> None:
    """Set what a new row says of the import that brings it; its first entry says the same."""
    record.batch = batch
    record.is_batch_entry = first_batch_mark(batch)


def _after_the_last(prepared: Prepared) -> Prepared:
    """Return the step with a time no earlier than that of the record's last entry: a clock that was set back makes no history."""
    if prepared.version == 1:
        return prepared
    before = Entry.objects.filter(record_uid=prepared.record.uid, version=prepared.version - 1)
    last = before.values_list("recorded_at", flat=True).first()
    return prepared if last is None or last <= prepared.at else replace(prepared, at=last)


def _update(prepared: Prepared) -> None:
    record = prepared.record
    values = for_update(record, prepared.changed)
    # The row may leave the actor's scope by this very step, and the database would not let them write what they cannot read.
    hands_over = prepared.spec.about_leaders in prepared.changed
    with as_system("a case is handed over") if hands_over else nullcontext():
        rows = type(record).objects.filter(pk=record.pk, version=prepared.version - 1)
        count = rows.update(version=prepared.version, **values)
    if not count:
        message = _(
            "%(register)s %(number)s was changed by somebody else in the meantime. Reload it and take the step again."
        )
        raise Conflict("flow.E020", message % {"register": prepared.spec.name, "number": record.number})


def _conflict(prepared: Prepared, error: IntegrityError) -> Conflict:
    detail = str(error).splitlines()[0]
    if rule := _broken_rule(type(prepared.record), detail):
        return Conflict("flow.E021", f"{prepared.spec.name}: {rule}")
    message = _(
        "%(register)s: the database refused the record, since one like it exists or a value breaks a rule (%(detail)s)."
    )
    return Conflict("flow.E021", message % {"register": prepared.spec.name, "detail": detail})


def _broken_rule(model: type[Register], detail: str) -> str:
    """Return the sentence that the broken constraint declares; empty when it declares none.

    PostgreSQL names the constraint; SQLite names a check, but for a unique one lists its columns.
    """
    for rule in model._meta.constraints:
        names = getattr(rule, "fields", ())
        columns = ", ".join(f"{model._meta.db_table}.{spec_of(model).field(name).column}" for name in names)
        declares = rule.violation_error_message != rule.default_violation_error_message
        if declares and (rule.name in detail or (columns and detail.endswith(f": {columns}"))):
            return str(rule.violation_error_message)
    return ""


def fact_of(prepared: Prepared, *, by: Actor, origin: Origin) -> Fact:
    """Return what the ledger will say of a prepared step; of a new record also the number and the key that it was given."""
    record = prepared.record
    given = {"id": record.pk, "number": record.number} if prepared.version == 1 else {}
    return Fact(
        uid=uuid.uuid4(),
        institution_code=record.institution.code,
        register=prepared.spec.code,
        record_uid=record.uid,
        version=prepared.version,
        step=prepared.step,
        actor_id=by.person_id,
        occurred_on=record.occurred_on,
        recorded_at=prepared.at,
        origin=origin,
        content={**prepared.content, **given},
    )


def _evidence_rows(prepared: Prepared, by: Actor) -> list[Evidence]:
    record = prepared.record
    return [
        Evidence(
            institution_id=record.institution_id,
            register=prepared.spec.code,
            record_uid=record.uid,
            step=prepared.step,
            version=prepared.version,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            original_sha256=file.original_sha256,
            by_id=by.person_id,
            at=prepared.at,
        )
        for file in prepared.evidence
    ]


def _follow(prepared: Prepared, *, by: Actor, origin: Origin, batch: Batch | None = None) -> None:
    """Do what the step brings with it. It sees the whole institution: what a place lacks is the same for everybody."""
    method = prepared.spec.steps[prepared.step].follow
    if not method:
        return
    prepared.record.before = prepared.before  # in bulk, later steps of the record were prepared already
    with as_system(f"what follows {prepared.spec.code}.{prepared.step}"):
        for next_one in getattr(prepared.record, method)():
            follow_up = prepare(next_one.record, next_one.step, by=by, at=prepared.at, data=next_one.data, follows=True)
            _write(follow_up, by=by, origin=origin, batch=batch)  # a record that it opens is undone with the import


def perform_many(
    histories: Sequence[History],
    *,
    origin: Origin,
    batch: Batch | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Open many records of one register, each with its whole history, and return how many steps were taken.

    The same checks, the same ledger format and the same numbering as `perform`; rows and entries go in bulk. All or
    nothing: one transaction. Histories must be new records of one register.

    Raises: as `perform`, before anything is written for the failing record.
    """
    ready = [walk(history) for history in histories]
    return write_many(ready, origin=origin, batch=batch, progress=progress)


def walk(history: History) -> Ready:
    """Check every move of one history in memory and write nothing.

    The record looks stored to the later moves, and new again afterwards.
    Raises: as `prepare`.
    """
    record = history.record
    done: list[tuple[Prepared, Actor]] = []
    for move in history.moves:
        prepared = prepare(
            record, move.step, by=move.by, at=move.at, data=move.data, evidence=move.evidence, reason=move.reason
        )
        record.pk = -1
        done.append((prepared, move.by))
    record.pk = None
    return Ready(record=record, steps=tuple(done))


def write_many(
    ready: Sequence[Ready],
    *,
    origin: Origin,
    batch: Batch | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write new records of one register that `walk` has checked, in bulk, and return how many steps were taken.

    All or nothing. The checks lie outside the transaction, so the database is locked only while rows are written.
    """
    steps = 0
    with transaction.atomic():
        for start in range(0, len(ready), ROWS_PER_STATEMENT):
            part = ready[start : start + ROWS_PER_STATEMENT]
            steps += _write_part(part, origin=origin, batch=batch)
            if progress is not None:
                progress(start + len(part), len(ready))
    return steps


def _write_part(ready: Sequence[Ready], *, origin: Origin, batch: Batch | None) -> int:
    records = [item.record for item in ready]
    done = [pair for item in ready for pair in item.steps]
    for record in records:
        _belongs_to(record, batch)
    _number(records)
    try:
        insert_rows(records)
    except IntegrityError as error:
        raise _conflict(done[0][0], error) from error
    append_many([(prepared.record.institution_id, fact_of(prepared, by=by, origin=origin)) for prepared, by in done])
    files = [row for prepared, by in done for row in _evidence_rows(prepared, by)]
    Evidence.objects.bulk_create(files, batch_size=ROWS_PER_STATEMENT)
    for prepared, by in done:
        _follow(prepared, by=by, origin=origin, batch=batch)
    return len(done)


def annul_many(
    records: Sequence[Register],
    *,
    by: Actor,
    reason: str,
    at: dt.datetime | None = None,
    origin: Origin = SCREEN,
    batch: Batch | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Annul stored records of one register in bulk and return how many. The same checks and entries as the step `annul`.

    Raises: as `perform`; Conflict when one of them was changed in the meantime. All or nothing.
    """
    moment = at or timezone.now()
    done = [prepare(record, "annul", by=by, at=moment, data={}, reason=reason) for record in records]
    with transaction.atomic():
        for start in range(0, len(done), ROWS_PER_STATEMENT):
            part = done[start : start + ROWS_PER_STATEMENT]
            _update_part(part)
            append_many(
                [(prepared.record.institution_id, fact_of(prepared, by=by, origin=origin)) for prepared in part]
            )
            for prepared in part:
                _follow(prepared, by=by, origin=origin, batch=batch)
            if progress is not None:
                progress(start + len(part), len(done))
    return len(done)


def _update_part(part: Sequence[Prepared]) -> None:
    """Write changed columns, one statement for all records that change from the same version to the same values."""
    groups: dict[tuple[Any, ...], list[Prepared]] = {}
    for prepared in part:
        changes = for_update(prepared.record, prepared.changed)  # ciphertext differs by record, so it groups alone
        groups.setdefault((prepared.version, repr(changes)), []).append(prepared)
    for group in groups.values():
        first = group[0]
        values = for_update(first.record, first.changed)
        keys = [prepared.record.pk for prepared in group]
        rows = type(first.record).objects.filter(pk__in=keys, version=first.version - 1)
        if rows.update(version=first.version, **values) != len(group):
            message = _(
                "%(register)s: some of the records were changed by somebody else in the meantime. Nothing was done; try again."
            )
            raise Conflict("flow.E020", message % {"register": first.spec.name})


def _number(records: Sequence[Register]) -> None:
    """Give numbers to new records, one counter update per institution and year."""
    groups: dict[tuple[int, int], list[Register]] = {}
    for record in records:
        groups.setdefault((record.institution_id, record.occurred_on.year), []).append(record)
    for (institution_id, year), group in groups.items():
        spec = spec_of(group[0])
        last = take_numbers(institution_id, spec.code, year, len(group))
        for offset, record in enumerate(group):
            record.number = format_number(spec.prefix, year, last - len(group) + 1 + offset)
