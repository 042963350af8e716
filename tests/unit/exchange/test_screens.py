"""The import pages: upload, check, write, undo, as a browser sees them; the worker runs between the requests."""

import io
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import load_workbook

from anlan.exchange.commit import open_batch
from anlan.exchange.upload import kept_at
from anlan.exchange.work import Standing, enqueue_commit, standing
from anlan.flow import slow
from anlan.flow.models import Batch
from anlan.flow.spec import find_register
from anlan.org.jobs import Job, run_next
from anlan.org.models import Person
from anlan.org.scope import Actor, as_system
from anlan_cn.models import Hazard
from tests.sheets import HAZARD, hazard, workbook
from tests.world import World, employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGE = "/at/A/2025/registers/hazard/import/"
Browser = Callable[..., Client]


def work() -> None:
    while run_next(now=timezone.now()):
        pass


def upload(client: Client, raw: bytes, name: str = "隐患.xlsx") -> str:
    answer = client.post(PAGE, {"file": SimpleUploadedFile(name, raw)})
    assert answer.status_code == 302
    return str(answer["Location"])


def text(client: Client, url: str, **headers: Any) -> str:
    return client.get(url, headers={"Accept-Language": "en", **headers}).content.decode()


@pytest.fixture
def browser(client_as: Browser, li: Person) -> Client:
    client = client_as(li)
    client.cookies["django_language"] = "en"
    return client


