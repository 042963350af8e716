"""Load without any fault: people record, correct, annul, import and undo while look back, audit and check run beside. 0 findings.

Some seconds with the suite, ten minutes in `make faults`. The look back comes without its pause and judges minutes that are not
over by the clock, so that what it says is as early as it can be.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.installation import Installation

pytestmark = [pytest.mark.database, pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db]
WRITERS = 2
PROCESS = """
import datetime as dt, random, time, traceback
from django.db import OperationalError
from django.utils import timezone
end = time.time() + seconds
counts = {}
def count(name, by=1):
    counts[name] = counts.get(name, 0) + by
"""
WRITE = (
    PROCESS
    + """
from anlan.exchange.check import check
from anlan.exchange.commit import commit, undo
from anlan.flow.errors import Conflict
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting
from anlan_cn.models import Hazard, KeyPlace
from tests.sheets import HAZARD, hazard, workbook
CHECK = ("occurred_on", "place", "checker_post", "people_ok", "objects_ok", "technology_ok", "has_findings", "findings")
TEXT = "消防通道堆放杂物已责令清理并复查"
dice = random.Random(seed)
li = actor_for(Person.objects.get(username="li"), today=timezone.localdate())
here = Institution.objects.select_related("unit").get(code="A")
records, days, batches = [], [f"2025-{month:02d}-11" for month in range(1, 13)], []
def report():
    values = {"occurred_on": dt.date(2025, dice.randrange(1, 12), 9), "area": "fire", "level": "general"}
    record = Hazard(institution=here)
    perform(record, "report", by=li, description=dice.choice((TEXT, f"{TEXT}{len(records)}")), **values)
    records.append(record.pk)
def correct():
    record = Hazard.objects.get(pk=dice.choice(records))
    text = dice.choice((TEXT, f"{TEXT}{dice.random()}"))
    day = dt.date(2025, dice.randrange(1, 12), 9)
    perform(record, "correct", by=li, reason="写错", description=text, occurred_on=day)
def annul():
    record = Hazard.objects.get(pk=records.pop(dice.randrange(len(records))))
    perform(record, "annul", by=li, reason="重复")
def bring_in(code, *rows):
    checked = check(find_register(code), here, workbook(*rows), name=f"{code}.xlsx", by=li, at=timezone.now())
    if checked.report.is_ready:
        batches.append(commit(checked, by=li))
def import_hazards():
    bring_in("hazard", HAZARD, *(hazard(dice.choice(days), "fire", "general", f"{TEXT}{dice.random()}") for _ in range(20)))
def import_checks():
    place = KeyPlace(institution=here)
    names = {"kind": "pharmacy", "name": f"药房{dice.random()}", "location": "门诊楼一层"}
    perform(place, "list_place", by=li, occurred_on=dt.date(2025, 1, 6), **names)
    bring_in("key_place_check", CHECK, ("2025-03-12", place.number, "Guard", "是", "是", "否", "有", f"{TEXT}{dice.random()}"))
def take_back():
    undo(batches.pop(), by=li)
with acting(li):
    while time.time() < end:
        many = [report] * 12 + ([correct] * 6 + [annul] if records else []) + [import_hazards, import_checks]
        step = dice.choice(many + ([take_back] if batches else []))
        try:
            step()
            count(step.__name__)
        except Conflict:
            count("conflict")
        except OperationalError as error:
            count(f"refused by the database: {str(error)[:60]}")
        time.sleep(dice.random() * 0.02)
print(json.dumps(counts, ensure_ascii=False))
"""
)
ROUNDS = (
    PROCESS
    + """
from anlan.flow.audit import audit_chunk, walk_of_audit
from anlan.flow.hindsight import look_back
from anlan.ledger.rounds import sign_newest_head
from anlan.ledger.sequencer import Sequencer
from anlan.flow.models import AuditFinding
from anlan.org.scope import as_system
from config.rounds import AUDITED
sequencer, none = Sequencer(), dt.timedelta(0)
def look():
    ahead = dt.timedelta(minutes=random.choice((0, 2)))
    count("looked at", look_back(now=timezone.now() + ahead, every=none))
def turn():
    before = getattr(walk_of_audit(), "ended_at", None)
    for _ in range(5):
        count("audited", audit_chunk(now=timezone.now(), beside=AUDITED))
    count("turns", walk_of_audit().ended_at != before)
while time.time() < end:
    for work in (lambda: count("placed", sequencer.run(within_seconds=1)), sign_newest_head, look, turn):
        try:
            with as_system("worker"):  # as the worker runs every round
                work()
        except OperationalError as error:
            count(f"refused by the database: {str(error)[:60]}")
    time.sleep(0.02)
with as_system("test"):
    found = [f"{one.fault} {one.register} {one.number} {one.column}" for one in AuditFinding.objects.all()]
print(json.dumps({"counts": counts, "found": found}, ensure_ascii=False))
"""
)
CHECK = (
    PROCESS
    + """
from anlan.ledger.check_tree import newest_point
from anlan.org.scope import as_system
from config.soundness import all_findings, findings_since
found, point = [], None
while time.time() < end or not counts:
    with as_system("test"):
        now = newest_point()
    if point is not None:
        found += findings_since(point)
        count("checks of what followed")
    found += all_findings()
    count("whole checks")
    point = now
print(json.dumps({"counts": counts, "found": found}, ensure_ascii=False))
"""
)


def test_ten_minutes_of_load_bring_no_finding(
    installation: Installation, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    seconds = int(os.environ.get("ANLAN_LOAD_SECONDS", times(12, 600)))
    writers = [_run(installation, WRITE, seconds=seconds, seed=seed) for seed in range(WRITERS)]
    others = [_run(installation, text, seconds=seconds) for text in (ROUNDS, CHECK)]
    written = [_end(process, seconds) for process in writers]
    rounds, checks = (_end(process, seconds) for process in others)
    checked = installation.command("check", "--json")
    tell(seconds=seconds, written=written, rounds=rounds["counts"], checks=checks["counts"])
    assert (rounds["found"], checks["found"]) == ([], [])
    assert json.loads(checked.stdout)["findings"] == []
    assert sum(counts["report"] for counts in written) > 0
    assert min(rounds["counts"][name] for name in ("placed", "looked at")) > 0


def _run(installation: Installation, text: str, **values: object) -> "subprocess.Popen[str]":
    return installation.printing(text, **values)


def _end(process: "subprocess.Popen[str]", seconds: int) -> dict[str, Any]:
    """Return what a process printed at its end; end it where it does not come to one."""
    try:
        out, err = process.communicate(timeout=seconds * 2 + 300)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])
