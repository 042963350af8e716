"""Disk full, read-only, keys gone, clock set back: a clear answer with a stable id, no half record, and it recovers by itself."""

import datetime as dt
import errno
import os

import pytest
from django.conf import settings as installed
from django.db import connection
from django.utils import timezone

from anlan.exchange import upload
from anlan.flow.perform import perform
from anlan.flow.spec import find_register
from anlan.ledger.models import Entry
from anlan.org.jobs import LEASE, Job, claim, enqueue, handler
from anlan.org.scope import acting, as_system
from config.outage import outage_of
from tests.papers import pdf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
ONLY_SQLITE = pytest.mark.skipif("postgres" in installed.DATABASES["default"]["ENGINE"], reason="pages of the file")
API = "/api/v1/registers/hazard/records"
HAZARD = {"occurred_on": "2025-01-06", "area": "fire", "level": "general", "description": "Exit light out"}


@handler("test.outage")
def nothing(job):
    pass


def post(client):
    body = {"institution": "A", "values": HAZARD}
    return client.post(API, body, content_type="application/json", headers={"Accept-Language": "en"})


def counts():
    with as_system("test"):
        return find_register("hazard").model.objects.count(), Entry.objects.count()


@pytest.fixture
def client(li, client_as):
    return client_as(li, raise_request_exception=False)


def pragma(text):
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()


@ONLY_SQLITE
def test_a_full_database_answers_503_and_goes_on_when_there_is_space(client):
    before = counts()
    pragma("VACUUM")  # pages that earlier tests left free would take the writes
    [pages] = pragma("PRAGMA page_count")
    pragma(f"PRAGMA max_page_count = {pages}")
    try:
        answers = [post(client) for _ in range(40)]
    finally:
        pragma("PRAGMA max_page_count = 1073741823")

    refused = [answer for answer in answers if answer.status_code == 503]
    written = [answer for answer in answers if answer.status_code == 201]
    assert refused
    assert len(refused) + len(written) == 40
    assert refused[0].json()["id"] == "outage.E001"
    assert refused[0].json()["message"] == "The server's disk is full. Nothing was saved; tell your administrator."
    assert refused[0].headers["Retry-After"] == "30"
    hazards, entries = counts()
    assert (hazards - before[0], entries - before[1]) == (len(written), len(written))
    assert post(client).status_code == 201


def test_a_database_that_can_only_be_read_answers_503_and_still_shows_records(client):
    is_sqlite = connection.vendor == "sqlite"
    assert post(client).status_code == 201
    before = counts()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if is_sqlite else "SET default_transaction_read_only = on")
    try:
        refused, listed = post(client), client.get(f"{API}?institution=A")
        page = client.post("/at/A/2025/registers/hazard/new/", {**HAZARD, "key": "k", "version": "0"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF" if is_sqlite else "SET default_transaction_read_only = off")

    assert (refused.status_code, refused.json()["id"]) == (503, "outage.E002")
    assert (listed.status_code, len(listed.json()["records"])) == (200, 1)
    assert page.status_code == 503
    assert "服务器暂时只能读取" in page.content.decode()
    assert "请转告管理员：outage.E002，20" in page.content.decode()
    assert counts() == before
    assert post(client).status_code == 201


@pytest.mark.parametrize(("number", "id"), [(errno.ENOSPC, "outage.E001"), (errno.EROFS, "outage.E002")])
def test_a_folder_that_takes_no_file_leaves_neither_record_nor_file(
    client, monkeypatch, tmp_path, settings, number, id
):
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)
    before = counts()

    def refuse(_handle):
        raise OSError(number, "refused")

    monkeypatch.setattr(os, "fsync", refuse)
    file = SimpleUploadedFile("paper.pdf", pdf())
    values = {**HAZARD, "key": "k", "version": "0", "evidence": file}
    answer = client.post("/at/A/2025/registers/hazard/new/", values)

    assert answer.status_code == 503
    assert id in answer.content.decode()
    assert counts() == before
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_sheet_that_cannot_be_stored_leaves_no_half_file(monkeypatch, tmp_path, settings):
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)

    def refuse(_handle):
        raise OSError(errno.ENOSPC, "refused")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="refused"):
        upload.keep(b"a sheet")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_missing_key_is_an_outage_and_no_new_one_is_made(client, settings, tmp_path):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "fields")
    before = counts()

    answer = post(client)

    assert (answer.status_code, answer.json()["id"]) == (503, "outage.E005")
    assert counts() == before
    assert not (tmp_path / "fields").exists()


def test_a_fault_of_ours_stays_a_fault(client, monkeypatch):
    def break_down(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("anlan.api.records.perform", break_down)
    answer = post(client)

    assert (answer.status_code, answer.json()["id"]) == (500, "api.E500")
    assert outage_of(ZeroDivisionError()) is None


def test_a_clock_that_was_set_back_makes_no_history(world, li_actor):
    later = timezone.now()
    with acting(li_actor):
        record = find_register("key_post").model(institution=world.hospital_a)
        values = {"occurred_on": dt.date(2025, 1, 6), "kind": "boiler", "holder_name": "Zhang Qiang"}
        perform(record, "appoint", by=li_actor, at=later, **values)
        perform(record, "vet", by=li_actor, at=later - dt.timedelta(days=1), vetted_on=dt.date(2025, 1, 7))

    times = Entry.objects.filter(record_uid=record.uid).order_by("version").values_list("recorded_at", flat=True)
    assert list(times) == [later, later]


def test_a_job_leased_before_the_clock_was_set_back_is_taken_over():
    now = timezone.now()
    job = enqueue("test.outage", now=now - dt.timedelta(days=1))
    Job.objects.filter(pk=job.pk).update(state="running", leased_until=now + dt.timedelta(days=1))
    held = enqueue("test.outage", now=now - dt.timedelta(days=1))
    Job.objects.filter(pk=held.pk).update(state="running", leased_until=now + LEASE)

    assert claim(now=now).pk == job.pk
    assert claim(now=now) is None
