"""Packages as queued work: the button asks, a worker writes, whoever asked takes the file within a week, and nobody else."""

import datetime as dt
import time
import uuid
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from anlan.exchange.archive.contents import Wanted
from anlan.exchange.archive.write import MAKERS, note_package, write_package
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.org.jobs import Job, enqueue, handler
from anlan.org.keys import renew_again
from anlan.org.models import Institution, Person
from anlan.org.policy import require
from anlan.org.posts import actor_for
from anlan.org.scope import Actor
from anlan.vault.files import key_in, sealing
from anlan.vault.folders import SealedFolder
from anlan.vault.holdings import enter
from anlan.vault.ring import ring

MAKE = "archive.make"
PACKAGES = SealedFolder(kind="archives", below="archives", is_by_hash=False)
KEPT = dt.timedelta(days=7)
SHOWN = 10
_TICK_SECONDS = 0.4


def enqueue_archive(
    institution: Institution, *, register: RegisterSpec | None, year: int | None, evidence: bool, by: Actor
) -> Job:
    """Queue a package for the person who asks. Raises: NotAllowed for who holds no such post."""
    require(by, MAKERS, institution=institution)
    code = register.code if register else ""
    asked = {"institution": institution.pk, "register": code, "year": year, "evidence": evidence}
    return enqueue(MAKE, person=by.person_id, asked_at=timezone.now().isoformat(), **asked)


def archives_of(institution: Institution, *, by: Actor) -> list[Job]:
    """Return the packages that the person asked for at the institution within the days that they are kept, newest first."""
    since = timezone.now() - KEPT
    mine = Job.objects.filter(kind=MAKE, arguments__person=by.person_id, arguments__institution=institution.pk)
    return list(mine.filter(run_after__gte=since).order_by("-pk")[:SHOWN])


def find_archive(uid: uuid.UUID, institution: Institution, *, by: Actor) -> Job | None:
    """Return the job of a package; null when it is not the person's own, not written yet, or no longer kept."""
    mine = Job.objects.filter(kind=MAKE, arguments__person=by.person_id, arguments__institution=institution.pk)
    job = mine.filter(uid=uid, state=Job.State.DONE).first()
    return job if job is not None and path_of(job).is_file() else None


def open_archive(job: Job) -> BinaryIO:
    """Return the bytes of a package as a stream; each box of it is checked before it is given. Raises: FileGone, FileBroken, KeyMissing."""
    return PACKAGES.open(_name(job))


def path_of(job: Job) -> Path:
    """Return where the encrypted package of a job lies."""
    return PACKAGES.path_of(_name(job))


def _name(job: Job) -> str:
    """The file is named after who asked, too: a job that is handed to somebody else by SQL has no package."""
    return f"{job.uid.hex}-{job.arguments['person']}.zip"


@handler(MAKE)
def make(job: Job) -> None:
    """Write the package as the person who asked may read today; remove those that are too old. Safe to repeat."""
    asked = job.arguments
    _remove_old(PACKAGES.folder)
    registers = (find_register(asked["register"]),) if asked["register"] else all_registers()
    wanted = Wanted(
        institution=Institution.objects.select_related("unit").get(pk=asked["institution"]),
        registers=registers,
        year=asked["year"],
        evidence=asked["evidence"],
    )
    person = Person.objects.get(pk=asked["person"])
    told = [0.0]

    def progress(done: int, total: int) -> None:
        if time.monotonic() - told[0] >= _TICK_SECONDS:
            told[0] = time.monotonic()
            job.progress(done, total)

    draft, by = PACKAGES.draft(), actor_for(person, today=timezone.localdate())
    try:
        with sealing(draft, place=PACKAGES.place_of(_name(job))) as stream:
            written = write_package(wanted, stream, by=by, progress=progress)
        PACKAGES.settle(draft, _name(job))
    finally:
        draft.unlink(missing_ok=True)
    if key_in(path_of(job)) != ring().current().id:  # a rotation began while this was written, and passed the draft by
        renew_again()
    note_package(wanted, written, by=by)
    Job.objects.filter(pk=job.pk, lease=job.lease).update(result={**written.counts, "bytes": written.size})


def _remove_old(folder: Path) -> None:
    before = (timezone.now() - KEPT).timestamp()
    for path in folder.glob("*.zip"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


enter("exchange packages", lambda: (PACKAGES,))
