"""Keys are rotated on line. Writes meanwhile lose nothing, every row and file opens afterwards, the old key is gone.

The suite rotates a few hundred rows and twenty files; with ANLAN_FAULTS=full a hundred thousand and a thousand.
"""

import datetime as dt
import hashlib
import os
import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from anlan.flow.evidence import open_evidence, store
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org import keys
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting, as_system
from anlan.vault.ring import ring
from tests.papers import pdf

pytestmark = [pytest.mark.faults, pytest.mark.database, pytest.mark.django_db(transaction=True)]
ROWS = 100_000 if os.environ.get("ANLAN_FAULTS") == "full" else 600
FILES = 1_000 if os.environ.get("ANLAN_FAULTS") == "full" else 20
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


class Reader(threading.Thread):
    """Reads every file again and again while keys are rotated. `count` is how many were read; a failure leaves `is_whole` false."""

    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.stop, self.count, self.is_whole = wanted, threading.Event(), 0, False

    def run(self):
        while not self.stop.is_set():
            for sha256, size in self.wanted.items():
                with open_evidence(sha256) as stream:
                    raw = stream.read()
                assert (len(raw), hashlib.sha256(raw).hexdigest()) == (size, sha256)
                self.count += 1
        self.is_whole = True


def test_rotation_on_line_loses_nothing_and_the_old_key_goes(world, li_actor, tell):
    fill(world.hospital_a, li_actor)
    papers = [store("a.pdf", [pdf(str(number), extra=b"% " + b"x" * 150_000 + b"\n")]) for number in range(FILES)]
    old = ring().current().id
    writer, reader = Writer(world.hospital_a, li_actor), Reader({paper.sha256: paper.size for paper in papers})
    writer.start()
    reader.start()
    time.sleep(0.1)

    began = time.monotonic()
    job = keys.rotate()
    while run_next(now=timezone.now()):
        pass
    seconds = time.monotonic() - began
    writer.stop.set()
    writer.join()
    reader.stop.set()
    reader.join()
    while run_next(now=timezone.now() + keys.GRACE * 3):
        pass

    job.refresh_from_db()
    assert (writer.is_whole, reader.is_whole, reader.count >= FILES) == (True, True, True)
    assert (job.state, job.result["broken"]) == ("done", [])
    assert job.result["renewed"] >= 2 * ROWS + FILES
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
        rows=ROWS,
        files=FILES,
        files_read_meanwhile=reader.count,
        renewed=job.result["renewed"],
        seconds=round(seconds, 1),
        written_meanwhile=len(writer.said),
        lost=0,
    )
