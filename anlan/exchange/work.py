"""Imports as queued work: check and write outside the request, with a percentage that is true and a way to cancel.

While rows are written, one transaction is open, so the database cannot show how far it is; a small file beside the sheet does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation

from anlan.exchange.check import Checked, check
from anlan.exchange.commit import commit, drop_sheet, start
from anlan.exchange.errors import BadFile, ExchangeError, NotReady
from anlan.exchange.upload import kept, mark, marked, unmark
from anlan.flow.errors import FlowError
from anlan.flow.models import Batch
from anlan.flow.spec import find_register
from anlan.org.errors import NotAllowed
from anlan.org.jobs import Job, enqueue, handler
from anlan.org.posts import actor_for
from anlan.org.scope import Actor, acting, as_system

CHECK, COMMIT = "import.check", "import.commit"
_TICK_SECONDS = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far an import is: `percent` 0 to 100, and which part of the work is under way."""

    percent: int
    part: str


def enqueue_check(batch: Batch) -> Job:
    """Queue the dry run of an uploaded sheet, in the language in use."""
    return enqueue(CHECK, key=f"{CHECK}:{batch.uid.hex}", batch=batch.uid.hex, language=translation.get_language())


def enqueue_commit(batch: Batch) -> Job:
    """Queue the writing of a checked import. Raises: NotReady, as `start`."""
    with transaction.atomic():
        start(batch)
        return enqueue(COMMIT, batch=batch.uid.hex, language=translation.get_language())


def standing(batch: Batch) -> Standing:
    """Return how far an import under way is; 0 while its job waits."""
    kind = CHECK if batch.state == Batch.State.UPLOADED else COMMIT
    job = Job.objects.filter(kind=kind, arguments__batch=batch.uid.hex).order_by("-pk").first()
    if job is None or job.state == Job.State.WAITING:
        return Standing(percent=0, part="waiting")
    checked = min(100, job.done_units * 100 // job.total_units) if job.total_units else 0
    if kind == CHECK:
        return Standing(percent=checked, part="checking")
    written = marked(batch.uid.hex)
    if written is None:
        return Standing(percent=checked // 2, part="checking")
    return Standing(percent=50 + written // 2, part="writing")


@handler(CHECK)
def check_batch(job: Job) -> None:
    """Check a stored sheet and note the report with its import. A sheet that cannot be read fails the import, not the job."""
    batch = _batch(job)
    if batch.state != Batch.State.UPLOADED:
        return
    with _importer(job, batch) as by:
        try:
            report = _check(job, batch, by, keep_on=lambda: True).report.as_data()
            state = Batch.State.CHECKED
        except (BadFile, NotAllowed) as error:
            report, state = {"error": error.message, "code": error.code}, Batch.State.FAILED
    waiting = Batch.objects.filter(pk=batch.pk, state=Batch.State.UPLOADED)
    waiting.update(state=state, report=report, rows=report.get("rows", 0))
    if state == Batch.State.FAILED:
        drop_sheet(batch)


@handler(COMMIT)
def commit_batch(job: Job) -> None:
    """Check the sheet again and write it. Safe to repeat: a written or cancelled import is left alone."""
    batch = _batch(job)
    running = Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING)
    with _importer(job, batch) as by:
        try:
            checked = _check(job, batch, by, keep_on=running.exists)
            commit(checked, by=by, batch=batch, at=timezone.now(), progress=_marker(batch))
        except (ExchangeError, FlowError, NotAllowed) as error:
            failed = {**batch.report, "error": str(error.message), "code": error.code, "is_ready": False}
            Batch.objects.filter(pk=batch.pk, state__in=(Batch.State.RUNNING, Batch.State.FAILED)).update(
                state=Batch.State.FAILED, report=failed
            )
        finally:
            unmark(batch.uid.hex)


def _batch(job: Job) -> Batch:
    return Batch.objects.select_related("institution__unit", "by").get(uid=UUID(job.arguments["batch"]))


@contextmanager
def _importer(job: Job, batch: Batch) -> Iterator[Actor]:
    """Let the uploader act with the posts of today, in the language of the upload."""
    with translation.override(job.arguments.get("language")):
        if batch.by is None:
            with as_system("import") as by:
                yield by
        else:
            with acting(actor_for(batch.by, today=timezone.localdate())) as by:
                yield by


def _check(job: Job, batch: Batch, by: Actor, *, keep_on: Callable[[], bool]) -> Checked:
    told = [0.0]

    def progress(done: int, total: int) -> None:
        if time.monotonic() - told[0] < _TICK_SECONDS and done < total:
            return
        told[0] = time.monotonic()
        job.progress(done, total)
        if not keep_on():
            raise NotReady("exchange.E021", translation.gettext("The import was cancelled; nothing was written."))

    spec = find_register(batch.register)
    raw = kept(batch.file_sha256)
    return check(spec, batch.institution, raw, name=batch.file_name, by=by, at=timezone.now(), progress=progress)


def _marker(batch: Batch) -> Callable[[int, int], None]:
    mark(batch.uid.hex, 0)

    def progress(done: int, total: int) -> None:
        mark(batch.uid.hex, done * 100 // total)

    return progress
