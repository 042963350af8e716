"""Files that must go after an erasure: a job destroys them, so that a crash after the commit leaves nothing behind.

The job is tried at once, and by the worker until it is done. Bytes that another record refers to stay.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from anlan.flow.models import Evidence
from anlan.org.jobs import Job, enqueue, handler
from anlan.org.scope import as_system
from anlan.vault.folders import destroy, evidence_folder

KIND = "flow.destroy_files"
_log = logging.getLogger("anlan.evidence")


def enqueue_destruction(files: Sequence[Path]) -> Job:
    """Queue the destruction of files below the evidence folder, in the caller's transaction, and try it after the commit.

    A file that is stored anew in the meantime belongs to somebody else and stays.
    """
    folder = evidence_folder()
    names = [file.relative_to(folder).as_posix() for file in files]
    job = enqueue(KIND, files=names, before=timezone.now().timestamp())
    transaction.on_commit(lambda: destroy_files(job), robust=True)
    return job


@handler(KIND)
def destroy_files(job: Job) -> None:
    """Destroy the files of a job and empty the write-ahead log. Safe to repeat."""
    with as_system("files of erased records"):  # row-level security would hide the records that still need a file
        needed = {name for name in job.arguments["files"] if Evidence.objects.filter(sha256=Path(name).name).exists()}
    folder = evidence_folder().resolve()
    for name in set(job.arguments["files"]) - needed:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):  # no erasure asks for that: somebody wrote the job by SQL
            _log.critical("JOB %s asked to destroy a file outside the evidence folder; it stays.", job.uid)
            continue
        destroy(file, before=job.arguments["before"])
    empty_write_ahead_log()


def empty_write_ahead_log() -> bool:
    """Move SQLite's write-ahead log into the database and cut it to nothing; tell whether that was possible.

    A reader in the middle of a page keeps it; the next erasure or checkpoint cuts it. PostgreSQL keeps its log by its own
    rules, see docs/operations.md.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
    return bool(row and row[0] == 0)
