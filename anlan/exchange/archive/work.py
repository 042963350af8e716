"""Packages as queued work: the button asks, a worker writes, whoever asked takes the file within a week, and nobody else."""

import datetime as dt
import time
import uuid
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from anlan.exchange.archive.contents import Wanted
from anlan.exchange.archive.write import MAKERS, write_archive
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.org.jobs import Job, enqueue, handler
from anlan.org.models import Institution, Person
from anlan.org.policy import require
from anlan.org.posts import actor_for
from anlan.org.scope import Actor

MAKE = "archive.make"
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


def find_archive(uid: uuid.UUID, institution: Institution, *, by: Actor) -> Path | None:
    """Return the file of a package; null when it is not the person's own, not written yet, or no longer kept."""
    mine = Job.objects.filter(kind=MAKE, arguments__person=by.person_id, arguments__institution=institution.pk)
    job = mine.filter(uid=uid, state=Job.State.DONE).first()
    path = path_of(job) if job is not None else None
    return path if path is not None and path.is_file() else None


def path_of(job: Job) -> Path:
    """Return where the package of a job lies."""
    return Path(settings.ANLAN_EVIDENCE_FOLDER) / "archives" / f"{job.uid.hex}.zip"


@handler(MAKE)
def make(job: Job) -> None:
    """Write the package as the person who asked may read today; remove those that are too old. Safe to repeat."""
    asked = job.arguments
    path = path_of(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_old(path.parent)
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

    written = write_archive(wanted, path, by=actor_for(person, today=timezone.localdate()), progress=progress)
    Job.objects.filter(pk=job.pk, lease=job.lease).update(result={**written.counts, "bytes": written.size})


def _remove_old(folder: Path) -> None:
    before = (timezone.now() - KEPT).timestamp()
    for path in folder.glob("*.zip"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
