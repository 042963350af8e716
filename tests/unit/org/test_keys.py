"""The rotation of keys: everything moves under the new key while writes go on, and the old key goes when nothing uses it."""

import datetime as dt
import hashlib
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from anlan.exchange.archive import work as archive_work
from anlan.exchange.archive.work import PACKAGES
from anlan.exchange.archive.write import Written
from anlan.exchange.upload import SHEETS, keep, kept
from anlan.flow.drift import all_drift
from anlan.flow.drift_organisation import EVERY_KIND
from anlan.flow.evidence import open_evidence, path_of, store
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org import keys
from anlan.org.baseline import ensure_baseline
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting, as_system
from anlan.vault import holdings
from anlan.vault.ring import ring
from config.soundness import _files as stored_files
from tests.papers import pdf

queue_of_upgrade = import_module("anlan.flow.migrations.0005_encrypted_files").queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
DAY = dt.date(2025, 1, 6)


@pytest.fixture(autouse=True)
def own_ring(settings, tmp_path):
    settings.ANLAN_FIELD_KEYS_FOLDER = str(tmp_path / "fields")
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")
    ring().make_first()


def appoint(world, actor, count):
    model = find_register("key_post").model
    at = timezone.now()
    with acting(actor):
        histories = [
            History(
                record=model(institution=world.hospital_a),
                moves=(
                    Move(
                        step="appoint",
                        by=actor,
                        at=at,
                        data={"occurred_on": DAY, "kind": "boiler", "holder_name": f"Holder {number}"},
                    ),
                ),
            )
            for number in range(count)
        ]
        perform_many(histories, origin=Origin(kind="import"))


def work(now=None):
    while run_next(now=now or timezone.now()):
        pass


def names():
    with as_system("test"):
        return sorted(row.holder_name for row in find_register("key_post").model.objects.all())


def raw(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")
        return [row[0] for row in cursor.fetchall()]


def test_everything_moves_under_the_new_key_and_the_old_one_is_retired(world, li_actor):
    appoint(world, li_actor, 450)
    sheet, _mark = keep(b"a sheet")
    old = ring().current().id

    job = keys.rotate()
    work()
    work(timezone.now() + keys.GRACE * 2)

    new = ring().current().id
    job.refresh_from_db()
    assert (job.state, job.result["broken"]) == ("done", [])
    assert job.result["renewed"] >= 901
    assert [use.id for use in keys.key_uses()] == [new]
    assert not [
        text for text in raw("anlan_cn_key_post", "holder_name") + raw("ledger_entry", "content") if old in text
    ]
    assert names() == sorted(f"Holder {number}" for number in range(450))
    assert list(broken_entries()) == []
    assert kept(sheet) == b"a sheet"
    assert keys.unknown_total() == 0


def test_digests_of_secrets_outlive_a_rotation(world, li):
    li.set_password("a sentence of Li's own 5")
    li.save()
    with as_system("test"):
        ensure_baseline(EVERY_KIND)
    keys.rotate()
    work()
    work(timezone.now() + keys.GRACE * 2)
    with as_system("test"):
        assert list(all_drift()) == []


def test_evidence_sheets_and_packages_move_too_and_a_reader_goes_on():
    raw = pdf("x" * 200_000)
    file, (sheet, _mark), old = store("paper.pdf", [raw]), keep(b"a sheet"), ring().current().id
    PACKAGES.put("0.zip", [b"PK"])
    [use] = keys.key_uses()
    assert {name: use.used[name] for name in ("evidence", "imports", "archives")} == {
        "evidence": 1,
        "imports": 1,
        "archives": 1,
    }
    reader = open_evidence(file.sha256)
    begun = reader.read(70_000)

    job = keys.rotate()
    work()
    work(timezone.now() + keys.GRACE * 2)

    job.refresh_from_db()
    assert (job.result["renewed"], job.result["broken"]) == (3, [])
    assert [use.id for use in keys.key_uses()] == [ring().current().id] != [old]
    assert begun + reader.read() == raw
    assert open_evidence(file.sha256).read() == raw
    assert (kept(sheet), PACKAGES.open("0.zip").read()) == (b"a sheet", b"PK")


def test_a_changed_file_is_named_and_keeps_its_key():
    file, old = store("paper.pdf", [pdf()]), ring().current().id
    path_of(file.sha256).write_bytes(path_of(file.sha256).read_bytes()[:-1])

    job = keys.rotate()
    work()

    job.refresh_from_db()
    assert job.result["broken"] == [f"evidence, {file.sha256}"]
    assert keys.retire() == (old,)


def test_a_package_that_ended_after_a_rotation_is_renewed_and_the_old_key_goes(world, li_actor, monkeypatch):
    def rotated(_wanted, stream, *, by, progress):
        stream.write(b"PK")
        keys.rotate()
        for minutes in (0, 2, 4, 6):  # renewed all but the draft, and gave up retiring its key
            work(timezone.now() + keys.GRACE * minutes)
        return Written(counts={"records": 0}, size=2)

    old = ring().current().id
    monkeypatch.setattr(archive_work, "write_package", rotated)
    archive_work.enqueue_archive(world.hospital_a, register=None, year=None, evidence=False, by=li_actor)
    while run_next(now=timezone.now()):
        assert [use.id for use in keys.key_uses()] == sorted([ring().current().id, old])
    for minutes in (2, 4, 6):
        work(timezone.now() + keys.GRACE * minutes)

    assert [use.id for use in keys.key_uses()] == [ring().current().id] != [old]


def test_the_upgrade_queues_a_job_that_encrypts_plain_files(settings):
    [raw] = [pdf("of an older release")]
    name = hashlib.sha256(raw).hexdigest()
    queue_of_upgrade(apps, None)
    assert not Job.objects.exists()  # a new installation holds none
    path_of(name).parent.mkdir(parents=True)
    path_of(name).write_bytes(raw)
    queue_of_upgrade(apps, None)
    queue_of_upgrade(apps, None)

    [waiting] = Job.objects.all()
    assert [finding["place"] for finding in stored_files()] == [f"file {name[:2]}/{name}"]
    assert [finding["fault"] for finding in stored_files()] == [
        "lies there unencrypted, as an older release kept it; `anlan keys encrypt` encrypts it"
    ]
    work()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.result["renewed"]) == ("done", 1)
    assert stored_files() == []
    assert b"older release" not in path_of(name).read_bytes()
    assert open_evidence(name).read() == raw


