"""The same write, sent twice at once under one key: one is carried out, and both get its result."""

import datetime as dt

import pytest
from django.db import transaction

from anlan.flow.perform import perform
from anlan.flow.reading import find_record
from anlan.ledger.models import Entry
from anlan.org.scope import acting
from anlan_cn.models import KeyPlace
from tests.beside import Beside, stand_open
from tests.records import list_place
from tests.unit.api.test_records import PLACE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_a_record_that_is_opened_twice_at_once_is_opened_once(world, li_actor):
    def open_one() -> Entry:
        return perform(KeyPlace(institution=world.hospital_a), "list_place", by=li_actor, key="k", values=PLACE)

    with acting(li_actor), transaction.atomic():
        first = open_one()
        beside = Beside(open_one, by=li_actor)
        stand_open()
    assert beside.result() == first
    assert Entry.objects.filter(register="key_place").count() == 1


def test_a_step_that_is_taken_twice_at_once_is_no_conflict_with_itself(world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)
    with acting(li_actor):
        stale = find_record(place.uid)

    def inspect(record: KeyPlace) -> Entry:
        return perform(record, "inspect_defences", by=li_actor, key="k", values={"inspected_on": dt.date(2025, 2, 3)})

    with acting(li_actor), transaction.atomic():
        first = inspect(find_record(place.uid))
        beside = Beside(lambda: inspect(stale), by=li_actor)
        stand_open()
    assert beside.result() == first
    assert Entry.objects.filter(record_uid=place.uid).count() == 2
