"""Category A5, medical safety: 25 points, a zeroing rule, four rules without a printed bound, and one fixed point."""

from tests.spec.reckoning import (
    AWAITS,
    NO_DATA,
    SCORED,
    add,
    as_it_is,
    assert_rule,
    day,
    drop,
    judge,
    row,
    then,
    update,
)


def test_a5_k1_no_activity_plan_sets_the_category_to_zero():
    """S1-A5-k1. Without a plan the whole 25 are gone, whatever else was done."""
    assert_rule(
        "A5-k1",
        row("a plan", as_it_is, SCORED, 0, category=25),
        row("none", drop("quality_plan"), SCORED, 25, category=0, lost=0),
        row("expired", update("quality_plan", "ended_on = '2025-12-01'"), SCORED, 25, category=0),
        row("none, and two months missing: 1 lost to the cap",
            then(drop("quality_plan"), drop("quality_activity", "occurred_on in ('2025-04-05', '2025-09-05')")),
            SCORED, 25, category=0, lost=1),
    )  # fmt: skip


def test_a5_k2_each_missing_month_costs_half_a_point():
    """S1-A5-k2. A month counts when all four function lines acted; each complete month short costs 0.5."""
    april = drop("quality_activity", "occurred_on = '2025-04-05'")
    nursing_in_april = drop("quality_activity", "occurred_on = '2025-04-05' and line = 'nursing'")
    nothing = drop("quality_activity", "level = 'department'")
    per_line, any_line = {"missing_month_basis": "per_department"}, {"missing_month_basis": "any_department"}
    assert_rule(
        "A5-k2",
        row("twelve months", as_it_is, SCORED, 0),
        row("April missing", april, SCORED, 0.5, category=24.5),
        row("only nursing missing in April", nursing_in_april, SCORED, 0.5),
        row("April and September", then(april, drop("quality_activity", "occurred_on = '2025-09-05'")), SCORED, 1),
        row("no record: 12 × 0.5", nothing, SCORED, 6, category=19),
        row("hospital activities do not stand in", then(april, add("quality_activity", "2025-04-09", level="hospital")),
            SCORED, 0.5),
        row("June: five complete months, none kept", nothing, SCORED, 2.5, as_of=day("2025-06-29")),
        row("last day of June: six", nothing, SCORED, 3, as_of=day("2025-06-30")),
        row("per line: April missing in all four", april, SCORED, 2, readings=per_line),
        row("per line: only nursing", nursing_in_april, SCORED, 0.5, readings=per_line),
        row("per line: nothing, 48 × 0.5 = 24", nothing, SCORED, 24, category=1, readings=per_line),
        row("any line: only nursing missing", nursing_in_april, SCORED, 0, readings=any_line),
        row("any line: April missing", april, SCORED, 0.5, readings=any_line),
    )  # fmt: skip


def test_a5_k3_each_activity_without_self_check_or_rectification_costs_half_a_point():
    """S1-A5-k3. Counted from the records; a reviewer may add what is found on the spot."""
    one = update("quality_activity", "has_self_check = 0", "id = 1")
    both = update("quality_activity", "has_self_check = 0, has_rectification = 0", "id = 1")
    per_item = {"self_check_items": "per_item"}
    assert_rule(
        "A5-k3",
        row("all complete", as_it_is, SCORED, 0),
        row("one without self-check", one, SCORED, 0.5),
        row("one without either: one item", both, SCORED, 0.5),
        row("the same, two items", both, SCORED, 1, readings=per_item),
        row("three", update("quality_activity", "has_rectification = 0", "id <= 3"), SCORED, 1.5),
        row("no activity at all: nothing to find", drop("quality_activity"), SCORED, 0),
        row("a reviewer adds 2", then(one, judge("A5-k3", "set", 2)), SCORED, 2.5),
        row("52 records, capped by the category", update("quality_activity", "has_self_check = 0"), SCORED, 26,
            category=0, lost=1),
    )  # fmt: skip


