"""Category A3, public order: 10 points; printed deductions 3 + 3 + 3 + up to 6 = 15, so the cap can bite."""

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


def test_a3_k1_shared_work_is_judged_up_to_3_points():
    """S1-A3-k1. A person judges whether the departments share the work."""
    assert_rule(
        "A3-k1",
        row("not judged", as_it_is, AWAITS, 0),
        row("judged 3", judge("A3-k1", "set", 3), SCORED, 3, category=7),
        row("judged above", judge("A3-k1", "set", 4), SCORED, 3),
        row("in order", judge("A3-k1", "reject"), SCORED, 0),
    )


def test_a3_k2_each_month_needs_a_case_analysis():
    """S1-A3-k2. Any complete month without a report costs 3 points, once."""
    assert_rule(
        "A3-k2",
        row("twelve months", as_it_is, SCORED, 0),
        row("eleven months", drop("case_analysis", "occurred_on = '2025-07-05'"), SCORED, 3),
        row("twelve reports in eleven months", update("case_analysis", "occurred_on = '2025-06-25'",
            "occurred_on = '2025-07-05'"), SCORED, 3),
        row("none", drop("case_analysis"), SCORED, 3, category=7),
        row("on 30 January nothing is due", drop("case_analysis"), SCORED, 0, as_of=day("2025-01-30")),
        row("on 31 January one month is", drop("case_analysis"), SCORED, 3, as_of=day("2025-01-31")),
    )  # fmt: skip


def test_a3_k3_key_places_need_all_three_defences():
    """S1-A3-k3. A place without one of them: 3 points are proposed; no place on the register is no data."""
    lacking = update("key_place", "has_people_defence = 0", "id = 1")
    assert_rule(
        "A3-k3",
        row("all defended", as_it_is, SCORED, 0),
        row("one lacks people", lacking, AWAITS, 0, proposed=3),
        row("one lacks objects", update("key_place", "has_object_defence = 0", "id = 2"), AWAITS, 0, proposed=3),
        row("one lacks technology", update("key_place", "has_technical_defence = 0", "id = 2"), AWAITS, 0, proposed=3),
        row("confirmed", then(lacking, judge("A3-k3", "confirm")), SCORED, 3),
        row("no place recorded", drop("key_place"), NO_DATA, 0),
        row("no place, read as clean", drop("key_place"), SCORED, 0, readings={"empty_ledger": "clean"}),
        row(
            "no place, read as a fault", drop("key_place"), AWAITS, 0, proposed=3, readings={"empty_ledger": "adverse"}
        ),
        row(
            "the bad place was closed",
            then(lacking, update("key_place", "ended_on = '2025-03-01'", "id = 1")),
            SCORED,
            0,
        ),
    )


def test_a3_k4_each_full_5_percent_rise_of_criminal_cases_costs_a_point():
    """S1-A3-k4. floor(rise / 5 %) points, 6 at most; with no case last year a reviewer decides."""

    def cases(now: int, before: int):
        return then(
            add("security_incident", "2025-06-01", times=now), add("security_incident", "2024-06-01", times=before)
        )

    full, none = {"zero_base": "full_cap"}, {"zero_base": "none"}
    assert_rule(
        "A3-k4",
        row("none in both years", as_it_is, SCORED, 0),
        row("20 and 20", cases(20, 20), SCORED, 0),
        row("fewer", cases(10, 20), SCORED, 0),
        row("100 to 104: 4 %", cases(104, 100), SCORED, 0),
        row("100 to 105: 5 %, at the threshold", cases(105, 100), SCORED, 1),
        row("100 to 109: 9 %", cases(109, 100), SCORED, 1),
        row("20 to 22: 10 %", cases(22, 20), SCORED, 2),
        row("3 to 4: 33 %, capped at 6", cases(4, 3), SCORED, 6, category=4),
        row("100 to 130: 30 %, at the cap", cases(130, 100), SCORED, 6),
        row("100 to 129: 29 %", cases(129, 100), SCORED, 5),
        row("0 to 1: no base", cases(1, 0), AWAITS, 0, category=10),
        row("0 to 1, the most", cases(1, 0), SCORED, 6, readings=full),
        row("0 to 1, nothing", cases(1, 0), SCORED, 0, readings=none),
        row("0 to 1, a reviewer set 2", then(cases(1, 0), judge("A3-k4", "set", 2)), SCORED, 2),
        row("0 to 1, a reviewer set 9", then(cases(1, 0), judge("A3-k4", "set", 9)), SCORED, 6),
        row("public order does not count", add("security_incident", kind="public_order", times=3), SCORED, 0),
        row("only the same part of last year counts", cases(1, 1), SCORED, 0, as_of=day("2025-06-30")),
        row("last year's came later in the year",
            then(add("security_incident", "2025-03-01"), add("security_incident", "2024-09-01")), AWAITS, 0,
            as_of=day("2025-06-30")),
    )  # fmt: skip


def test_a3_stops_at_zero_and_shows_what_the_cap_kept():
    """S1-A3-a. 3 + 3 + 3 + 6 = 15 over 10: 0 points, 5 lost to the cap; read without a floor, -5."""
    all_of_it = then(
        judge("A3-k1", "set", 3), drop("case_analysis"), update("key_place", "has_people_defence = 0"),
        judge("A3-k3", "confirm"), add("security_incident", "2025-06-01", times=4),
        add("security_incident", "2024-06-01", times=2),
    )  # fmt: skip
    assert_rule(
        "A3-k4",
        row("everything", all_of_it, SCORED, 6, category=0, lost=5),
        row("no floor", all_of_it, SCORED, 6, category=-5, lost=0, readings={"category_floor": "below_zero"}),
    )
