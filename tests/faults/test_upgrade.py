"""An upgrade from the first release with data: it migrates, the check finds nothing, pages open, scores are equal, names are encrypted.

And ten upgrades one after the other, between which people work: the check finds nothing after any of them.
"""

import base64
import hashlib
import json
import lzma
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).resolve().parents[2]
DUMP = ROOT / "tests" / "fixtures" / "first-release.sql.xz"
ENTRIES = 1571
EVIDENCE = "flow.A006"  # the dump holds the database; the bytes of its evidence stayed behind

# What `anlan score --json --as-of YEAR-12-31` of the first release said: raw, of 100, points of each category.
SCORES = {
    (2024, "E04"): (85, 100, [10, 10, 10, 10, 25, 5, 15, 0]),
    (2024, "W01"): (85, 100, [10, 10, 10, 10, 25, 5, 15, 0]),
    (2025, "E04"): (81.5, 95.88, [10, 10, 10, 10, 24.5, 2, 15, 0]),
    (2025, "W01"): (84, 98.82, [10, 10, 10, 10, 24, 5, 15, 0]),
}
START = """
import django; django.setup()
from config.prepare import prepare
prepare(print, with_demo=False)
"""
OPEN_PAGES = """
import django; django.setup()
from django.conf import settings; settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
from anlan.org.models import Person
from anlan.org.scope import as_system
from anlan.flow.spec import all_registers
import json
person = Person.objects.get(username="li")
Person.objects.filter(pk=person.pk).update(must_change_password=False)
client = Client(); client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
at, opened = "/at/E04/2025/", {}
with as_system("test"):
    rows = {spec.code: spec.model.objects.filter(institution__code="E04").order_by("pk").first() for spec in all_registers()}
    names = sorted(row.holder_name for row in rows["key_post"].__class__.objects.all())
for code, row in rows.items():
    opened[code] = client.get(f"{at}registers/{code}/").status_code
    if row is not None:
        opened[f"{code} record"] = client.get(f"{at}registers/{code}/{row.uid}/").status_code
for page in ("", "score/", "registers/"):
    opened[page or "home"] = client.get(at + page).status_code
print(json.dumps({"opened": opened, "names": names}))
"""

# A release to come: another number, another threshold, one file more and one changed. What runs in it reads it as its own.
RELEASE = """
import django; django.setup()
import json, sys
number = int(sys.argv[1])
from config import content_entries
found = content_entries.content_found
changes = {f"file measures/of_release_{n}.py": f"{n:064x}" for n in range(1, number + 1)} if number else {}
if number:
    changes |= {"release": f"9.{number}.0", "parameter hazard.rectify_days from 2000-01-01": 15 + number}
    changes |= {"file law/clauses.yaml": f"{number:064x}"}
content_entries.content_found = lambda: found() | changes
"""
UPGRADE = (
    RELEASE
    + """
from django.core.management import call_command
from config.prepare import prepare
call_command("migrate", verbosity=0)
prepare(print, with_demo=False)
from anlan.org.content_changes import content_changes
print(json.dumps([change.release for change in content_changes()]))
"""
)
CHECK = (
    RELEASE
    + """
from config.command import main
sys.exit(main(["check", "--json"]))
"""
)
# What people do between two upgrades: records through all their steps, corrections, imports with what follows from them, one import
# taken back, and the erasure of a record that nothing needs any more.
WORK = (
    RELEASE
    + """
import datetime as dt
from django.utils import timezone
from anlan.exchange.check import check
from anlan.exchange.commit import commit, undo
from anlan.flow.erasure import approve, request_erasure
from anlan.flow.evidence import store
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.org.models import Institution, Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting
from anlan_cn.models import Hazard
from tests.papers import pdf
from tests.records import list_place, report_hazard
from tests.sheets import HAZARD, hazard, workbook
CHECKED = ("occurred_on", "place", "checker_post", "people_ok", "objects_ok", "technology_ok", "has_findings", "findings")
office, director, city = (
    actor_for(Person.objects.get(username=name), today=timezone.localdate()) for name in ("li", "wang", "zhou")
)
here = Institution.objects.select_related("unit").get(code="E04")
def to_its_end(day):
    record = report_hazard(here, by=office, at=timezone.now(), occurred_on=day, description=f"upgrade {number}")
    paper = store("a.pdf", [pdf(f"{number} {day}")])
    with acting(office):
        perform(record, "correct", by=office, reason="wrong", description=f"corrected {number}")
        perform(record, "assign", by=office, owner_post="Guard")
        perform(record, "rectify", by=office, evidence=[paper], measures="cleared", rectified_on=day)
    with acting(director):
        perform(record, "verify", by=director, verified_on=day)
    return record
def bring_in(code, *rows):
    checked = check(find_register(code), here, workbook(*rows), name=f"{code}.xlsx", by=office, at=timezone.now())
    assert checked.report.is_ready, checked.report.problems
    return commit(checked, by=office)
to_its_end(dt.date(2025, 3, 3))
gone = to_its_end(dt.date(2015, 3, 3))
place = list_place(here, by=office, name=f"pharmacy {number}")
with acting(office):
    bring_in("hazard", HAZARD, *(hazard("2025-03-12", "fire", "general", f"exit {number} {n}") for n in range(5)))
    bring_in("key_place_check", CHECKED, ("2025-03-12", place.number, "Guard", "是", "是", "否", "有", f"lock {number}"))
    undo(bring_in("hazard", HAZARD, hazard("2025-04-12", "fire", "general", f"by mistake {number}")), by=office)
    perform(Hazard.objects.filter(description=f"exit {number} 0").get(), "annul", by=office, reason="twice")
asked = request_erasure(gone, by=office, ground="pipl-47-unlawful", reason="test")
approve(asked, by=director)
print(approve(asked, by=city).state)
"""
)


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    link = sqlite3.connect(place / "anlan.sqlite3")
    link.executescript(lzma.decompress(DUMP.read_bytes()).decode())
    put_a_key(place, link)
    link.close()
    return place


