"""The backup of the day: a round of the worker queues it at the time that `ANLAN_BACKUP_AT` names; the lease queue carries it out."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from anlan.org import jobs
from anlan.org.jobs import Job, LeaseLost, enqueue, handler

KIND = "backup"


def backup_rounds() -> tuple[Callable[[], object], ...]:
    """Return the round that queues the backup of the day; none when no time is set."""
    at: dt.time | None = settings.ANLAN_BACKUP_AT
    if at is None:
        return ()

    def queue_backup() -> bool:
        return queue_due(at, now=timezone.now())

    return (queue_backup,)


def queue_due(at: dt.time, *, now: dt.datetime) -> bool:
    """Queue the backup of today when its time has come; each day once, also with several workers. Tell whether it is queued now."""
    local = timezone.localtime(now)
    key = f"{KIND}:{local.date().isoformat()}"
    if local.time() < at or Job.objects.filter(key=key).exists():
        return False
    enqueue(KIND, key=key, now=now)
    return True


@handler(KIND)
def make_backup(job: Job) -> None:
    """Back up and note what came of it."""
    from config.backup.make import backup

    with _leased(job):
        made = backup(progress=job.progress)
    size, root, _ = made.head
    note = {"file": made.file.name, "bytes": made.size, "head": [size, root], "seconds": made.seconds}
    Job.objects.filter(pk=job.pk).update(result=note)


@contextlib.contextmanager
def _leased(job: Job) -> Iterator[None]:
    """Renew the job's lease beside the work: the copy of a large database takes longer than one, and cannot say how far it is.

    Without it another worker would begin the same backup anew, and neither would come to its end.
    """
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(jobs.LEASE.total_seconds() / 3):
                with contextlib.suppress(OperationalError):  # a busy database is asked again
                    job.renew()
        except LeaseLost:  # the work finds out with its next progress
            return
        finally:
            connection.close()

    beside = threading.Thread(target=renew, name="anlan-lease", daemon=True)
    beside.start()
    try:
        yield
    finally:
        over.set()
        beside.join()