def test_a_sheet_goes_from_upload_to_records_and_back(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard(), hazard("2025-03-13")))
    assert 'hx-trigger="every 700ms"' in text(browser, page)
    work()
    assert "All 2 rows are ready. Nothing is written yet." in text(browser, page)
    assert browser.post(f"{page}commit/").status_code == 302
    assert "Checking every cell" in text(browser, page) or "Waiting for its turn" in text(browser, page)
    work()
    assert "2 records are written." in text(browser, page)
    browser.post(f"{page}undo/")
    assert "Undone at" in text(browser, page)
    with as_system("test"):
        assert [record.state for record in Hazard.objects.all()] == ["annulled"] * 2
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_bad_cells_are_listed_and_sent_back_marked(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard("18.3.5")))
    work()
    said = text(browser, page)
    assert "One cell has to be mended." in said
    assert "The year needs four digits." in said
    sent = browser.get(f"{page}errors/")
    rows = load_workbook(io.BytesIO(sent.content)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "18.3.5"
    assert browser.post(f"{page}commit/", follow=True).status_code == 200
    assert Batch.objects.get().state == Batch.State.CHECKED


def test_a_file_that_cannot_be_read_says_why(browser: Client) -> None:
    page = upload(browser, b"just words", name="a.csv")
    work()
    assert "No sheet has the headings of this register." in text(browser, page)


def test_no_file_is_a_message_on_the_page(browser: Client) -> None:
    answer = browser.post(PAGE, {})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.content.decode()


def test_a_running_import_is_cancelled_before_its_rows_are_written(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    work()
    browser.post(f"{page}commit/")
    browser.post(f"{page}cancel/")
    work()
    with as_system("test"):
        assert Hazard.objects.count() == 0
    assert Batch.objects.get().state == Batch.State.CHECKED


def test_the_job_may_run_twice_and_writes_once(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    work()
    browser.post(f"{page}commit/")
    work()
    Job.objects.filter(kind="import.commit").update(state=Job.State.WAITING)
    work()
    with as_system("test"):
        assert Hazard.objects.count() == 1
    assert Batch.objects.get().state == Batch.State.COMMITTED


def test_the_percentage_follows_the_job(world: World, li_actor: Actor) -> None:
    spec = find_register("hazard")
    batch = open_batch(spec, world.hospital_a, workbook(HAZARD, hazard()), name="a.xlsx", by=li_actor)
    Batch.objects.update(state=Batch.State.CHECKED, report={"is_ready": True})
    batch.refresh_from_db()
    job = enqueue_commit(batch)
    batch.refresh_from_db()
    assert standing(batch) == Standing(percent=0, part="waiting")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, done_units=30, total_units=100)
    assert standing(batch) == Standing(percent=15, part="checking")


def test_the_template_and_the_list_of_columns_are_there(browser: Client) -> None:
    said = text(browser, PAGE)
    assert "What was found" in said
    sent = browser.get(f"{PAGE}template/")
    assert sent["Content-Type"].endswith("spreadsheetml.sheet")
    assert load_workbook(io.BytesIO(sent.content)).sheet_names[-1] == "_anlan"


def test_only_who_may_import_finds_the_pages(
    browser: Client, client_as: Browser, wang: Person, qian: Person, zhao: Person, chen: Person
) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    urls = (PAGE, f"{PAGE}template/", page, f"{page}errors/")
    for stranger in (wang, qian, zhao, chen):
        client = client_as(stranger)
        assert [client.get(url).status_code for url in urls] == [404] * 4
        assert [client.post(f"{page}{action}/").status_code for action in ("commit", "cancel", "undo")] == [404] * 3
    assert "Import" in text(browser, "/at/A/2025/registers/hazard/")
    assert PAGE not in text(client_as(wang), "/at/A/2025/registers/hazard/")


def test_an_import_of_another_register_is_not_found(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    assert browser.get(page.replace("/hazard/", "/key_place/")).status_code == 404
    assert browser.post(f"{page}unknown/").status_code == 404


def test_looking_at_an_import_writes_nothing_so_that_it_does_not_wait_for_the_writer(browser: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    text(browser, page)
    with CaptureQueriesContext(connection) as queries:
        text(browser, page)
    assert [
        query["sql"] for query in queries if not re.match(r"(SET LOCAL anlan\.actor = '[^']*'; )?SELECT", query["sql"])
    ] == []


# ── whose sheet it is ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def colleague(client_as: Browser, world: World) -> Client:
    """Another person of the same office, who may import as well."""
    client = client_as(employ("sun", "孙丽", "office", world.hospital_a.unit))
    client.cookies["django_language"] = "en"
    return client


def test_a_sheet_with_faults_goes_back_only_to_who_uploaded_it(browser: Client, colleague: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard("18.3.5")))
    work()

    assert browser.get(f"{page}errors/").status_code == 200
    assert colleague.get(f"{page}errors/").status_code == 404
    said = text(colleague, page)
    assert "李敏 uploaded this sheet. Only they see its cells and may write it." in said
    assert "18.3.5" not in said
    assert "18.3.5" in text(browser, page)


def test_marking_faults_leaves_threads_for_those_who_read(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    page = upload(browser, workbook(HAZARD, hazard("18.3.5")))
    work()
    monkeypatch.setattr(slow, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(slow, "PLACE_SECONDS", 0.01)
    with slow.slow_work():
        answer = browser.get(f"{page}errors/", follow=True)
        assert "Ask for the sheet again in a minute." in answer.content.decode()
        assert (
            "Send it again in a minute"
            in browser.post(PAGE, {"file": SimpleUploadedFile("a.csv", b"a,b")}).content.decode()
        )
    assert browser.get(f"{page}errors/")["Content-Type"].endswith("spreadsheetml.sheet")


def test_a_colleague_neither_writes_nor_stops_what_another_uploaded(browser: Client, colleague: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    work()
    assert colleague.post(f"{page}commit/").status_code == 404
    assert Batch.objects.get().state == Batch.State.CHECKED
    browser.post(f"{page}commit/")
    assert colleague.post(f"{page}cancel/").status_code == 404
    assert Batch.objects.get().state == Batch.State.RUNNING


def test_a_written_sheet_is_given_back_to_nobody(browser: Client, colleague: Client) -> None:
    page = upload(browser, workbook(HAZARD, hazard()))
    work()
    assert browser.get(f"{page}errors/").status_code == 200
    browser.post(f"{page}commit/")
    assert browser.get(f"{page}errors/").status_code == 404
    work()
    assert [client.get(f"{page}errors/").status_code for client in (browser, colleague)] == [404, 404]
    browser.post(f"{page}undo/")
    assert Batch.objects.get().state == Batch.State.UNDONE
    assert [client.get(f"{page}errors/").status_code for client in (browser, colleague)] == [404, 404]


def test_a_sheet_that_is_refused_leaves_nothing_on_the_disk(browser: Client, settings: Any, tmp_path: Any) -> None:
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)
    answer = browser.post(
        PAGE, {"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)}
    )
    assert answer.status_code == 422
    page = upload(browser, b"just words", name="a.csv")
    work()

    assert Batch.objects.get().state == Batch.State.FAILED
    assert "No sheet has the headings of this register." in text(browser, page)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"] == []


def test_a_sheet_that_another_import_needs_stays_when_one_fails(browser: Client, world: World, li_actor: Actor) -> None:
    raw = b"just words"
    other = open_batch(find_register("key_place"), world.hospital_a, raw, name="b.csv", by=li_actor)
    upload(browser, raw, name="a.csv")
    work()
    assert Batch.objects.exclude(pk=other.pk).get().state == Batch.State.FAILED
    assert kept_at(other.file_sha256).is_file()