def put_a_key(home, link):
    """Give the home a log key and sign the dump's checkpoint with it: the private key of that release's home stayed behind."""
    key, name = Ed25519PrivateKey.from_private_bytes(b"first release".ljust(32, b".")), "anlan.local/ledger"
    (home / "keys").mkdir(mode=0o700)
    (home / "keys" / "ledger-ed25519").write_text(base64.b64encode(key.private_bytes_raw()).decode() + "\n")
    (note,) = link.execute("SELECT checkpoint FROM ledger_treehead").fetchone()
    text = note.partition("\n\n")[0] + "\n"
    hint = hashlib.sha256(name.encode() + b"\n\x01" + key.public_key().public_bytes_raw()).digest()[:4]
    signature = base64.b64encode(hint + key.sign(text.encode())).decode()
    link.execute("UPDATE ledger_treehead SET checkpoint = ?", (f"{text}\n\u2014 {name} {signature}\n",))
    link.commit()


def run(home, *arguments, codes=(0,)):
    passed = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANLAN_", "DJANGO_", "PYTEST_"))
    }
    own = {"ANLAN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], env={**passed, **own}, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode in codes, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def stored(home, statement):
    link = sqlite3.connect(home / "anlan.sqlite3")
    try:
        return [row[0] for row in link.execute(statement)]
    finally:
        link.close()


@pytest.mark.faults
@pytest.mark.slow
def test_a_database_of_the_first_release_becomes_one_of_this_release(home):
    names = sorted(stored(home, "SELECT holder_name FROM anlan_cn_key_post"))
    root = stored(home, "SELECT root FROM ledger_treehead ORDER BY size DESC LIMIT 1")

    run(home, "-m", "django", "migrate", "--verbosity", "0")
    assert [fault["fault"][:10] for fault in findings(home) if EVIDENCE not in fault["fault"]] == ["[org.E183]"]
    assert "from today it is proven: org.person 15, org.post 13, org.unit 17" in run(home, "-c", START)
    assert "proven" not in run(home, "-c", START)

    assert [fault for fault in findings(home) if EVIDENCE not in fault["fault"]] == []
    assert stored(home, "SELECT count(*) FROM ledger_entry WHERE register NOT LIKE 'org.%'") == [ENTRIES]
    assert sorted(set(stored(home, "SELECT step FROM ledger_entry WHERE register LIKE 'org.%'"))) == [
        "baseline",
        "make",
    ]
    assert stored(home, "SELECT root FROM ledger_treehead ORDER BY size DESC LIMIT 1") == root
    assert stored(home, "SELECT count(*) FROM ledger_entry WHERE content NOT LIKE 'e1:%' OR length(salt) > 0") == [0]
    assert stored(home, "SELECT count(*) FROM anlan_cn_key_post WHERE holder_name NOT LIKE 'e1:%'") == [0]
    assert scores(home) == SCORES
    said = json.loads(run(home, "-c", OPEN_PAGES))
    assert said["names"] == names
    assert len(said["opened"]) > 60
    assert {page: code for page, code in said["opened"].items() if code != 200} == {}


@pytest.mark.faults
@pytest.mark.slow
def test_ten_upgrades_of_a_landed_home_in_which_people_work_bring_no_false_alarm(home, times, tell):
    run(home, "-c", UPGRADE, "0")
    begun, upgrades = stored(home, "SELECT count(*) FROM ledger_entry")[0], times(2, 10)
    for number in range(1, upgrades + 1):
        assert run(home, "-c", WORK, str(number - 1)).splitlines()[-1] == "erased"
        if number % 2:  # every second time the worker comes before the upgrade, else after it
            run(home, "-m", "config.command", "worker", "--once")
        releases = json.loads(run(home, "-c", UPGRADE, str(number)).splitlines()[-1])
        assert releases == [f"9.{n}.0" for n in range(1, number + 1)]
        assert [one for one in findings(home, release=number) if EVIDENCE not in one["fault"]] == []
        run(home, "-m", "config.command", "worker", "--once")
        assert [one for one in findings(home, release=number) if EVIDENCE not in one["fault"]] == []
    written = stored(home, "SELECT count(*) FROM ledger_entry")[0] - begun
    erased = stored(home, "SELECT count(*) FROM flow_erasure WHERE state = 'erased'")[0]
    assert (stored(home, "SELECT count(*) FROM flow_auditfinding"), erased) == ([0], upgrades)
    tell(upgrades=upgrades, entries_written_between=written, erased=erased, false_alarms=0)


def findings(home, *, release=0):
    """Return what `anlan check` finds; its exit code says whether that is nothing."""
    return json.loads(run(home, "-c", CHECK, str(release), codes=(0, 2)))["findings"]


def scores(home):
    found = {}
    for year in (2024, 2025):
        arguments = ("score", "--rubric", "qidong-2018", "--year", str(year), "--as-of", f"{year}-12-31", "--json")
        for row in json.loads(run(home, "-m", "config.command", *arguments))["institutions"]:
            points = [category["points"] for category in row["categories"]]
            found[year, row["code"]] = (row["raw"], row["normalised"], points)
    return found
