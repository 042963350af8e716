"""Two preparers of one database wait for each other, and a killed one leaves no lock behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.pooler import PORT, pooler

pytestmark = pytest.mark.database

HOLD = """
import sys, time, django
django.setup()
from config.preparing import preparing
with preparing(lambda text: print("waits", flush=True)):
    print("holds", flush=True)
    while sys.stdin.readline().strip() == "ask":
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        print("asked", flush=True)
print("done", flush=True)
"""


@pytest.fixture
def start(tmp_path: Path):
    """Start a process that prepares the test's database server, and holds the lock until it is told to go on."""
    begun: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "ANLAN_HOME": str(tmp_path)}
    if connection.vendor != "postgresql":
        environment.pop("ANLAN_DATABASE_URL", None)

    def begin(**more: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        begun.append(subprocess.Popen([sys.executable, "-c", HOLD], env=environment | more, **pipes))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_the_second_preparer_waits_for_the_first(start):
    first = start()
    assert first.stdout.readline() == "holds\n"
    second = start()
    assert second.stdout.readline() == "waits\n"
    first.communicate("\n", timeout=60)
    assert second.stdout.readline() == "holds\n"


def test_a_killed_preparer_leaves_no_lock(start):
    first = start()
    assert first.stdout.readline() == "holds\n"
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=30)
    assert start().stdout.readline() == "holds\n"


@pytest.mark.skipif("not config.getoption('--postgres')", reason="a pooler of PostgreSQL")
def test_who_waits_holds_no_session_of_a_pooler(start):
    """Two sessions for everybody: one with the lock, and one for what its holder has to prepare, however many wait."""
    with pooler(connection.settings_dict) as folder:
        address = f"postgresql:///{connection.settings_dict['NAME']}?host={folder}&port={PORT}"
        first = start(ANLAN_DATABASE_URL=address)
        assert first.stdout.readline() == "holds\n"
        others = [start(ANLAN_DATABASE_URL=address) for _ in range(3)]
        assert [other.stdout.readline() for other in others] == ["waits\n"] * 3
        first.stdin.write("ask\n")
        first.stdin.flush()
        assert first.stdout.readline() == "asked\n"
        first.communicate("\n", timeout=60)


@pytest.mark.slow
def test_two_first_starts_at_once_both_end_well(tmp_path):
    """Both load the demo city into a new home at once; one does, the other finds it there."""
    environment = {**os.environ, "ANLAN_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("ANLAN_DATABASE_URL", None)
    code = (
        "import django; django.setup(); from config.prepare import prepare; print(len(prepare(print, with_demo=False)))"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes) for _ in range(2)]
    said = [one.communicate(timeout=550)[0] for one in both]

    assert [one.returncode for one in both] == [0, 0], said
    assert sum("Preparing the database" in text for text in said) == 1
