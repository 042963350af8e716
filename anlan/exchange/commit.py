"""Writes what a dry run found, all or nothing, and takes it back while nothing moved on. A `Batch` row is the import's story."""

import datetime as dt
import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.exchange.check import Checked, Progress
from anlan.exchange.errors import BadFile, CannotUndo, NotReady
from anlan.exchange.guard import is_workbook
from anlan.exchange.keys import Keys
from anlan.exchange.upload import SHEETS, clean_name, keep, kept_at
from anlan.flow.declare import ANNULLED
from anlan.flow.errors import BadEvidence
from anlan.flow.imports import note_import, of_batch
from anlan.flow.models import Batch
from anlan.flow.perform import annul_many, write_many
from anlan.flow.register import Register
from anlan.flow.slow import NoPlace, slow_work
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.flow.uploads.apart import BUSY, busy
from anlan.flow.uploads.clamav import scan
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org.models import Institution
from anlan.org.policy import require
from anlan.org.scope import Actor, acting, as_system
from anlan.vault.folders import destroy

_NAMED_NUMBERS = 5


def open_batch(
    spec: RegisterSpec, institution: Institution, raw: bytes, *, name: str, by: Actor, at: dt.datetime | None = None
) -> Batch:
    """Keep an uploaded sheet and enter it as an import that waits for its dry run. What is refused leaves nothing on the disk.

    Raises: NotAllowed; BadFile when it is empty, too large, an old or locked workbook or a web page, or when the virus
    scanner finds something or does not answer.
    """
    require(by, ("can:import",), institution=institution, sensitivity=spec.sensitivity)
    is_workbook(raw)
    try:
        with slow_work():
            scan(raw, name=clean_name(name))
    except BadEvidence as error:
        raise BadFile(error.code, error.message) from error
    except NoPlace as error:
        raise BadFile(BUSY, busy(clean_name(name)).message) from error
    digest, mark = keep(raw)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                register=spec.code,
                institution=institution,
                state=Batch.State.UPLOADED,
                file_name=clean_name(name),
                file_sha256=digest,
                stored_as=digest,
                by_id=by.person_id,
                at=at or timezone.now(),
            )
            note_import(batch, "upload", by=by)
    except BaseException:
        if mark is not None:
            SHEETS.take_back(digest, mark)
        raise
    return batch


def is_own(batch: Batch, *, by: Actor) -> bool:
    """Tell whether the actor uploaded the sheet: nobody else sees its cells, writes it or stops its writing."""
    return batch.by_id is not None and batch.by_id == by.person_id


def may_mend(batch: Batch, *, by: Actor) -> bool:
    """Tell whether the sheet may be given back with its faults marked: to who uploaded it, while it waits unwritten.

    Once written, its names and texts are those of the records, and who reads them is asked there.
    """
    return is_own(batch, by=by) and batch.state == Batch.State.CHECKED and bool(batch.stored_as)


def drop_sheet(batch: Batch) -> None:
    """Forget the sheet of an import that failed for what it is, unless another import needs it too. Call it in no transaction."""
    before = time.time()
    Batch.objects.filter(pk=batch.pk).update(stored_as="")
    if not Batch.objects.filter(stored_as=batch.file_sha256).exists():
        destroy(kept_at(batch.file_sha256), before=before)


def note_report(batch: Batch, checked: Checked) -> None:
    """Store the outcome of a dry run with its import."""
    batch.rows, batch.report = checked.report.rows, checked.report.as_data()
    Batch.objects.filter(pk=batch.pk).update(rows=batch.rows, report=batch.report)


