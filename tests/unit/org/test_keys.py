"""The rotation of keys: everything moves under the new key while writes go on, and the old key goes when nothing uses it."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from anlan.exchange.upload import keep, kept
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.spec import find_register
from anlan.ledger.check import broken_entries
from anlan.ledger.entry import Origin
from anlan.ledger.models import Entry
from anlan.org import keys
from anlan.org.jobs import Job, run_next
from anlan.org.scope import acting, as_system
from anlan.vault import holdings
from anlan.vault.ring import ring

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
    sheet = keep(b"a sheet")
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
