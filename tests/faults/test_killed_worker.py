"""kill -9 of the worker while it carries out queued imports: each import's records are there once, whatever it was doing."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.installation import Installation

pytestmark = [pytest.mark.database, pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db]
QUEUE = """
from django.db import transaction
from anlan.exchange.check import check
from anlan.exchange.commit import note_report, open_batch
from anlan.exchange.work import enqueue_commit
from anlan.flow.models import Batch
from anlan.flow.spec import find_register
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting
from django.utils import timezone
from tests.sheets import HAZARD, comma_text
li = actor_for(Person.objects.get(username="li"), today=timezone.localdate())
spec = find_register("hazard")
place = Institution.objects.select_related("unit").get(code="A")
with acting(li), transaction.atomic():
    for number in range(jobs):
        raw = comma_text(HAZARD, ("2025-03-12", "fire", "general", f"第{number}处：安全出口灯不亮"))
        batch = open_batch(spec, place, raw, name=f"{number}.csv", by=li)
        checked = check(spec, place, raw, name=batch.file_name, by=li, at=timezone.now())
        note_report(batch, checked)
        Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CHECKED)
        batch.refresh_from_db()
        enqueue_commit(batch)
"""
LEFT = """
from anlan.org.jobs import Job
if expire:  # as if the minute of the dead worker's lease had passed
    Job.objects.filter(state="running").update(leased_until="2020-01-01T00:00:00Z")
print(json.dumps({state: Job.objects.filter(state=state).count() for state in ("waiting", "running", "done", "failed")}))
"""
STORED = """
from anlan.flow.models import Batch
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry
from anlan.org.jobs import Job
from anlan.org.scope import as_system
with as_system("test"):
    rows = list(find_register("hazard").model.objects.values_list("batch__uid", "number"))
    entries = Entry.objects.filter(register="hazard").count()
print(json.dumps({
    "batches": [str(uid) for uid in Batch.objects.values_list("uid", flat=True)],
    "states": sorted(set(Batch.objects.values_list("state", flat=True))),
    "rows": [[str(uid), number] for uid, number in rows],
    "entries": entries,
    "repeated": Job.objects.filter(attempts__gt=1).count(),
}))
"""


def test_killing_the_worker_leaves_each_effect_once(
    installation: Installation, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    jobs, kills = times(40, 1_000), times(3, 20)
    installation.script(QUEUE, jobs=jobs)
    dice = random.Random(20251103)
    for kill in range(kills):
        worker = installation.start("worker")
        done = int(jobs * (kill + 1) / (kills + 1))
        while _left(installation)["done"] < done:
            time.sleep(0.05)
        time.sleep(dice.random() * 0.03)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        _left(installation, expire=True)
    while _left(installation)["waiting"] or _left(installation)["running"]:
        assert installation.command("worker", "--once").returncode == 0

    stored = json.loads(installation.script(STORED))
    assert stored["states"] == ["committed"]
    assert Counter(uid for uid, _ in stored["rows"]) == Counter(stored["batches"])  # each effect once
    assert len({number for _, number in stored["rows"]}) == jobs == stored["entries"]
    checked = installation.command("check")
    assert checked.returncode == 0, checked.stdout
    tell(jobs=jobs, kills=kills, taken_up_again=stored["repeated"], effects=len(stored["rows"]), twice=0)


def _left(installation: Installation, *, expire: bool = False) -> dict[str, int]:
    counts: dict[str, int] = json.loads(installation.script(LEFT, expire=expire))
    return counts
