"""Honest times and erasures on screen: who sees the panel, what it leads to, and what stands where a record was."""

import datetime as dt

import pytest

from anlan.flow.erasure import approve, request_erasure
from anlan.flow.hindsight import look_at_all
from anlan.flow.perform import perform
from anlan.org.scope import acting
from tests.records import report_hazard

pytestmark = pytest.mark.django_db
LATE = dt.datetime(2025, 12, 28, 3, 0, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def english_client(client_as):
    def begin(person):
        client = client_as(person)
        client.cookies["django_language"] = "en"
        return client

    return begin


@pytest.fixture
def late_hazard(world, li_actor):
    hazard = report_hazard(world.hospital_a, by=li_actor, at=LATE, occurred_on=dt.date(2025, 3, 9))
    look_at_all()
    return hazard


@pytest.fixture
def erased(world, li_actor, wang_actor, chen_actor, qian):
    hazard = report_hazard(
        world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9), description="绝密内容"
    )
    with acting(li_actor):
        perform(hazard, "annul", by=li_actor, at=LONG_AGO, reason="误录")
    asked = request_erasure(hazard, by=li_actor, ground="pipl-47-unlawful", reason="误录他人信息")
    approve(asked, by=wang_actor)
    approve(asked, by=chen_actor)
    return f"/at/A/2020/registers/hazard/{hazard.uid}/"


def test_the_panel_of_an_institution_leads_to_the_records(english_client, chen, late_hazard):
    client = english_client(chen)
    page = client.get("/at/A/2025/score/times/").content.decode()
    records = client.get("/at/A/2025/score/times/hazard/late/").content.decode()

    assert "100 % of the year&#x27;s records were written down late" in page
    assert "/at/A/2025/score/times/hazard/late/" in page
    assert "not an accusation" in page
    assert "Provisional" in page
    assert late_hazard.number in records
    assert "294" in records


def test_the_panel_of_a_commission_names_each_institution(english_client, chen, late_hazard):
    page = english_client(chen).get("/at/P11/2025/score/times/").content.decode()

    assert "东城区第一人民医院 wrote down 100 % of its records late; the median is 100 %" in page
    assert "西河区人民医院" not in page


def test_the_score_page_loads_the_panel_after_itself(english_client, chen, late_hazard):
    page = english_client(chen).get("/at/A/2025/score/").content.decode()

    assert 'hx-get="/at/A/2025/score/times/" hx-trigger="load"' in page
    assert "written down late" not in page


@pytest.mark.parametrize(
    "where", ["key_place/late", "hazard/early", "record_audit/copied", "education_attendance/batch"]
)
def test_a_kind_that_says_nothing_of_a_register_has_no_page(english_client, chen, world, where):
    assert english_client(chen).get(f"/at/A/2025/score/times/{where}/").status_code == 404


def test_a_tombstone_stands_where_the_record_was(english_client, wang, erased):
    answer = english_client(wang).get(erased)
    page = answer.content.decode()

    assert answer.status_code == 410
    assert "Article 47, case 4" in page
    assert "误录他人信息" in page
    assert "王建国" in page
    assert "陈岚" in page
    assert "绝密内容" not in page


def test_who_could_not_see_the_record_sees_no_tombstone(english_client, qian, zhao, erased):
    assert english_client(qian).get(erased).status_code == 404  # another department's recorder
    assert english_client(zhao).get(erased.replace("/at/A/", "/at/B/")).status_code == 404


def test_a_held_record_has_no_form_but_the_reasons(english_client, li, late_hazard):
    page = english_client(li).get(f"/at/A/2025/registers/hazard/{late_hazard.uid}/erasure/").content.decode()

    assert "It is still open (Found)" in page
    assert "Unverified" in page
    assert "<textarea" not in page


def test_the_timeline_marks_a_correction_after_the_year_and_shows_old_and_new(english_client, li, li_actor, world):
    hazard = report_hazard(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9))
    with acting(li_actor):
        perform(hazard, "correct", by=li_actor, reason="写错了", description="已改正的描述")

    page = english_client(li).get(f"/at/A/2020/registers/hazard/{hazard.uid}/").content.decode()

    assert "Changed after the assessed year" in page
    assert "<del>消防通道堆放杂物</del>" in page
    assert "<ins>已改正的描述</ins>" in page
    assert "写错了" in page
