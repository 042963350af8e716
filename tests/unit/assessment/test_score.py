"""The table of scores, its sheets and their JSON."""

import datetime

import pytest

from anlan.assessment import score
from anlan.assessment.errors import UnknownInstitution
from anlan.assessment.jsonform import sheet_json
from anlan.assessment.score import NoSchema, score_institutions, score_plan, use_schema
from anlan.measures.errors import UnknownMeasure
from tests.spec.tables import YEAR_END, World, perfect, rubric, schema
from tests.unit.assessment.small import small


def test_every_institution_has_a_sheet_in_order_of_id():
    world = perfect(perfect(World(), at=7), at=3, level=1)
    table = world.table()
    assert table.institution_ids == (3, 7)
    assert [sheet.class_code for sheet in table.sheets()] == ["level_1", "level_2"]
    assert list(table.column("raw")) == [8500, 8500]
    with pytest.raises(UnknownInstitution, match=r"Institution 4 was not scored"):
        table.sheet(4)


def test_one_institution_may_be_asked_for():
    world = perfect(perfect(World(), at=7), at=3)
    table = score_institutions(
        rubric(), year=2025, as_of=YEAR_END, engine=world.engine, institutions=[7], schema=schema()
    )
    assert table.institution_ids == (7,)


def test_the_json_has_points_not_hundredths():
    world = perfect(World())
    world.drop("quality_activity", "occurred_on = '2025-04-05'")
    found = world.table().to_json({1: "H001"})
    assert {key: found[key] for key in ("rubric", "year", "as_of")} == {
        "rubric": "qidong-2018", "year": 2025, "as_of": "2025-12-31",
    }  # fmt: skip
    (institution,) = found["institutions"]
    assert institution["code"] == "H001"
    assert (institution["class"], institution["raw"], institution["applicable_max"]) == ("level_2", 84.5, 85)
    assert (institution["normalised"], institution["at_risk"], institution["passed"]) == (99.41, 0, None)
    category = institution["categories"][4]
    assert (category["code"], category["max"], category["points"], category["lost_to_cap"]) == ("A5", 25, 24.5, 0)
    assert category["rules"][1] == {
        "code": "A5-k2", "assessed": "computed", "outcome": "scored", "deducted": 0.5, "proposed": 0, "figure": 11,
        "figures": {"quality_months_all_lines": 11, "months_due": 12},
    }  # fmt: skip


def test_a_figure_without_data_is_null_and_a_pair_is_named():
    world = perfect(World())
    world.drop("record_audit")
    sheet = sheet_json(world.sheet(), code="H001")
    rules = {rule["code"]: rule for category in sheet["categories"] for rule in category["rules"]}
    assert (rules["A5-k4"]["outcome"], rules["A5-k4"]["figure"]) == ("no_data", None)
    assert rules["A7-k4"]["figure"] == {"numerator": 1, "denominator": 1}
    assert rules["A5-k6"]["figure"] == {"now": 1, "before": 1}


def test_the_monthly_trend_is_the_same_call_at_each_month_end():
    world = perfect(World())
    world.drop("case_analysis", "occurred_on >= '2025-03-01'")
    raws = [world.sheet(as_of=datetime.date(2025, month, 28)).raw for month in (2, 3, 4)]
    assert raws == [world.sheet(as_of=datetime.date(2025, 2, 28)).raw, raws[1], raws[1] - 300]


def test_the_plan_is_made_once_for_the_same_rubric_year_and_schema():
    assert score_plan(rubric(), year=2025, schema=schema()) is score_plan(rubric(), year=2025, schema=schema())
    assert score_plan(rubric(), year=2024, schema=schema()) is not score_plan(rubric(), year=2025, schema=schema())


def test_scoring_without_tables_says_what_to_do(monkeypatch):
    monkeypatch.setattr(score, "_schema", [])
    world = perfect(World())
    with pytest.raises(NoSchema, match=r"Call use_schema"):
        score_institutions(rubric(), year=2025, as_of=YEAR_END, engine=world.engine)
    use_schema(schema())
    assert len(score_institutions(rubric(), year=2025, as_of=YEAR_END, engine=world.engine)) == 1


def test_a_rubric_that_asks_an_unknown_measure_cannot_be_scored(tmp_path):
    spoilt = small(tmp_path, ("none: leading_groups_in_force", "none: leading_group_in_force"))
    with pytest.raises(UnknownMeasure, match=r'Did you mean "leading_groups_in_force"?'):
        score_plan(spoilt, year=2025, schema=schema())


def test_a_small_rubric_is_scored_with_its_own_caps_and_parameters(tmp_path):
    """B1: no group 2, 85 % grade A is ten points at 0.5 = 5, capped at 4: 6 of 6 gone. B2: 0 of 4 gone. 4 of 10."""
    world = perfect(World())
    world.drop("leading_group")
    world.database.execute("update anlan_cn_record_audit set grade_a = 85")
    table = score_institutions(small(tmp_path), year=2025, as_of=YEAR_END, engine=world.engine, schema=schema())
    sheet = table.sheet(1)
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.passed) == (400, 1000, 4000, False)
    later = score_institutions(small(tmp_path), year=2026, as_of=YEAR_END, engine=world.engine, schema=schema())
    assert later.score_plan.parameters == {"step": 5, "target": 97}


def test_per_count_adds_up_within_its_cap(tmp_path):
    rule = "kind: fixed\n        points: 2\n        when: {none: leading_groups_in_force}"
    counted = "kind: per_count\n        points: 0.75\n        count: [disputes]\n        cap: 2"
    world = perfect(World())
    for extra, expected in ((0, 75), (1, 150), (5, 200)):
        world.drop("dispute", "id > 2")
        world.add("dispute", times=extra)
        table = score_institutions(
            small(tmp_path, (rule, counted)), year=2025, as_of=YEAR_END, engine=world.engine, schema=schema()
        )
        assert table.sheet(1).rule("B1-k1").deducted == expected
