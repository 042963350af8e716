"""Backups that meet: two at once, one that was killed, one made while the clock was wrong, one that nobody can read any more."""

import datetime as dt
import fcntl
import os
import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from anlan.ledger import store
from anlan.org import jobs
from anlan.org.jobs import Job, claim, enqueue, run_next
from config.backup import make
from config.backup.make import backup, newest_backup
from config.backup.restore import drill, newest_file, restore
from config.backup.work import LOCK, WAITING, held, left_folders, work_folder
from tests.unit.backup.test_backup import home, written

__all__ = ["home", "written"]  # fixtures
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def in_a_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_second_of_two_backups_at_once_waits_for_the_first(written, home):
    said, made = [], []
    with held(home.path / make.LOCK):
        second = in_a_thread(lambda: made.append(backup(say=said.append)))
        second.join(timeout=1)
        assert second.is_alive()
        assert (said, made) == ([WAITING], [])
    second.join(timeout=60)
    assert [drill(one.file).faults for one in made] == [()]


def test_half_files_of_a_killed_backup_go_with_the_next(written, home):
    kept = home.path / "backups" / "files" / "ab"
    kept.mkdir(parents=True)
    half = [home.path / "backups" / "anlan-20260101T000000Z.part", kept / f"{'ab' * 32}.part"]
    for file in half:
        file.write_bytes(b"half")
    made = backup()
    assert [file.exists() for file in half] == [False, False]
    assert drill(made.file).faults == ()


def test_a_backup_that_is_made_after_the_clock_was_wrong_stays_and_is_the_newest(written, home):
    """Fourteen were named by a time to come. They are dropped first; the one just made is not."""
    ahead = timezone.now() + dt.timedelta(days=400)
    wrong = [backup(keep=0, now=ahead + dt.timedelta(days=day)).file for day in range(2)]
    made = backup(keep=2)
    assert made.file.exists()
    assert made.dropped == (wrong[0].name,)
    assert newest_file(home.path / "backups") == made.file
    assert abs(newest_backup() - timezone.now()) < dt.timedelta(minutes=10)
    assert drill(made.file).faults == ()


def test_one_that_cannot_be_read_stops_no_other_and_no_bytes_go_meanwhile(written, home):
    old = backup().file
    broken = backup().file
    broken.write_bytes(broken.read_bytes()[:100])
    made = backup(keep=2)
    assert (made.dropped, old.exists()) == ((old.name,), False)
    assert drill(made.file).faults == ()


def test_the_lease_of_a_backup_holds_while_the_database_is_copied(written, home, monkeypatch):
    """A copy of a large database takes longer than a lease: no other worker begins the same backup anew."""
    monkeypatch.setattr(jobs, "LEASE", dt.timedelta(seconds=1.5))
    snapshot, taken = make.snapshot, []

    def slow(folder):
        for _moment in range(20):
            time.sleep(0.2)
            taken.append(claim(now=timezone.now()))
        return snapshot(folder)

    monkeypatch.setattr(make, "snapshot", slow)
    enqueue("backup", now=timezone.now())
    assert run_next(now=timezone.now())
    assert taken == [None] * 20
    job = Job.objects.get(kind="backup")
    assert (job.state, job.attempts, job.error) == ("done", 1, "")


def test_a_left_folder_is_known_though_its_process_number_was_given_away_again(home):
    """In a container the next start often has the same number: ours, here."""
    left = home.path / f".backup-{os.getpid()}-abc"
    left.mkdir()
    (left / LOCK).touch()
    assert left_folders() == (left,)
    with (left / LOCK).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert left_folders() == ()
    with work_folder("drill") as work:
        assert not left.exists()
        assert left_folders() == ()
        assert work.exists()


@pytest.mark.skipif("config.getoption('--postgres')", reason="a home with its file")
def test_what_a_killed_restore_left_beside_the_home_goes_with_the_next_and_nothing_else_does(written, home, tmp_path):
    made = backup()
    left, other = tmp_path / ".new-k1ll3d", tmp_path / ".new-but-somebody-elses"
    for folder in (left, other):
        (folder / "keys").mkdir(parents=True)
    (left / LOCK).touch()
    restore(made.file, tmp_path / "new")
    assert (left.exists(), other.exists()) == (False, True)
    assert not (tmp_path / "new" / LOCK).exists()


def test_the_drill_of_a_log_that_is_hashed_with_sm3_proves_it(home, settings, request):
    settings.ANLAN_TREE_HASH = "sm3"
    store._known.clear()
    request.addfinalizer(store._known.clear)
    request.getfixturevalue("written")
    proof = drill(backup().file)
    assert proof.faults == ()
    assert proof.head[0] > 0
