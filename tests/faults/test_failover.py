"""Failover of PostgreSQL under load: the primary is killed, the standby takes over, and nothing acknowledged is lost."""

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, missing_programs, open_to_server
from tests.faults.installation import Installation

pytestmark = [pytest.mark.faults, pytest.mark.slow]
IS_FULL = os.environ.get("ANLAN_FAULTS") == "full"
WRITERS = 3
WRITE = """
import time
from django.db import Error, connection, transaction
from django.utils import timezone
from anlan.flow.errors import Conflict
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting
values = {"occurred_on": "2025-03-10", "area": "fire", "level": "general", "description": "消防通道堆放杂物"}
while True:
    try:
        by = actor_for(Person.objects.get(username="li"), today=timezone.localdate())
        place = Institution.objects.select_related("unit").get(code="A")
        break
    except Error:
        connection.close()
        time.sleep(0.2)
model = find_register("hazard").model
count, tried = 0, 0
with open(file, "w", buffering=1) as acknowledged:
    while True:
        key = f"{writer}-{count}"
        try:
            with acting(by):
                entry = perform(model(institution=place), "report", by=by, key=key, **values)
        except (Error, Conflict):
            tried += 1
            connection.close()
            time.sleep(0.2)
            continue
        print(json.dumps([key, str(entry.record_uid)]), file=acknowledged)
        count += 1
        time.sleep(0.01)
"""
STORED = """
from anlan.flow.models import Performed
from anlan.flow.spec import find_register
from anlan.org.scope import as_system
with as_system("test"):
    rows = list(find_register("hazard").model.objects.values_list("uid", "number"))
print(json.dumps({"rows": [[str(uid), number] for uid, number in rows], "keys": Performed.objects.count()}))
"""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="anlan-cluster-"))
    open_to_server(folder)
    try:
        with Cluster.running(folder) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(not IS_FULL, reason="several minutes, with Debian's patroni and etcd-server: make faults")
def test_failover_under_load_loses_no_acknowledged_write(
    cluster: Cluster, tmp_path: Path, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    assert not missing_programs(), f"Install Debian's packages for: {missing_programs()}"
    installation = Installation.make(tmp_path / "home", cluster.url)
    rounds, files = times(1, 5), [tmp_path / f"acknowledged-{number}" for number in range(WRITERS)]
    writers = [installation.go_on(WRITE, file=str(file), writer=number) for number, file in enumerate(files)]
    pauses: list[float] = []
    try:
        for _ in range(rounds):
            cluster.wait_for("every writer", lambda: all(file.exists() and file.stat().st_size for file in files))
            time.sleep(3)
            cluster.wait_until_safe()
            fallen, before = cluster.primary(), _count(files)
            cluster.kill(fallen)
            started = time.monotonic()
            cluster.wait_for("another primary", lambda fallen=fallen: cluster.primary() not in ("", fallen))
            cluster.wait_for("writes again", lambda before=before: _count(files) > before + WRITERS)
            pauses.append(time.monotonic() - started)
            cluster.start(fallen)
            cluster.wait_until_safe()
        time.sleep(2)
    finally:
        for writer in writers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(writer.pid, signal.SIGTERM)
            writer.wait()

    acknowledged = [json.loads(line) for file in files for line in file.read_text().splitlines() if line.endswith("]")]
    stored = json.loads(installation.script(STORED))
    rows = dict(stored["rows"])
    assert [key for key, uid in acknowledged if uid not in rows] == []  # 0 lost
    assert len(set(rows.values())) == len(rows)  # 0 numbers twice
    assert len(rows) == stored["keys"]  # a write that was tried again is one record
    assert installation.command("worker", "--once").returncode == 0
    checked = installation.command("check")
    assert checked.returncode == 0, checked.stdout
    tell(
        rounds=rounds, acknowledged=len(acknowledged), lost=0, seconds_without_writes=[round(one, 1) for one in pauses]
    )


def _count(files: list[Path]) -> int:
    return sum(file.read_text().count("\n") for file in files if file.exists())
