"""A backup of PostgreSQL as the role that row-level security holds: every row or none, and no copy left behind unsaid."""

import argparse
import os
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from anlan.org.jobs import Job, enqueue, run_next
from anlan.vault.stream import read_secret
from config.backup import copies, database, server
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


def test_copies_of_the_first_release_are_ours_if_their_tree_is_and_those_of_others_stay(written, home):
    """They do not say whose they are: another installation may keep its own on the same server, under the same role."""
    ours, theirs, empty = (f"anlan_drill_{number}badcafe" for number in "012")
    heads = "CREATE TABLE ledger_treehead (size bigint, root bytea)"
    try:
        with linked(direct_database()) as link:
            [first] = link.execute("SELECT size, root FROM ledger_treehead ORDER BY size LIMIT 1").fetchall()
            for name in (ours, theirs, empty):
                link.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        for name, head in ((ours, first), (theirs, (first[0], b"another root"))):
            with linked({**direct_database(), "NAME": name}) as link:
                link.execute(heads)
                link.execute("INSERT INTO ledger_treehead VALUES (%s, %s)", head)
        assert left_copies() == (ours,)
        assert drop_left_copies() == ()
        assert left_copies() == ()
        assert existing("anlan_drill_%badcafe") == [theirs, empty]
    finally:
        with linked(direct_database()) as link:
            for name in (ours, theirs, empty):
                link.execute(f'DROP DATABASE IF EXISTS "{name}"')


def existing(pattern):
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", [pattern])
        return [row[0] for row in cursor.fetchall()]


NAMES = ("an lan", "o'brien\"x", "安澜", "a=b", "postgresql://x", "%41%", "-x")


@pytest.mark.parametrize("name", NAMES)
def test_a_backup_is_restored_into_a_database_of_any_name(written, home, tmp_path, name):
    made, target = backup(), {**direct_database(), "NAME": name}
    with linked(direct_database()) as link:
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        manifest = restore(made.file, tmp_path / "new", database_url=url_of(target))
        with linked(target) as link:
            assert link.execute("SELECT count(*) FROM ledger_entry").fetchall() == [
                (manifest["counts"]["ledger_entry"],)
            ]
            assert link.execute("SELECT current_database()").fetchall() == [(name,)]
    finally:
        with linked(direct_database()) as link:
            link.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_a_database_in_another_encoding_is_refused_and_a_drills_copy_has_that_of_the_database(written, home, tmp_path):
    made, name = backup(), "anlan_ascii"
    asked = {**direct_database(), "NAME": name}
    with linked(direct_database()) as link:
        link.execute("CREATE DATABASE anlan_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with pytest.raises(BackupError, match="is encoded in SQL_ASCII; make it with ENCODING 'UTF8'") as caught:
            restore(made.file, tmp_path / "new", database_url=url_of(asked))
        assert caught.value.code == "backup.E093"
        with linked(direct_database()) as link, linked(asked) as other:
            kinds = [one.execute(copies._KIND).fetchall() for one in (link, other)]
        assert [kind[0][0] for kind in kinds] == ["UTF8", "SQL_ASCII"]
    finally:
        with linked(direct_database()) as link:
            link.execute("DROP DATABASE anlan_ascii")


def test_what_others_keep_beside_it_is_neither_dumped_nor_counted(written, home):
    """A copy of a table in another schema, as an administrator makes one before a change; an extension may stand there too."""
    with linked(direct_database()) as link:
        link.execute("CREATE SCHEMA theirs")
        link.execute("CREATE TABLE theirs.org_person AS SELECT * FROM generate_series(1, 7)")
    try:
        assert drill(backup().file).faults == ()
    finally:
        with linked(direct_database()) as link:
            link.execute("DROP SCHEMA theirs CASCADE")


@pytest.mark.parametrize(
    ("line", "is_left_out"),
    [
        ("3; 3079 16385 EXTENSION - pg_stat_statements ", True),
        ("3456; 0 0 COMMENT - EXTENSION pg_stat_statements ", True),
        ("3457; 6104 16999 PUBLICATION - everything postgres", True),
        ("5; 2615 2200 SCHEMA - public pg_database_owner", True),
        ("3458; 0 0 COMMENT - SCHEMA public pg_database_owner", True),
        ("6; 2615 16400 SCHEMA - anlan anlan", False),
        ("219; 1259 16391 TABLE public org_person anlan", False),
        ("3459; 0 0 COMMENT public POLICY anlan_scope ON flow_evidence anlan", False),
        ("; Archive created at 2026-12-01", False),
    ],
)
def test_what_only_the_servers_administrator_may_make_is_left_out_of_a_restore(line, is_left_out):
    assert database._is_the_servers(line, frozenset({"public"})) is is_left_out


def test_a_limit_of_a_transactions_time_ends_no_backup(written, home, monkeypatch):
    """PostgreSQL 17 has one that ends the whole session; it may stand at the role."""
    tool = database.run_tool

    def slow(*arguments):
        time.sleep(2)
        tool(*arguments)

    monkeypatch.setattr(database, "run_tool", slow)
    with linked(direct_database()) as link:
        if link.info.server_version < 170_000:
            pytest.skip("older servers have none")
        link.execute("ALTER ROLE CURRENT_USER SET transaction_timeout = '1s'")
    try:
        assert drill(backup().file).faults == ()
    finally:
        with linked(direct_database()) as link:
            link.execute("ALTER ROLE CURRENT_USER RESET transaction_timeout")


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

    def refused(text, name, *values):
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
