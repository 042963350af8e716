"""The lease queue: long work outside the request. A job is a row; a worker claims it with a conditional UPDATE and renews its lease.

A worker that dies loses its lease, and the job runs again: handlers must be safe to repeat (their effect is one transaction).
"""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 5
Handler = Callable[["Job"], None]
_handlers: dict[str, Handler] = {}


class Job(models.Model):
    """One piece of work: what, with which arguments, when, how far, and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001  many jobs have none
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    run_after = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_units = models.PositiveIntegerField(default=0)
    total_units = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        app_label = "org"
        indexes = [models.Index(fields=["state", "run_after"], name="org_job_next")]  # the worker's claim

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    def progress(self, done: int, total: int) -> None:
        """Store how far the work is and renew the lease. Raises: LeaseLost when another worker took over."""
        self._renew(done_units=done, total_units=total)

    def renew(self) -> None:
        """Renew the lease where nothing can be said of how far it is. Raises: LeaseLost."""
        self._renew()

    def _renew(self, **values: int) -> None:
        held = Job.objects.filter(pk=self.pk, lease=self.lease, state=Job.State.RUNNING)
        if not held.update(leased_until=timezone.now() + LEASE, **values):
            raise LeaseLost(f"Job {self.uid} was taken over by another worker; this one stops.")


class LeaseLost(Exception):
    """Another worker holds the job now."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that carries out jobs of a kind."""

    def enter(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return enter


def enqueue(kind: str, *, key: str | None = None, now: dt.datetime | None = None, **arguments: Any) -> Job:
    """Add a job in the caller's transaction. With a key that is known already, return the job that has it."""
    if kind not in _handlers:
        raise LookupError(f'No handler for jobs of kind "{kind}"; register one with `@handler("{kind}")`.')
    fields = {"kind": kind, "arguments": arguments, "run_after": now or timezone.now()}
    if key is None:
        return Job.objects.create(**fields)
    return Job.objects.get_or_create(key=key, defaults=fields)[0]


def claim(*, now: dt.datetime) -> Job | None:
    """Lease the next job that is due, or one whose worker's lease ran out; null when there is none."""
    void = now + 2 * LEASE  # no lease ends so late: the clock was set back since
    lost = Q(leased_until__lt=now) | Q(leased_until__gt=void)
    due = Q(state=Job.State.WAITING, run_after__lte=now) | (Q(state=Job.State.RUNNING) & lost)
    for pk in Job.objects.filter(due).order_by("run_after", "pk").values_list("pk", flat=True)[:5]:
        lease = uuid.uuid4()
        taken = Job.objects.filter(Q(pk=pk) & due).update(
            state=Job.State.RUNNING, lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1
        )
        if taken:
            return Job.objects.get(pk=pk)
    return None


def run_next(*, now: dt.datetime) -> bool:
    """Claim one job and carry it out; tell whether there was one."""
    job = claim(now=now)
    if job is None:
        return False
    if job.attempts > MAX_ATTEMPTS:
        _finish(job, Job.State.FAILED, error=f"Given up after {MAX_ATTEMPTS} attempts; the worker died each time.")
        return True
    try:
        _handlers[job.kind](job)
    except LeaseLost:
        return True
    except Exception as error:  # noqa: BLE001  process edge: a failed job is a row, the worker goes on
        _finish(job, Job.State.FAILED, error=f"{type(error).__name__}: {error}")
        return True
    _finish(job, Job.State.DONE)
    return True


@transaction.atomic
def _finish(job: Job, state: str, *, error: str = "") -> None:
    Job.objects.filter(pk=job.pk, lease=job.lease).update(state=state, error=error, leased_until=None)
