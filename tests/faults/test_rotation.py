"""Issue 3, section 5, item 11: keys are rotated on line. Writes meanwhile lose nothing, every row opens afterwards, the old key is gone.

The suite rotates a few hundred rows; with ANLAN_FAULTS=full a hundred thousand.
"""

import datetime as dt
import os
import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org import keys
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting, as_system
from anlan.vault.ring import ring

pytestmark = [pytest.mark.faults, pytest.mark.database, pytest.mark.django_db(transaction=True)]
ROWS = 100_000 if os.environ.get("ANLAN_FAULTS") == "full" else 600
DAY = dt.date(2025, 1, 6)


@pytest.fixture(autouse=True)
def own_ring(settings, tmp_path):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "fields")
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")
    ring().make_first()


def fill(institution, actor):
    model, at = find_register("key_post").model, timezone.now()
    with acting(actor):
        for start in range(0, ROWS, 5000):
            histories = []
            for number in range(start, min(ROWS, start + 5000)):
                data = {"occurred_on": DAY, "kind": "boiler", "holder_name": f"Holder {number}"}
                move = Move(step="appoint", by=actor, at=at, data=data)
                histories.append(History(record=model(institution=institution), moves=(move,)))
            perform_many(histories, origin=Origin(kind="import"))


class Writer(threading.Thread):
    """Writes on while keys are rotated: new records and corrections of old ones. `said` is what was acknowledged."""

    def __init__(self, institution, actor):
        super().__init__()
        self.institution, self.actor, self.stop = institution, actor, threading.Event()
        self.said, self.opened, self.is_whole = {}, 0, False

    def run(self):
        try:
            number = 0
            while not self.stop.is_set() or number < 20:
                self.write(number)
                number += 1
                time.sleep(0.01)
            self.is_whole = True
        finally:
            connections.close_all()

    def write(self, number):
        model = find_register("key_post").model
        with acting(self.actor):
            record = model(institution=self.institution)
            values = {"occurred_on": DAY, "kind": "boiler", "holder_name": f"New {number}"}
            perform(record, "appoint", by=self.actor, **values)
            self.said[record.uid] = f"New {number}"
            self.opened += 1
            old = model.objects.order_by("-pk" if number % 2 else "pk")[number]
            perform(old, "correct", by=self.actor, reason="Misheard", holder_name=f"Corrected {number}")
            self.said[old.uid] = f"Corrected {number}"


def test_rotation_on_line_loses_nothing_and_the_old_key_goes(world, li_actor, tell):
    fill(world.hospital_a, li_actor)
    old = ring().current().id
    writer = Writer(world.hospital_a, li_actor)
    writer.start()
    time.sleep(0.1)

    began = time.monotonic()
    job = keys.rotate()
    while run_next(now=timezone.now()):
        pass
    seconds = time.monotonic() - began
    writer.stop.set()
    writer.join()
    while run_next(now=timezone.now() + keys.GRACE * 3):
        pass

    job.refresh_from_db()
    assert writer.is_whole
    assert (job.state, job.result["broken"]) == ("done", [])
    assert job.result["renewed"] >= 2 * ROWS
    assert [use.id for use in keys.key_uses()] == [ring().current().id] != [old]
    assert keys.unknown_total() == 0
    with as_system("test"):
        names = {row.uid: row.holder_name for row in find_register("key_post").model.objects.iterator()}
    assert len(names) == ROWS + writer.opened
    assert {uid: names[uid] for uid in writer.said} == writer.said
    assert list(broken_entries()) == []
    assert not Entry.objects.extra(where=["content LIKE %s"], params=[f"%{old}%"]).exists()
    assert Job.objects.filter(kind=keys.RETIRE, state="done").exists()
    tell(
        rows=ROWS, renewed=job.result["renewed"], seconds=round(seconds, 1), written_meanwhile=len(writer.said), lost=0
    )
