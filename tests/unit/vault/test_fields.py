"""Encrypted columns: plain in memory, ciphertext in the database, found by the whole value alone."""

import datetime as dt

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection

from anlan.flow.errors import InvalidData
from anlan.flow.perform import perform
from anlan.flow.reading import list_records
from anlan.flow.spec import find_register
from anlan.flow.timeline import timeline
from anlan.ledger.models import Entry
from anlan.org.scope import as_system
from anlan.vault.errors import BrokenSeal, VaultError
from anlan.vault.fields import Ciphertext, for_update, opened

pytestmark = [pytest.mark.django_db, pytest.mark.database]
TABLE = "anlan_cn_key_post"


def appoint(world, actor, name="Zhang Qiang", kind="boiler"):
    record = find_register("key_post").model(institution=world.hospital_a)
    perform(record, "appoint", by=actor, occurred_on=dt.date(2025, 1, 6), kind=kind, holder_name=name)
    return record


def stored(record, column="holder_name", table=TABLE):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [record.pk])
        return cursor.fetchone()[0]


def put(record, value):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET holder_name = %s WHERE id = %s", [value, record.pk])


def again(record):
    return type(record).objects.get(pk=record.pk)


@pytest.fixture
def acting_li(li_actor, acting_as):
    with acting_as(li_actor) as actor:
        yield actor


def test_a_name_is_stored_as_ciphertext_and_read_as_itself(world, acting_li):
    record = appoint(world, acting_li)

    assert stored(record).startswith("e1:aes-")
    assert "Zhang" not in stored(record)
    assert again(record).holder_name == "Zhang Qiang"


def test_a_value_copied_to_another_row_does_not_open(world, acting_li):
    one, other = appoint(world, acting_li), appoint(world, acting_li, "Wang Fang", "electrician")
    put(other, stored(one))

    with pytest.raises(BrokenSeal, match="changed or copied there outside Anlan"):
        _ = again(other).holder_name


def test_plain_text_in_the_column_is_not_taken_for_a_value(world, acting_li):
    record = appoint(world, acting_li)
    put(record, "Zhang Qiang")

    with pytest.raises(VaultError, match="written around Anlan") as caught:
        _ = again(record).holder_name
    assert caught.value.code == "vault.E008"


def test_plain_text_never_reaches_an_update(world, acting_li):
    record = appoint(world, acting_li)

    record.holder_name = "Li Lei"
    type(record).objects.filter(pk=record.pk).update(**for_update(record, ["holder_name"]))
    assert again(record).holder_name == "Li Lei"
    with pytest.raises(VaultError, match="was to be written as plain text"):
        type(record).objects.filter(pk=record.pk).update(holder_name="Li Lei")


def test_a_correction_changes_the_name_and_the_timeline_shows_both(world, acting_li):
    record = appoint(world, acting_li)

    perform(record, "correct", by=acting_li, holder_name="Li Lei", reason="Misheard")

    changes = timeline(again(record))[-1].changes
    assert [(one.name, one.before, one.after) for one in changes] == [("holder_name", "Zhang Qiang", "Li Lei")]


def test_nothing_and_the_empty_text_stay_what_they_are(world, acting_li):
    record = appoint(world, acting_li)

    assert stored(record, "certificate_no") == ""
    put(record, "")
    assert again(record).holder_name == ""


def test_the_whole_name_is_found_whatever_its_case_and_a_part_is_not(world, acting_li):
    record = appoint(world, acting_li)
    appoint(world, acting_li, "Zhang Qiangwei", "electrician")
    rows = type(record).objects

    assert [row.pk for row in rows.filter(holder_name="zhang  QIANG")] == [record.pk]
    assert [row.pk for row in rows.filter(holder_name__in=["Zhang Qiang", "Nobody"])] == [record.pk]
    assert not rows.filter(holder_name="Zhang").exists()
    assert not rows.filter(holder_name__in=[]).exists()
    with pytest.raises(FieldError, match="Unsupported lookup 'icontains'"):
        rows.filter(holder_name__icontains="Zhang")


@pytest.mark.parametrize(("text", "found"), [("Zhang Qiang", 1), ("Qiang", 0), ("张强", 1), ("张", 0)])
def test_a_register_is_searched_for_the_whole_name(world, acting_li, text, found):
    appoint(world, acting_li)
    appoint(world, acting_li, "张强", "electrician")

    page = list_records(find_register("key_post"), world.hospital_a, search=text)

    assert len(page.rows) == found


def test_a_column_that_is_not_searchable_is_not_searched(world, acting_li):
    with as_system("test"), pytest.raises(VaultError, match="encrypted and not searchable"):
        list(find_register("dispute").model.objects.filter(summary="text"))


def test_a_constraint_on_an_empty_name_still_holds(world, acting_li):
    record = find_register("defence_member").model(institution=world.hospital_a)
    values = {"occurred_on": dt.date(2025, 1, 6), "holder_name": "Zhang Qiang", "employment": "full_time"}
    perform(record, "enrol", by=acting_li, **values)

    with pytest.raises(IntegrityError):
        type(record).objects.filter(pk=record.pk).update(holder_name="")


def test_a_name_that_is_too_long_is_refused_before_it_is_encrypted(world, acting_li):
    with pytest.raises(InvalidData) as caught:
        appoint(world, acting_li, "x" * 61)
    assert "holder_name" in caught.value.fields


def test_rows_read_without_the_model_are_opened_by_hand(world, acting_li):
    record = appoint(world, acting_li)
    [(uid, name, kind)] = type(record).objects.values_list("uid", "holder_name", "kind")

    assert isinstance(name, Ciphertext)
    assert opened(type(record), "holder_name", name, uid) == "Zhang Qiang"
    assert opened(type(record), "kind", kind, uid) == "boiler"


def test_a_deferred_name_is_fetched_and_opened(world, acting_li):
    record = appoint(world, acting_li)

    assert type(record).objects.defer("holder_name", "uid").get(pk=record.pk).holder_name == "Zhang Qiang"


def test_the_ledger_keeps_content_and_salt_encrypted_and_gives_them_plain(world, acting_li):
    record = appoint(world, acting_li)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, salt FROM ledger_entry WHERE register = 'key_post'")
        [(content, salt)] = cursor.fetchall()
    entry = Entry.objects.get(record_uid=record.uid)

    assert content.startswith("e1:aes-")
    assert bytes(salt) == b""
    assert '"holder_name":"Zhang Qiang"' in entry.content
    assert len(entry.salt) == 16
