"""The rotation of keys, on line: a new key for new values, a job that renews the old ones while writes go on, then retirement.

The job walks every holding by id and starts anew where it finds something: what a write under way stored under the old key is
renewed by the next walk. Killed, it starts again and skips what is renewed. An old key is retired by a job of its own, no sooner
than a minute after nothing used it any more, so that no transaction under way needs it.
"""

import datetime as dt
import time
from dataclasses import dataclass

from django.utils import timezone

from anlan.org.jobs import Job, enqueue, handler
from anlan.org.scope import as_system
from anlan.vault.holdings import Holding, holdings
from anlan.vault.ring import ring

RENEW, RETIRE = "keys.renew", "keys.retire"
BATCH = 200
PAUSE_SECONDS = 0.005  # lets a waiting writer of SQLite in between two batches
GRACE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A key, whether new values go under it, and how many values lie under it, by holding."""

    id: str
    is_current: bool
    used: dict[str, int]

    @property
    def total(self) -> int:
        """Return the number of values under the key."""
        return sum(self.used.values())


def key_uses() -> tuple[KeyUse, ...]:
    """Return every key in the ring with what lies under it. Raises: KeyMissing."""
    current, every = ring().current().id, holdings()
    with as_system("keys in use"):
        return tuple(
            KeyUse(
                id=key.id,
                is_current=key.id == current,
                used={one.name: count for one in every if (count := one.used(key.id))},
            )
            for key in ring().every()
        )


def unknown_total() -> int:
    """Return how many values lie under keys that are not in the ring."""
    known = sum(use.total for use in key_uses())
    with as_system("keys in use"):
        return sum(one.total() for one in holdings()) - known


def rotate(*, now: dt.datetime | None = None) -> Job:
    """Make a new current key and queue the renewal of what lies under the others. Raises: KeyMissing when there is no key yet."""
    ring().current()
    key = ring().make()
    return enqueue(RENEW, key=f"{RENEW}:{key.id}", now=now)


def renew_again() -> Job:
    """Queue a renewal without a new key: of what an older release kept plain, or was begun under an old key and ended since.

    Raises: KeyMissing when there is no key yet.
    """
    ring().current()
    return Job.objects.filter(kind=RENEW, state=Job.State.WAITING).first() or enqueue(RENEW)


@handler(RENEW)
def renew_all(job: Job) -> None:
    """Put every value and file under the current key. Safe to repeat."""
    key_id, broken, done = ring().current().id, set(), 0
    with as_system("rotation of keys"):
        every = holdings()
        total = sum(one.total() - one.used(key_id) for one in every)
        while True:
            before = done
            for one in every:
                done, found = _renew(job, one, key_id, done, total)
                broken |= found
            if done == before:
                break
    Job.objects.filter(pk=job.pk).update(result={"key": key_id, "renewed": done, "broken": sorted(broken)[:100]})
    # Once for each key, and again where something was renewed: what does not open must not keep the worker busy for ever.
    enqueue(RETIRE, key=f"{RETIRE}:{job.uid.hex if done else key_id}", now=timezone.now() + GRACE)


def _renew(job: Job, one: Holding, key_id: str, done: int, total: int) -> tuple[int, set[str]]:
    """Walk one holding once; return how many values are renewed in all, and what does not open."""
    after, broken = None, set()
    while True:
        batch = one.renew(key_id, after=after, limit=BATCH)
        done += batch.renewed
        broken |= set(batch.broken)
        if batch.after is None:
            return done, broken
        after = batch.after
        job.progress(done, max(total, done))
        time.sleep(PAUSE_SECONDS)


@handler(RETIRE)
def retire_unused(job: Job) -> None:
    """Retire every key but the current one under which nothing lies; renew again where something still does."""
    left = retire()
    if left:
        job_key = f"{RENEW}:{job.uid.hex}"
        enqueue(RENEW, key=job_key)


def retire() -> tuple[str, ...]:
    """Take keys that nothing uses out of the ring; return the old keys that something still uses."""
    old = [use for use in key_uses() if not use.is_current]
    for use in old:
        if not use.total:
            ring().retire(use.id)
    return tuple(use.id for use in old if use.total)