def commit(
    checked: Checked,
    *,
    by: Actor,
    at: dt.datetime | None = None,
    batch: Batch | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Write every row of a dry run in one transaction and return the import.

    A batch given must be running: cancelling it in the meantime stops the write. Entries in the ledger say "import",
    the batch, the file's hash and who.
    Raises: NotReady when the report has problems, the batch is not running, or a record of the same key came in between;
    Conflict when the database refuses a record.
    """
    report = checked.report
    if not report.is_ready:
        message = _("%(count)d cells have to be mended first; nothing was written.") % {"count": len(report.problems)}
        raise NotReady("exchange.E020", message)
    if batch is None:
        batch = open_batch(checked.spec, checked.institution, checked.raw, name=report.file_name, by=by, at=at)
        Batch.objects.filter(pk=batch.pk).update(state=Batch.State.RUNNING)
    try:
        with acting(by):
            _write(checked, batch, at or timezone.now(), progress, by=by)
    except BaseException:
        Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING).update(state=Batch.State.FAILED)
        raise
    batch.refresh_from_db()
    return batch


def _write(checked: Checked, batch: Batch, at: dt.datetime, progress: Progress | None, *, by: Actor) -> None:
    origin = Origin(kind="import", batch=batch.uid.hex, file_sha256=checked.report.file_sha256)
    with transaction.atomic():
        before = of_batch(batch)
        running = Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING)
        if not running.update(
            state=Batch.State.COMMITTED, rows=checked.report.rows, report=checked.report.as_data(), at=at
        ):
            raise NotReady("exchange.E021", _("The import was cancelled; nothing was written."))
        records = [item.record for item in checked.ready]
        if taken := Keys(checked.spec, checked.institution).taken(records, checked.institution):
            message = _(
                "Records of the same key came in since the check (%(numbers)s). Check the file again; nothing was written."
            )
            raise NotReady("exchange.E022", message % {"numbers": ", ".join(taken[:_NAMED_NUMBERS])})
        write_many(checked.ready, origin=origin, batch=batch, progress=progress)
        note_import(batch, "commit", by=by, before=before)


def start(batch: Batch) -> None:
    """Mark a checked import as running. Raises: NotReady when its dry run found problems or it runs already."""
    ready = batch.report.get("is_ready")
    if not ready or not Batch.objects.filter(pk=batch.pk, state=Batch.State.CHECKED).update(state=Batch.State.RUNNING):
        raise NotReady(
            "exchange.E023", _("This import cannot be written: check it first, or look whether it was written already.")
        )


def cancel(batch: Batch) -> None:
    """Stop an import before its rows are written. Raises: NotReady when they are written, or it does not run."""
    if not Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING).update(state=Batch.State.CHECKED):
        raise NotReady("exchange.E024", _("It is too late to cancel: the import was written already. You may undo it."))


def undo(batch: Batch, *, by: Actor, at: dt.datetime | None = None, progress: Progress | None = None) -> int:
    """Annul every record of an import and return how many; no row is deleted, and each gets a ledger entry.

    Raises: CannotUndo when the import is not written or one of its records moved on; NotAllowed, Refused.
    """
    spec = find_register(batch.register)
    require(by, ("can:import",), institution=batch.institution, sensitivity=spec.sensitivity)
    moment = at or timezone.now()
    with acting(by), transaction.atomic():
        before = of_batch(batch)
        if not Batch.objects.filter(pk=batch.pk, state=Batch.State.COMMITTED).update(
            state=Batch.State.UNDONE, undone_at=moment
        ):
            raise CannotUndo("exchange.E030", _("Only an import that is written can be undone, and only once."))
        groups = [records for each in all_registers() if (records := _records(each, batch))]
        _refuse_moved([record for records in groups for record in records], batch)
        origin = Origin(kind="import", batch=batch.uid.hex, file_sha256=batch.file_sha256)
        for records in groups:
            reason = _("import undone")
            annul_many(records, by=by, reason=reason, at=moment, origin=origin, batch=batch, progress=progress)
        note_import(batch, "undo", by=by, before=before)
    batch.refresh_from_db()
    return sum(map(len, groups))


def _records(spec: RegisterSpec, batch: Batch) -> list[Register]:
    """The records that an import brought to a register; what its records brought with them lies in other registers."""
    with as_system("records of an import"):
        records = list(spec.model.objects.filter(batch=batch, institution=batch.institution).order_by("pk"))
    for record in records:
        record.institution = batch.institution
    return records


def _refuse_moved(records: list[Register], batch: Batch) -> None:
    """An import's entries carry the moment of the import; any later entry of a record means that somebody worked on it."""
    by_uid = {record.uid: record for record in records}
    later = Entry.objects.filter(institution_id=batch.institution_id, recorded_at__gt=batch.at)
    moved = [by_uid[uid].number for uid in later.values_list("record_uid", flat=True) if uid in by_uid]
    moved += [record.number for record in records if record.state == ANNULLED]
    if moved:
        message = _("%(count)d records of the import were changed since (%(numbers)s). Annul the others one by one.")
        words = {"count": len(set(moved)), "numbers": ", ".join(sorted(set(moved))[:_NAMED_NUMBERS])}
        raise CannotUndo("exchange.E031", message % words)


__all__ = ["Batch", "cancel", "commit", "note_report", "open_batch", "start", "undo"]
