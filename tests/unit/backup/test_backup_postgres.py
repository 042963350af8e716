"""A backup of PostgreSQL as the role that row-level security holds: every row or none, and no copy left behind unsaid."""

import argparse
import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from anlan.org.jobs import Job, enqueue, run_next
from anlan.vault.stream import read_secret
from config.backup import copies, server
from config.backup.copies import copies_rounds, drop_left_copies, left_copies
from config.backup.errors import BackupError
from config.backup.make import backup
from config.backup.package import unpack
from config.backup.restore import drill, restore
from config.backup.server import direct_database, linked, url_of
from config.backup.work import left_folders, work_folder
from config.commands import restore as restore_command
from config.health import look
from config.home import Home, database_from_url
from config.soundness import all_findings
from tests.pooler import PORT, pooler
from tests.unit.backup.test_backup import home, written

__all__ = ["home", "written"]  # fixtures
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.database,
    pytest.mark.skipif("not config.getoption('--postgres')", reason="PostgreSQL alone"),
]


def test_the_tests_run_as_a_role_that_row_level_security_holds(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_the_worker_backs_up_every_row(written, home):
    enqueue("backup", now=timezone.now())
    assert run_next(now=timezone.now())
    job = Job.objects.get(kind="backup")
    assert (job.state, job.error) == ("done", "")
    manifest = unpack(
        home.path / "backups" / job.result["file"], read_secret(home.keys / "backup.key"), home.path / "out"
    )
    assert {name: manifest["counts"][name] for name in ("anlan_cn_key_post", "flow_evidence", "ledger_entry")} == {
        "anlan_cn_key_post": 1,
        "flow_evidence": 1,
        "ledger_entry": 1,
    }


def test_a_dump_from_which_rows_were_left_out_is_thrown_away(written, home, monkeypatch):
    """As where something between drops who acts: pg_dump says nothing and leaves the rows out."""
    told = server.environment_of
    monkeypatch.setattr(server, "environment_of", lambda of: {**told(of), "PGOPTIONS": ""})
    with pytest.raises(
        BackupError, match="The dump holds 0 rows of anlan_cn_key_post, not 1: it is thrown away"
    ) as caught:
        backup()
    assert caught.value.code == "backup.E090"
    assert list((home.path / "backups").glob("*.backup")) == []


def test_a_copy_that_cannot_be_dropped_is_a_fault_is_named_and_goes_with_a_later_round(written, home, monkeypatch):
    made = backup()
    monkeypatch.setattr(copies, "PAUSE", 0.0)

    def held(link, name):
        raise psycopg.errors.ObjectInUse(f'database "{name}" is being accessed by other users')

    with monkeypatch.context() as patch:
        patch.setattr(copies, "_drop_now", held)
        faults = drill(made.file).faults
        [name] = left_copies()
        assert drop_left_copies() == (name,)
    assert faults == (
        f'the drill\'s copy of the database, {name}, could not be dropped (PostgreSQL refused: database "{name}" is being accessed by other users.): '
        "all data stand in it once more. The worker tries each hour to drop it; or drop it by hand.",
    )
    assert name in {check.name: check for check in look(now=timezone.now())}["backup"].said
    assert f"database {name}" in [finding["place"] for finding in all_findings()]
    [again] = copies_rounds()
    again()
    assert left_copies() == ()


def test_the_copy_of_a_drill_that_was_killed_goes_and_that_of_one_that_runs_stays(written, home):
    name = f"{copies._of_this()}0badcafe"
    with linked(direct_database(), name=name) as link:
        link.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        assert left_copies() == ()
    assert left_copies() == (name,)
    assert drop_left_copies() == ()
    assert left_copies() == ()


def test_a_folder_that_a_killed_process_left_is_named_and_goes_with_the_next(home):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    left = home.path / f".drill-{ended.stdout.strip()}-abc"
    left.mkdir()
    with work_folder("backup") as work:
        assert not left.exists()
        assert work.name.startswith(f".backup-{os.getpid()}-")
        assert left_folders() == ()


def test_a_role_without_createdb_is_told_so_before_anything_is_unpacked(written, home, monkeypatch):
    made = backup()

    def refused(text, name):
        return sql.SQL("DO $$ BEGIN RAISE EXCEPTION 'permission denied to create database'; END $$")

    monkeypatch.setattr(copies, "_statement", refused)
    with pytest.raises(
        BackupError, match=r"\(permission denied to create database\). Give the role CREATEDB"
    ) as caught:
        drill(made.file)
    assert caught.value.code == "backup.E010"
    assert not list(home.path.glob(".drill-*"))


def test_a_database_that_is_not_empty_is_never_restored_into(written, home, tmp_path):
    made = backup()
    with pytest.raises(BackupError, match="tables already; name an empty one") as caught:
        restore(made.file, tmp_path / "new", database_url=url_of(direct_database()))
    assert caught.value.code == "backup.E091"
    assert not (tmp_path / "new").exists()


def test_through_a_pooler_a_backup_is_refused_and_around_it_it_is_whole(written, home, monkeypatch, settings):
    own = url_of(direct_database())
    with pooler(connection.settings_dict) as refuses:
        settings.ANLAN_DATABASE_DIRECT = _through(refuses)
        with pytest.raises(BackupError, match="the address of the server itself into ANLAN_DATABASE_DIRECT") as first:
            backup()
    with pooler(connection.settings_dict, more="ignore_startup_parameters = options") as drops:
        settings.ANLAN_DATABASE_DIRECT = _through(drops)
        with pytest.raises(BackupError, match="drops options of a connection") as second:
            backup()
        settings.ANLAN_DATABASE_DIRECT = own
        assert backup().head[0] == 1
    assert (first.value.code, second.value.code) == ("backup.E087", "backup.E088")


def _through(folder):
    return f"postgresql:///{connection.settings_dict['NAME']}?host={folder}&port={PORT}"


def test_a_wrong_password_and_a_full_disk_are_said_in_one_sentence(written, home, monkeypatch, tmp_path):
    program = tmp_path / "pg_dump"
    program.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 18.0' && exit\n"
        "echo 'pg_dump: error: could not write to output file: No space left on device' >&2\n"
        "echo 'pg_dump: detail: Query was: COPY …' >&2; exit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("ANLAN_PG_BIN", str(tmp_path))
    with pytest.raises(
        BackupError, match="pg_dump failed: pg_dump: error: could not write to output file: No space left"
    ):
        backup()
    assert not list(home.path.glob(".backup-*"))


def test_programs_older_than_the_server_are_refused(written, monkeypatch, tmp_path):
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("ANLAN_PG_BIN", str(tmp_path))
    with pytest.raises(BackupError, match=r"pg_dump is of version 13; the server is of \d+"):
        backup()


@pytest.mark.parametrize("password", ["secret", "p@ss:w/o?r#d% &'"])
def test_an_address_comes_back_from_what_is_made_of_it(password, tmp_path):
    place = Home(path=tmp_path)
    asked = {"HOST": "/run/a b", "PORT": "5433", "USER": "an@lan", "PASSWORD": password, "NAME": "an lan/x"}
    text = url_of({**asked, "OPTIONS": {"sslmode": "require", "context": object()}})
    back = database_from_url(text, place)
    assert {key: back[key] for key in asked} == asked
    assert back["OPTIONS"] == {"sslmode": "require"}
    assert password not in url_of(asked | {"OPTIONS": {}}, with_password=False)


def test_what_restore_prints_can_be_pasted_and_holds_no_password(capsys, monkeypatch, tmp_path):
    head = {"size": 0, "root": ""}
    said = {"made_at": "2026-01-01", "counts": {}, "files": [], "head": head}
    monkeypatch.setattr("config.backup.restore.restore", lambda *_, **__: said)
    url = "postgresql://anlan:s%40cret@db1/anlan_new?sslmode=require&connect_timeout=3"
    asked = argparse.Namespace(file=tmp_path / "x", to=tmp_path / "a home", database_url=url, key=None)
    assert restore_command.run(asked) == 0
    printed = capsys.readouterr().out
    line = printed.strip().splitlines()[-1]
    words = subprocess.run(
        ["bash", "-c", f'anlan() {{ echo "$ANLAN_HOME|$ANLAN_DATABASE_URL|$*"; }}; {line}'],
        capture_output=True,
        text=True,
        check=True,
    )
    place, address, command = words.stdout.strip().split("|")
    assert (place, command) == (str(tmp_path / "a home"), "check")
    assert database_from_url(address, Home(path=tmp_path))["OPTIONS"] == {"sslmode": "require", "connect_timeout": "3"}
    assert "s%40cret" not in printed
    assert "export PGPASSWORD=" in printed
