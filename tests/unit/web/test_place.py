"""Which year opens first for somebody who has not chosen one."""

import datetime as dt
import uuid

import pytest

from anlan.ledger.models import Entry
from anlan.web.place import default_year

pytestmark = pytest.mark.django_db


def _entries(year: int, count: int) -> None:
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    Entry.objects.bulk_create(
        Entry(
            uid=uuid.uuid4(),
            institution_id=1,
            register="hazard",
            record_uid=uuid.uuid4(),
            version=1,
            step="find",
            occurred_on=dt.date(year, 5, 1),
            recorded_at=moment,
            header="{}",
            leaf=b"",
        )
        for _ in range(count)
    )


def test_the_newest_year_with_enough_entries_opens_even_when_an_older_one_has_more():
    _entries(2025, 300)
    _entries(2024, 400)
    assert default_year() == 2025


def test_a_year_that_has_hardly_begun_does_not_open_first():
    _entries(2024, 400)
    _entries(2025, 20)
    assert default_year() == 2024


def test_a_small_installation_opens_the_year_that_most_entries_speak_of():
    _entries(2023, 3)
    _entries(2024, 9)
    assert default_year() == 2024
