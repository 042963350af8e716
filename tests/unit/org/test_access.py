"""The access log: what is noted, that nobody changes it, that the ledger vouches for it, who reads it, where it goes."""

import datetime as dt
import socket

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from anlan.kernel.parameter import Parameter, declare_parameter
from anlan.ledger.models import Entry
from anlan.org import administration, syslog
from anlan.org.access import Access, AccessDigest, note_export, note_read, note_unmask
from anlan.org.access_keeping import TooYoung, digest_new, prune, retention_days, rewritten
from anlan.org.access_reading import Wanted, read_log, told
from anlan.org.errors import Contradiction, NotAllowed
from anlan.org.models import Person, Post
from anlan.org.scope import as_system
from tests.conftest import actor_of
from tests.world import POSTS_SINCE, employ

pytestmark = pytest.mark.database
LATER = dt.timedelta(minutes=20)


def kinds() -> list[str]:
    return list(Access.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def officers(world):
    return {
        "audit": actor_of(employ("jian", "简明", "audit_officer", world.district_1)),
        "security": actor_of(employ("an", "安定", "security_officer", world.city)),
        "top": actor_of(employ("ding", "丁一", "audit_officer", world.province)),
    }


# ── what is noted ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_says_who_did_what_where(world, li_actor):
    note_export(li_actor, "archive package", 120, register="hazard", institution=world.hospital_a, reason="检查")

    row = Access.objects.get()
    assert (row.kind, row.who, row.what, row.count, row.register) == (
        "export",
        "李敏",
        "archive package",
        120,
        "hazard",
    )
    assert (row.path, row.institution_id, row.reason) == (world.hospital_a.unit.path, world.hospital_a.pk, "检查")


def test_a_list_is_one_row_with_its_count(world, li_actor):
    note_read(li_actor, "dispute", institution=world.hospital_a, count=50)

    assert list(Access.objects.values_list("kind", "count", "record_uid")) == [("list", 50, None)]


def test_sign_ins_failures_and_locks_are_noted(world, client, settings):
    person = employ("li", "李敏", "office", world.hospital_a.unit)
    person.set_password("a-long-password-1")
    person.save()
    client.post("/sign-in/", {"username": "li", "password": "wrong"})
    client.post("/sign-in/", {"username": "my-password", "password": "x"})
    client.post("/sign-in/", {"username": "li", "password": "a-long-password-1"})
    client.post("/sign-out/")

    rows = list(Access.objects.order_by("pk").values_list("kind", "who", "path", "address"))
    here = world.hospital_a.unit.path
    assert rows == [
        ("failure", "li", here, "127.0.0.1"),
        ("failure", "? (11)", "", "127.0.0.1"),  # an unknown name may be a password typed into the wrong box
        ("sign_in", "li", here, "127.0.0.1"),
        ("sign_out", "li", here, "127.0.0.1"),
    ]


def test_a_change_of_rights_is_noted_with_the_ledger_entry(world, guan_actor, bai):
    administration.give_post(
        bai, unit=world.hospital_a.unit, role="office", starts_on=timezone.localdate(), by=guan_actor
    )

    assert list(Access.objects.values_list("kind", "what", "who")) == [("permission", "org.post give bai", "管宁")]


# ── nobody changes it ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    ["UPDATE org_access SET who = 'nobody'", "DELETE FROM org_access"],
)
def test_the_database_refuses_to_change_a_row_and_to_delete_a_young_one(world, li_actor, statement):
    note_export(li_actor, "file", 1)

    with pytest.raises(DatabaseError, match=r"org\.E08[34]"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Access.objects.get().who == "李敏"


def test_digests_stand_in_the_ledger_and_tell_of_a_rewritten_row(world, li_actor):
    for number in range(3):
        note_export(li_actor, f"file {number}", 1)
    assert digest_new(now=timezone.now() + LATER) == 3
    assert digest_new(now=timezone.now() + LATER) == 0
    digest = AccessDigest.objects.get()
    assert (Entry.objects.get(uid=digest.entry_uid).register, digest.count) == ("org.access", 3)
    assert list(rewritten()) == []

    with connection.cursor() as cursor:
        take_guards(cursor)
        cursor.execute("UPDATE org_access SET who = 'nobody' WHERE what = 'file 1'")
    assert [fault for _where, fault in rewritten()] == ["a row was changed after it was digested"]

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM org_access WHERE what = 'file 1'")
    assert [fault for _where, fault in rewritten()] == ["holds 2 rows; the ledger vouches for 3"]

    AccessDigest.objects.update(count=2)
    assert "the digest is not the one in the ledger" in [fault for _where, fault in rewritten()]


def take_guards(cursor) -> None:
    """What only the owner of the database can do; the test's transaction undoes it."""
    from anlan.org.access_guard import take

    for statement in take(connection.vendor):
        cursor.execute(statement)


def test_rows_of_the_last_minute_wait_for_their_digest(world, li_actor):
    note_export(li_actor, "file", 1)

    assert digest_new(now=timezone.now() + dt.timedelta(seconds=30), every=dt.timedelta(0)) == 0


# ── how long ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_less_than_six_months_is_refused(world):
    """网络安全法第二十一条：留存相关的网络日志不少于六个月。"""
    with as_system("test") as system, pytest.raises(TooYoung, match=r"at least \d+ days; 30 is less"):
        prune(by=system, keep_days=30)


def test_the_retention_is_a_dated_parameter_that_never_falls_below_180():
    since = dt.date(1990, 1, 1)
    row = {"code": "access_log.retention_days", "value": 30, "unit": "days", "starts_on": since}
    declare_parameter(Parameter(**row, instrument="test", clause="test", verified=False))

    assert retention_days(today=dt.date(1990, 6, 1)) == 180
    assert retention_days(today=dt.date(2026, 6, 1)) == 184


def test_what_is_old_enough_goes_and_the_ledger_says_so(world, li_actor):
    note_export(li_actor, "old", 1)
    then = timezone.now()
    with connection.cursor() as cursor:
        take_guards(cursor)
    Access.objects.update(at=then - dt.timedelta(days=200))
    digest_new(now=then)
    note_export(li_actor, "new", 1)

    with as_system("test") as system:
        assert prune(by=system, keep_days=184, now=then) == 1
    assert list(Access.objects.values_list("what", flat=True)) == ["new"]
    assert list(rewritten()) == []
    assert Entry.objects.filter(register="org.access", step="prune").count() == 1


# ── who reads it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_audit_officer_sees_every_kind_in_their_part_of_the_tree(world, officers, li_actor, feng_actor):
    note_export(li_actor, "of A", 1, institution=world.hospital_a)
    note_export(feng_actor, "of C", 1, institution=world.hospital_c)

    assert [row.what for row in read_log(officers["audit"], Wanted())[0]] == ["of A"]
    assert [row.what for row in read_log(officers["top"], Wanted())[0]] == ["of C", "of A"]
    assert [row.what for row in read_log(officers["top"], Wanted(who="李"))[0]] == ["of A"]
    assert [row.what for row in read_log(officers["top"], Wanted(kind="sign_in"))[0]] == []


def test_the_security_officer_sees_rights_and_sign_ins_alone(world, officers, guan_actor, li_actor, bai):
    note_export(li_actor, "of A", 1, institution=world.hospital_a)
    administration.give_post(
        bai, unit=world.hospital_a.unit, role="office", starts_on=timezone.localdate(), by=guan_actor
    )

    assert [row.kind for row in read_log(officers["security"], Wanted())[0]] == ["permission"]
    assert read_log(officers["security"], Wanted(kind="export"))[0] == []


def test_nobody_else_reads_the_log(world, li_actor, chen_actor, guan_actor, shen_actor):
    for actor in (li_actor, chen_actor, guan_actor, shen_actor):
        with pytest.raises(NotAllowed):
            read_log(actor, Wanted())


def test_the_protector_is_told_of_openings_at_the_institution_and_nobody_else(world, li_actor, zhao_actor):
    uid = "6f1b1f1e-0000-4000-8000-000000000001"
    note_unmask(li_actor, "dispute", uid, ("complainant",), institution=world.hospital_a, reason="回访患者")
    protector = actor_of(employ("hu", "胡安", "privacy_protector", world.hospital_a.unit))
    other = actor_of(employ("he", "何平", "privacy_protector", world.hospital_b.unit))
    now = timezone.now()

    assert [(row.who, row.reason) for row in told(protector, world.hospital_a, now=now)] == [("李敏", "回访患者")]
    assert told(other, world.hospital_a, now=now) == []
    assert told(other, world.hospital_b, now=now) == []
    assert told(li_actor, world.hospital_a, now=now) == []


def test_the_screen_and_the_file_of_the_audit_officer(world, client_as, li_actor):
    note_export(li_actor, "=cmd()", 7, institution=world.hospital_a)
    browser = client_as(employ("jian", "简明", "audit_officer", world.city))

    assert browser.get("/").headers["Location"] == "/access-log/"
    page = browser.get("/access-log/?kind=export").content.decode()
    assert "=cmd()" in page
    assert "李敏" in page
    sheet = b"".join(browser.get("/access-log/export/?kind=export").streaming_content).decode()
    assert "'=cmd()" in sheet  # a spreadsheet must not take it for a formula
    assert Access.objects.filter(kind="export", what="access log").count() == 1  # the export is an access


# ── three officers ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("other", ["security_officer", "audit_officer", "reviewer"])
def test_no_officer_is_given_a_second_role(world, guan_actor, other):
    officer = employ("xi", "习文", "administrator", world.district_1)

    with pytest.raises(Contradiction, match="an officer of the system holds no other role"):
        administration.give_post(
            officer, unit=world.district_1, role=other, starts_on=timezone.localdate(), by=guan_actor
        )


def test_two_offices_that_came_in_by_sql_give_nothing(world):
    officer = employ("xi", "习文", "audit_officer", world.city)
    Post.objects.create(person=officer, unit=world.city, role="administrator", starts_on=POSTS_SINCE)

    assert actor_of(Person.objects.get(username="xi")).grants == ()


# ── syslog (RFC 5424) ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_a_message_of_rfc_5424(world, li_actor):
    note_export(li_actor, "two\nlines", 3, institution=world.hospital_a, reason='say "why"]')
    line = syslog.line_of(Access.objects.get()).decode()

    assert line.startswith("<109>1 ")  # facility 13 (log audit) × 8 + severity 5 (notice)
    assert " export [access@32473 id=" in line
    assert 'reason="say \\"why\\"\\]"' in line
    assert line.endswith("\ufefftwo lines")
    assert "\n" not in line


def test_rows_go_to_a_unix_socket_once(world, li_actor, settings, tmp_path):
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(5)
        settings.ANLAN_SYSLOG = f"unix:{path}"
        note_export(li_actor, "file", 1)
        assert syslog.forward() == 1
        assert syslog.forward() == 0
        assert server.recv(4096).decode().endswith("file")


def test_rows_go_over_tcp_with_their_length_and_stay_when_nobody_listens(world, li_actor, settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.ANLAN_SYSLOG = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        note_export(li_actor, "文件", 1)
        assert syslog.forward() == 1
        link, _address = server.accept()
        with link:
            length, _space, line = link.recv(4096).partition(b" ")
    assert int(length) == len(line)
    note_export(li_actor, "next", 1)
    with pytest.raises(OSError, match="refused"):
        syslog.forward()
    settings.ANLAN_SYSLOG = ""
    assert syslog.forward() == 0


@pytest.mark.parametrize("text", ["host:514", "http://host", "unix:", "udp://"])
def test_a_target_that_is_not_understood_is_named(text):
    with pytest.raises(ValueError, match="use udp://host:514"):
        syslog.target_of(text)
