"""Yesterday's database in the place of today's, with real processes: a log and a commission's node, each in a home of its own.

The log's worker calls the node over HTTP. Then the database file of the day before is put back: the start, `anlan check`,
`anlan verify` and the worker's next round each find it, and the node keeps what it was offered.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOG_NAME, WITNESS_NAME = "hospital.example.cn/ledger", "commission.example.cn/witness"
ENTRIES = """
import django; django.setup()
from django.utils import timezone
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from config.prepare import prepare
from tests.records import report_hazard
from tests.world import build_world, employ
if not Institution.objects.exists():
    employ("li", "李敏", "office", build_world().hospital_a.unit)
    prepare(lambda _text: None, with_demo=False)  # 15 entries: what stands, and the content
by = actor_for(Person.objects.get(username="li"), today=timezone.localdate())
place = Institution.objects.select_related("unit").get(code="A")
print([report_hazard(place, by=by).uid.hex for _ in range({count})][0])
"""
LATER = """
import django; django.setup()
from anlan.ledger.models import Witness
Witness.objects.update(asked_at="2025-01-01T00:00Z", cosigned_at="2025-01-01T00:00Z")
"""


class Node:
    """One installation in a folder: runs `anlan` and scripts with an environment of its own."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.home = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANLAN_", "DJANGO_"))
        } | {"ANLAN_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)} | more  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "config.command", *words)

    def script(self, text: str) -> str:
        done = self._run("-c", text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def prepare(self) -> None:
        assert self._run("-m", "django", "migrate", "-v0").returncode == 0

    def log(self) -> str:
        return (self.home / "logs" / "anlan.log").read_text(encoding="utf-8")

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    @contextmanager
    def serving(self, port: int) -> Iterator[str]:
        command = [sys.executable, "-m", "config.command", "serve", "--no-demo", "--port", str(port)]
        with subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL) as process:
            try:
                address = f"http://127.0.0.1:{port}"
                _wait_for(f"{address}/sign-in/")
                yield address
            finally:
                process.send_signal(signal.SIGTERM)


def _wait_for(url: str) -> None:
    for _ in range(150):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _copied(file: Path, to: Path) -> None:
    with sqlite3.connect(file) as database, sqlite3.connect(to) as copy:
        database.backup(copy)


def _put_back(copy: Path, file: Path) -> None:
    for name in ("anlan.sqlite3-wal", "anlan.sqlite3-shm"):
        (file.parent / name).unlink(missing_ok=True)
    shutil.copy(copy, file)


@pytest.mark.faults
@pytest.mark.slow
def test_yesterdays_database_is_found_from_the_witnesss_checkpoint(tmp_path: Path, tell: Callable[..., None]) -> None:
    port = _free_port()
    commission = Node(tmp_path / "commission", ANLAN_WITNESS_NAME=WITNESS_NAME)
    commission.prepare()
    key = commission.run("witness", "key").stdout.strip()
    hospital = Node(
        tmp_path / "hospital", ANLAN_LOG_NAME=LOG_NAME, ANLAN_WITNESSES=f"{key} http://127.0.0.1:{port}/witness"
    )
    hospital.prepare()
    record = hospital.script(ENTRIES.format(count=40))
    assert hospital.run("worker", "--once").returncode == 0  # signs; nobody answers yet
    public = (hospital.home / "keys" / "ledger-ed25519.pub").read_text().strip()
    assert commission.run("witness", "add-log", LOG_NAME, public).returncode == 0

    with commission.serving(port):
        hospital.script(LATER)
        assert hospital.run("worker", "--once").returncode == 0
        _copied(hospital.home / "anlan.sqlite3", tmp_path / "yesterday.sqlite3")
        hospital.script(ENTRIES.format(count=25) + LATER)
        time.sleep(5.1)  # the lease of the sequencer before
        assert hospital.run("worker", "--once").returncode == 0
        assert hospital.run("check").returncode == 0
        assert hospital.run("verify", record).returncode == 0

        _put_back(tmp_path / "yesterday.sqlite3", hospital.home / "anlan.sqlite3")
        said = "a witness cosigned 80 entries, but the database holds 55: it was rolled back, or is an old copy"
        checked, verified = hospital.run("check"), hospital.run("verify", record)
        assert (checked.returncode, verified.returncode) == (2, 2)
        assert said in checked.stdout
        assert f"✗ witness: {said}" in verified.stdout

        (hospital.home / "keys" / "newest-cosigned.txt").unlink()  # the whole folder may be yesterday's
        assert hospital.run("check").returncode == 0
        hospital.script(LATER)
        hospital.run("worker", "--once")
        told = "cosigned 80 entries, this log has 55: the database was rolled back, or is an old copy"
        assert told in hospital.run("check").stdout
        assert f"LEDGER ALARM rolled_back, log {LOG_NAME}, witness {WITNESS_NAME}: {told}" in hospital.log()
    assert "offers 55 entries, 80 were cosigned" in commission.run("check").stdout
    tell(yesterday=55, today=80, found_by=["check", "verify", "worker", "witness"])
