"""Lists: keyset pages, filters, search and sort, in the reader's scope and within the index."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.flow import reading
from anlan.flow.errors import InvalidData
from anlan.flow.reading import NotThere, find_record, list_records, sortable
from anlan.flow.spec import find_register
from anlan.org.errors import Unscoped
from anlan.org.scope import acting
from tests.records import list_place, report_hazard

pytestmark = pytest.mark.database


@pytest.fixture
def five_places(world, li_actor):
    """Five places of hospital A, listed on 6 January, 6 February, 6 February, 6 March and 6 April, the first three pharmacies."""
    days = [(1, "pharmacy"), (2, "pharmacy"), (2, "pharmacy"), (3, "archive"), (4, "archive")]
    return [
        list_place(world.hospital_a, by=li_actor, name=f"地点{number}", kind=kind, occurred_on=dt.date(2025, month, 6))
        for number, (month, kind) in enumerate(days, start=1)
    ]


def names(page):
    return [row.name for row in page.rows]


def walk(spec, institution, **options):
    pages, after = [], ""
    while True:
        page = list_records(spec, institution, after=after, **options)
        pages.append(names(page))
        after = page.after
        if not after:
            return pages


def test_pages_run_newest_first_and_settle_equal_dates_by_id(world, li_actor, five_places):
    with acting(li_actor):
        assert walk(find_register("key_place"), world.hospital_a, limit=2) == [
            ["地点5", "地点4"],
            ["地点3", "地点2"],
            ["地点1"],
        ]


def test_pages_run_oldest_first_when_asked(world, li_actor, five_places):
    with acting(li_actor):
        pages = walk(find_register("key_place"), world.hospital_a, limit=3, sort="occurred_on")

    assert pages == [["地点1", "地点2", "地点3"], ["地点4", "地点5"]]


def test_a_record_written_between_two_pages_neither_repeats_nor_hides_another(world, li_actor, five_places):
    spec = find_register("key_place")
    with acting(li_actor):
        first = list_records(spec, world.hospital_a, limit=2)
    list_place(world.hospital_a, by=li_actor, name="新地点", occurred_on=dt.date(2025, 5, 1))

    with acting(li_actor):
        second = list_records(spec, world.hospital_a, limit=2, after=first.after)
    assert (names(first), names(second)) == (["地点5", "地点4"], ["地点3", "地点2"])


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "archive"}, ["地点5", "地点4"]),
        ({"kind": ["archive", "pharmacy"], "occurred_to": "2025-02-06"}, ["地点3", "地点2", "地点1"]),
        ({"occurred_from": "2025-03-06"}, ["地点5", "地点4"]),
        ({"state": "listed", "has_alarm": "false"}, ["地点5", "地点4", "地点3", "地点2", "地点1"]),
        ({"state": "annulled"}, []),
        ({"has_alarm": "true"}, []),
    ],
)
def test_filters_narrow_the_list(world, li_actor, five_places, filters, expected):
    with acting(li_actor):
        assert names(list_records(find_register("key_place"), world.hospital_a, filters=filters)) == expected


@pytest.mark.parametrize(
    ("filters", "fault"),
    [
        ({"kind": "castle"}, {"kind": ['"castle" is no value of this column.']}),
        ({"occurred_from": "2025-02-30"}, {"occurred_from": ['"2025-02-30" is no value of this column.']}),
        ({"name": "地点1"}, {"name": ["The register is not filtered by this column."]}),
        (
            {"institution__unit__path__startswith": "0"},
            {"institution__unit__path__startswith": ["The register is not filtered by this column."]},
        ),
        ({"state": "burnt"}, {"state": ['"burnt" is no value of this column.']}),
        ({"has_alarm": "perhaps"}, {"has_alarm": ['"perhaps" is no value of this column.']}),
        (
            {"department": "9" * 40},
            {"department": ['"9999999999999999999999999999999999999999" is no value of this column.']},
        ),
    ],
)
def test_a_wrong_filter_is_refused_by_name(world, li_actor, filters, fault):
    with acting(li_actor), pytest.raises(InvalidData, match="Some filters are not right") as caught:
        list_records(find_register("key_place"), world.hospital_a, filters=filters)

    assert caught.value.fields == fault


def test_search_looks_in_number_and_declared_columns_for_every_word(world, li_actor, five_places):
    spec = find_register("key_place")
    with acting(li_actor):
        assert names(list_records(spec, world.hospital_a, search="地点2")) == ["地点2"]
        assert names(list_records(spec, world.hospital_a, search="kp-2025-0004 门诊楼")) == ["地点4"]
        assert names(list_records(spec, world.hospital_a, search="地点2 住院楼")) == []


def test_a_list_is_sorted_only_by_what_an_index_serves(world, li_actor):
    """A sort without an index would read a million rows for a page of fifty."""
    spec = find_register("key_place")

    assert sortable(spec) == ("occurred_on", "number")
    with (
        acting(li_actor),
        pytest.raises(InvalidData, match='cannot be sorted by "location"; it can by: occurred_on, number'),
    ):
        list_records(spec, world.hospital_a, sort="-location")


@pytest.mark.parametrize("after", ["x", "2025-01-01", "2025-01-01~x", "~", "2025-99-01~3", "~~~"])
def test_a_key_that_no_page_gave_is_refused(world, li_actor, after):
    with acting(li_actor), pytest.raises(InvalidData, match="no key of a page"):
        list_records(find_register("key_place"), world.hospital_a, after=after)


def test_a_search_stops_at_its_window_and_goes_on_from_there(world, li_actor, five_places, monkeypatch):
    monkeypatch.setattr(reading, "WINDOW", 2)
    spec = find_register("key_place")
    with acting(li_actor):
        first = list_records(spec, world.hospital_a, search="地点3")
        second = list_records(spec, world.hospital_a, search="地点3", after=first.after)
        third = list_records(spec, world.hospital_a, search="地点3", after=second.after)

    assert (names(first), first.searched_to) == ([], dt.date(2025, 3, 6))
    assert (names(second), second.searched_to) == (["地点3"], dt.date(2025, 2, 6))
    assert (names(third), third.searched_to, third.after) == ([], None, "")


def test_zhao_of_hospital_b_gets_no_row_of_hospital_a(world, zhao_actor, five_places):
    with acting(zhao_actor):
        assert list_records(find_register("key_place"), world.hospital_a).rows == ()


def test_a_recorder_reads_the_department_and_what_they_recorded(world, qian_actor, zhou_actor, li_actor):
    list_place(world.hospital_a, by=qian_actor, name="抢救室")
    list_place(world.hospital_a, by=zhou_actor, name="内科病区")
    list_place(world.hospital_a, by=li_actor, name="配电房")
    list_place(world.hospital_a, by=li_actor, name="急诊药房", department=world.emergency_a.code)

    with acting(qian_actor):
        assert names(list_records(find_register("key_place"), world.hospital_a)) == ["急诊药房", "抢救室"]


def test_a_list_with_nobody_acting_raises(world):
    with pytest.raises(Unscoped, match="nobody acting"):
        list_records(find_register("key_place"), world.hospital_a)


def test_a_record_is_found_by_its_receipt_alone(world, li_actor, zhao_actor):
    place = list_place(world.hospital_a, by=li_actor)
    with acting(li_actor):
        assert find_record(place.uid) == place
    with acting(zhao_actor), pytest.raises(NotThere, match="no such record"):
        find_record(place.uid)
    with acting(li_actor), pytest.raises(NotThere, match="no such record"):
        find_record(uuid.UUID(int=7))


def test_a_page_needs_the_same_few_queries_however_long(world, li_actor, five_places):
    """One for the rows; rows with references need one more for each column that refers."""
    for number in range(4):
        report_hazard(world.hospital_a, by=li_actor, description=f"隐患{number}", place=five_places[number])
    with acting(li_actor):
        with CaptureQueriesContext(
            connection,
        ) as places:
            list_records(find_register("key_place"), world.hospital_a)
        with CaptureQueriesContext(connection) as hazards:
            page = list_records(find_register("hazard"), world.hospital_a)
            assert [row.place.name for row in page.rows] == ["地点4", "地点3", "地点2", "地点1"]
    assert (len(places), len(hazards)) == (1, 2)


@pytest.mark.skipif("config.getoption('--postgres')", reason="the plan of an empty table says nothing on PostgreSQL")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"after": "2025-02-06~3"},
        {"sort": "occurred_on"},
        {"sort": "-number"},
        {"filters": {"state": "listed"}},
        {"filters": {"kind": "archive"}},
    ],
)
def test_a_page_walks_an_index_and_sorts_nothing(world, li_actor, five_places, options):
    with acting(li_actor), CaptureQueriesContext(connection) as queries:
        list_records(find_register("key_place"), world.hospital_a, **options)

    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = [row[3] for row in cursor.fetchall()]
            assert "USE TEMP B-TREE" not in " ".join(plan)
            assert plan[0].startswith("SEARCH anlan_cn_key_place USING")