def test_a5_k4_each_whole_point_below_95_percent_grade_a_costs_half_a_point():
    """S1-A5-k4. Grade A over sampled, archived and running together; a fraction of a point costs nothing."""

    def grades(archived: int, running: int):
        return then(
            update("record_audit", f"grade_a = {archived}", "sample = 'archived'"),
            update("record_audit", f"grade_a = {running}", "sample = 'running'"),
        )

    pro_rata, separate = {"grade_a_rounding": "pro_rata"}, {"grade_a_samples": "separate"}
    assert_rule(
        "A5-k4",
        row("100 %", as_it_is, SCORED, 0),
        row("190 of 200: 95 %, at the threshold", grades(95, 95), SCORED, 0),
        row("189 of 200: 94.5 %", grades(95, 94), SCORED, 0),
        row("188 of 200: 94 %", grades(94, 94), SCORED, 0.5),
        row("187 of 200: 93.5 %", grades(94, 93), SCORED, 0.5),
        row("170 of 200: 85 %", grades(85, 85), SCORED, 5, category=20),
        row("none of 200: 95 points, capped by the category", grades(0, 0), SCORED, 47.5, category=0, lost=22.5),
        row("189 of 200 in proportion: 0.5 × 0.5", grades(95, 94), SCORED, 0.25, readings=pro_rata),
        row("no audit", drop("record_audit"), NO_DATA, 0),
        row("audits of last year only", update("record_audit", "occurred_on = '2024-06-01'"), NO_DATA, 0),
        row("apart: 100 % and 93 %", grades(100, 93), SCORED, 1, readings=separate),
        row("together: 96.5 %", grades(100, 93), SCORED, 0),
        row("apart: one sample only", then(grades(94, 94), drop("record_audit", "sample = 'running'")), SCORED, 0.5,
            readings=separate),
        row("apart: none", drop("record_audit"), NO_DATA, 0, readings=separate),
    )  # fmt: skip


def test_a5_k5_each_quarter_without_a_committee_costs_half_a_point():
    """S1-A5-k5. The medical-safety committee meets each quarter; dispute analysis does not stand in."""
    deducted = {"hospital_quarter": "deducted"}
    hospital = drop("quality_activity", "level = 'hospital' and occurred_on > '2025-10'")
    assert_rule(
        "A5-k5",
        row("four quarters", as_it_is, SCORED, 0),
        row("three", drop("committee_meeting", "occurred_on = '2025-02-20'"), SCORED, 0.5),
        row("none: 4 × 0.5", drop("committee_meeting"), SCORED, 2, category=23),
        row("dispute analysis only", update("committee_meeting", "kind = 'dispute_analysis'"), SCORED, 2),
        row("three meetings in one quarter", update("committee_meeting", "occurred_on = '2025-03-01'"), SCORED, 1.5),
        row("no hospital activity in one quarter: a gap, no points", hospital, SCORED, 0),
        row("the same, if it is deducted", hospital, SCORED, 0.5, readings=deducted),
    )


def test_a5_k6_more_disputes_than_last_year_cost_a_point():
    """S1-A5-k6. One more than last year costs 1 point, once; with none last year a reviewer decides."""
    no_base = drop("dispute", "occurred_on < '2025'")
    assert_rule(
        "A5-k6",
        row("1 and 1", as_it_is, SCORED, 0),
        row("2 after 1", add("dispute"), SCORED, 1, category=24),
        row("9 after 1: once", add("dispute", times=8), SCORED, 1),
        row("none after 1", drop("dispute", "occurred_on >= '2025'"), SCORED, 0),
        row("none in both years", drop("dispute"), SCORED, 0),
        row("1 after none", no_base, AWAITS, 0),
        row("1 after none, a reviewer set 1", then(no_base, judge("A5-k6", "set", 1)), SCORED, 1),
        row("1 after none, the most", no_base, SCORED, 1, readings={"zero_base": "full_cap"}),
        row("1 after none, nothing", no_base, SCORED, 0, readings={"zero_base": "none"}),
    )