def test_a_sheet_that_was_changed_is_named_by_the_check():
    sheet, _mark = keep(b"a sheet")
    SHEETS.path_of(sheet).write_bytes(SHEETS.path_of(sheet).read_bytes()[:-1])

    [finding] = stored_files()
    assert finding["place"] == f"file imports/{sheet[:2]}/{sheet}"
    assert finding["fault"].startswith(f"[vault.E014] The file imports {sheet} does not open with key aes-")


def test_writes_between_two_batches_are_neither_lost_nor_left_behind(world, li_actor, monkeypatch):
    appoint(world, li_actor, 30)
    monkeypatch.setattr(keys, "BATCH", 7)
    model, written = find_register("key_post").model, []

    def write(_seconds):
        with acting(li_actor):
            row = model.objects.order_by("pk")[len(written)]
            perform(row, "correct", by=li_actor, reason="Misheard", holder_name=f"Changed {len(written)}")
        written.append(row.pk)

    monkeypatch.setattr(keys.time, "sleep", write)
    old = ring().current().id
    keys.rotate()
    work()

    changed = [f"Changed {number}" for number in range(len(written))]
    assert len(written) > 5
    assert names() == sorted([*changed, *(f"Holder {number}" for number in range(len(written), 30))])
    assert [use.id for use in keys.key_uses() if use.total] == [ring().current().id]
    assert old not in "".join(raw("ledger_entry", "content"))


def test_a_value_that_another_one_wrote_meanwhile_is_left_alone(world, li_actor, monkeypatch):
    appoint(world, li_actor, 1)
    [holding] = [one for one in holdings.holdings() if one.name == "anlan_cn_key_post.holder_name"]
    ring().make()
    model = find_register("key_post").model

    def changed(self, rows):
        with as_system("test") as system:
            perform(model.objects.get(), "correct", by=system, reason="Misheard", holder_name="Newest")
        return unpatched(self, rows)

    unpatched = holdings.ColumnHolding._changed
    monkeypatch.setattr(holdings.ColumnHolding, "_changed", changed)
    holding.renew(ring().current().id, after=None, limit=10)

    assert names() == ["Newest"]


def test_a_killed_renewal_goes_on_where_it_was(world, li_actor, monkeypatch):
    appoint(world, li_actor, 20)
    monkeypatch.setattr(keys, "BATCH", 5)
    job = keys.rotate()

    def die(_seconds):
        raise SystemExit

    monkeypatch.setattr(keys.time, "sleep", die)
    with pytest.raises(SystemExit):
        work()
    monkeypatch.setattr(keys.time, "sleep", lambda _seconds: None)
    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    work()

    job.refresh_from_db()
    assert job.attempts == 2
    assert names() == sorted(f"Holder {number}" for number in range(20))
    assert [use.id for use in keys.key_uses() if use.total] == [ring().current().id]


def test_a_value_that_does_not_open_is_named_and_keeps_its_key(world, li_actor):
    appoint(world, li_actor, 2)
    old = ring().current().id
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, holder_name FROM anlan_cn_key_post ORDER BY id")
        [(_one, stored), (other, _)] = cursor.fetchall()
        cursor.execute("UPDATE anlan_cn_key_post SET holder_name = %s WHERE id = %s", [stored, other])

    job = keys.rotate()
    work()

    job.refresh_from_db()
    assert job.result["broken"] == [f"anlan_cn_key_post.holder_name, id {other}"]
    assert keys.retire() == (old,)


def test_an_erased_content_stays_erased(world, li_actor):
    appoint(world, li_actor, 1)
    Entry.objects.filter(register="key_post").update(content=None, salt=None)

    keys.rotate()
    work()

    assert Entry.objects.filter(register="key_post").values_list("content", "salt").get() == (None, None)
