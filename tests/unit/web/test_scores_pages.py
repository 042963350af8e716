"""The score screens as the personas see them: sheet, city, rule, rubric, and the figures behind the charts."""

import datetime as dt
import json
import re

import pytest

from anlan.flow.perform import perform
from anlan.org.scope import acting
from anlan.web import scores_source
from anlan_cn.models import Dispute
from tests.records import list_place

pytestmark = pytest.mark.django_db
SHEET, CITY = "/at/A/2025/score/", "/at/P11/2025/score/"


def page_of(client, address: str, *, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def data_of(client, address: str) -> dict:
    return json.loads(page_of(client, address))


def test_the_sheet_has_the_five_columns_of_the_source_in_chinese_and_in_english(client_as, li):
    english = page_of(client_as(li), SHEET)
    assert re.findall(r'<th scope="col">(.*?)</th>', english) == [
        "Assessment item", "Content", "Standard points", "Method and deductions", "Points scored",
    ]  # fmt: skip
    chinese = page_of(client_as(li), SHEET, language="zh-hans")
    assert "任一月份没有案情分析预警报告，扣 3 分（不按月累加）" in chinese


def test_the_sheet_of_an_empty_hospital_shows_raw_over_what_applies_and_out_of_100(client_as, li):
    """Level 2, nothing recorded in the year: A1 loses 8 of 10, A5 all 25."""
    page = page_of(client_as(li), SHEET)
    assert re.search(r"<dd>[\d.]+<small>/ 85</small></dd>", page)
    assert re.search(r"<dd>[\d.]+<small>/ 100</small></dd>", page)
    assert 'id="A1-k1"' in page
    assert re.search(r'id="A5".*?<b class="a-short">0</b>', page, re.DOTALL)


def test_the_row_of_another_class_is_shown_as_not_applicable(client_as, li):
    row = re.search(r'<tr id="A8".*?</tr>', page_of(client_as(li), SHEET), re.DOTALL)
    assert row is not None
    assert "This row is for another class of institution." in row[0]
    assert 'class="a-got">—' in row[0]


def test_nobody_is_told_that_they_passed(client_as, li):
    page = page_of(client_as(li), SHEET)
    assert "The rubric prints no pass mark, so nobody is told “passed”." in page


def test_opened_for_print_the_sheet_carries_the_reasons(client_as, li):
    assert "How to win it back" not in page_of(client_as(li), SHEET)
    assert "How to win it back" in page_of(client_as(li), f"{SHEET}?open=1")


def test_why_gives_figures_missing_months_clause_and_the_reading_in_force(client_as, li):
    page = page_of(client_as(li), "/at/A/2025/score/rules/A3-k2/why/")
    assert "Case analysis missing in January to December" in page
    assert page.count('class="a-missing"') == 12
    assert "S1-A3-k2" in page
    assert "+3" in page
    joined = page_of(client_as(li), "/at/A/2025/score/rules/A6-k2/why/")
    assert "every place on the register, every month" in joined


def test_why_links_the_records_that_cost_points(client_as, li, li_actor, world):
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    page = page_of(client_as(li), "/at/A/2025/score/rules/A3-k3/why/")
    assert f"/at/A/2025/registers/key_place/{place.uid}/" in page
    assert "−3 proposed" in page_of(client_as(li), SHEET)


def test_as_of_an_earlier_month_only_its_months_are_due(client_as, li):
    page = page_of(client_as(li), "/at/A/2025/score/rules/A3-k2/why/?as_of=2025-03-31")
    assert page.count('class="a-missing"') == 3
    assert page.count('class="a-notdue"') == 9


def test_an_unknown_rule_is_a_page_that_does_not_exist(client_as, li):
    assert client_as(li).get("/at/A/2025/score/rules/A9-k9/").status_code == 404


def test_the_rule_page_names_definition_register_and_clause(client_as, li):
    page = page_of(client_as(li), "/at/A/2025/score/rules/A5-k2/")
    assert "quality_months_all_lines" in page
    assert 'data-chart="/at/A/2025/score/rules/A5-k2/figures/"' in page


def test_a_reviewer_sees_the_institutions_below_and_no_others(client_as, chen):
    page = page_of(client_as(chen), CITY)
    assert "/at/A/2025/score/#A1" in page
    assert "/at/B/2025/score/" in page
    assert "/at/C/2025/score/" not in page


def test_equal_scores_share_a_rank(client_as, chen):
    """A and B are both of level 2 and both empty."""
    page = page_of(client_as(chen), CITY)
    assert re.findall(r'<td class="a-rank" data-label="Rank">(\d+)</td>', page) == ["1", "1"]


@pytest.mark.parametrize(
    ("by", "groups"), [("class", ["Level-2 hospital"]), ("district", ["东城区卫生健康委"]), ("all", [])]
)
def test_the_city_groups_by_class_by_district_or_not_at_all(client_as, chen, by, groups):
    page = page_of(client_as(chen), f"{CITY}?by={by}")
    assert re.findall(r'scope="rowgroup">(.*?) <small>', page) == groups


def test_an_office_may_not_compare(client_as, li, shen):
    assert client_as(li).get(CITY).status_code == 404
    assert client_as(shen).get(CITY).status_code == 200


def test_a_rule_at_a_commission_shows_every_institution(client_as, chen):
    page = page_of(client_as(chen), "/at/P11/2025/score/rules/A1-k1/")
    assert "2 institutions lose points by this rule" in page
    assert "/at/A/2025/score/rules/A1-k1/" in page


def test_the_rubric_page_shows_readings_hash_and_findings(client_as, li):
    page = page_of(client_as(li), "/at/A/2025/rubric/")
    assert re.search(r"SHA-256 [0-9a-f]{64}", page)
    assert "no institution can get more than 85" in page
    assert "either is enough; the points go once" in page


def test_a_finding_names_its_place_in_words(client_as, li):
    page = page_of(client_as(li), "/at/A/2025/rubric/")
    for code, name in (("ungraded", "ungraded institution"), ("qidong-2018", "the whole rubric")):
        assert re.search(rf'title="{code}">{name}<', page, re.IGNORECASE)
    assert ">category_floor<" not in page


def test_scores_are_evaluated_once_until_something_is_written(client_as, li, li_actor, world, monkeypatch):
    asked = []
    scored = scores_source.score_institutions
    monkeypatch.setattr(scores_source, "score_institutions", lambda *a, **k: asked.append(1) or scored(*a, **k))
    client = client_as(li)
    list_place(world.hospital_a, by=li_actor, name="收费处")
    page_of(client, SHEET)
    page_of(client, SHEET)
    assert len(asked) == 1
    list_place(world.hospital_a, by=li_actor)
    page_of(client, SHEET)
    assert len(asked) == 2


# ── figures behind the charts ───────────────────────────────────────────────────────────────────────────────────────


def test_the_trend_has_the_median_of_each_month_end_and_the_chosen_institution(client_as, chen):
    data = data_of(client_as(chen), "/at/P11/2025/score/trend/?with=A")
    assert data["labels"] == [dt.date(2025, month, 1).strftime("%b") for month in range(1, 13)]
    assert data["names"] == ["Median", "Lower quarter", "Upper quarter", "东城区第一人民医院"]
    assert data["columns"][0] == data["columns"][3]
    assert len(data["table"]["body"]) == 12


def test_the_spread_never_shows_a_worst_score_above_the_score(client_as, chen, li_actor, world):
    list_place(world.hospital_a, by=li_actor)
    data = data_of(client_as(chen), "/at/P11/2025/score/spread/")
    dots = {dot["url"]: dot for dot in data["dots"]}
    assert all(dot["worst"] <= dot["score"] for dot in dots.values())
    at_risk = [dot["score"] - dot["worst"] for dot in (dots["/at/A/2025/score/"], dots["/at/B/2025/score/"])]
    assert at_risk[0] > at_risk[1]


def test_the_figures_of_a_rule_come_month_by_month_with_what_is_due(client_as, li):
    data = data_of(client_as(li), "/at/A/2025/score/rules/A3-k2/figures/")
    assert [(one["kind"], one["values"]) for one in data["series"]] == [("bar", [0] * 12), ("line", [1] * 12)]


def test_months_that_are_not_over_have_no_figure(client_as, li):
    data = data_of(client_as(li), "/at/A/2025/score/rules/A3-k2/figures/?as_of=2025-02-28")
    assert data["series"][0]["values"] == [0, 0, *[None] * 10]


def test_charts_of_a_commission_are_not_for_an_institution(client_as, li):
    assert client_as(li).get("/at/A/2025/score/trend/").status_code == 404


def test_a_share_is_drawn_for_the_year_so_far(client_as, li, li_actor, world):
    """Accepted on 10 January and settled on 5 March: unsettled at the end of January and February, settled from March on."""
    dispute = Dispute(institution=world.hospital_a)
    with acting(li_actor):
        perform(dispute, "accept", by=li_actor, values={"occurred_on": dt.date(2025, 1, 10), "severity": "general"})
        perform(dispute, "settle", by=li_actor, values={"settled_on": dt.date(2025, 3, 5)})
    data = data_of(client_as(li), "/at/A/2025/score/rules/A7-k4/figures/")
    assert data["target"] == 95
    assert data["series"][0]["values"] == [0, 0, *[100] * 10]
