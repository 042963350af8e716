"""A disk that is really full (a small tmpfs): 503 with its id, no half record or file, and it goes on by itself when there is space."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITE_UNTIL_FULL = """
import json, os
from pathlib import Path
import django; django.setup()
from django.conf import settings; settings.ALLOWED_HOSTS = ["*"]
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry
from anlan.org.scope import as_system
from config.prepare import prepare
from config.soundness import all_findings
from anlan.ledger.sequencer import Sequencer
from tests.papers import pdf
from tests.world import build_world, employ
world = build_world()
li = employ("li", "Li", "office", world.hospital_a.unit)
prepare(lambda _text: None, with_demo=False)
client = Client(raise_request_exception=False)
client.force_login(li, backend="django.contrib.auth.backends.ModelBackend")
home, before, number = settings.HOME.path, Entry.objects.count(), 0

def write(with_file=False):
    global number
    number += 1
    values = {"occurred_on": "2025-01-06", "area": "fire", "level": "general", "description": "x" * 200, "key": str(number), "version": "0"}
    if with_file:
        values["evidence"] = SimpleUploadedFile("a.pdf", pdf(extra=os.urandom(300_000)))
    answer = client.post("/at/A/2025/registers/hazard/new/", values)
    return answer.status_code, "outage.E001" in answer.content.decode()

first = write()
ballast = home / "ballast"
with ballast.open("wb", buffering=0) as stream:
    try:
        while True:
            stream.write(bytes(1 << 16))
    except OSError:
        pass
answers = [write(with_file=index % 2 == 0) for index in range(6)]
health = client.get("/health/ready").status_code
ballast.unlink()
after = [write(), write(with_file=True)]
for file in sorted((home / "evidence").rglob("*")):
    if file.is_file() and file.name.startswith(".draft-"):
        raise SystemExit(f"half a file: {file}")
Sequencer().run()
with as_system("test"):
    records = find_register("hazard").model.objects.count()
print(json.dumps({"first": first, "full": answers, "health": health, "after": after, "records": records,
    "entries": Entry.objects.count() - before, "files": len([f for f in (home / "evidence").rglob("*") if f.is_file() and f.name != ".lock"]),
    "findings": all_findings()}))
"""


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=False)


@pytest.mark.faults
@pytest.mark.slow
def test_a_full_disk_refuses_whole_writes_and_goes_on_when_there_is_space(small_disk):
    passed = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANLAN_", "DJANGO_", "PYTEST_"))
    }
    own = {"ANLAN_HOME": str(small_disk / "home"), "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", WRITE_UNTIL_FULL],
        env={**passed, **own},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])

    assert said["first"] == [302, False]
    assert said["full"] == [[503, True]] * 6
    assert said["health"] == 503
    assert said["after"] == [[302, False], [302, False]]
    assert (said["records"], said["entries"], said["files"]) == (3, 3, 1)
    assert said["findings"] == []
