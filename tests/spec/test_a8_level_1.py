"""Category A8, for level 1: 15 points; printed 5 + 3 + 2 + 4 + 6 = 20. A8-k3 stands beside A7-k4."""

from tests.spec.reckoning import (
    AWAITS,
    NO_DATA,
    NOT_APPLICABLE,
    SCORED,
    add,
    as_it_is,
    assert_rule,
    drop,
    judge,
    row,
    then,
    update,
)


def test_a8_k1_joint_work_with_the_police():
    """S1-A8-k1. No agreement with contacts, or no officer visit: 5 points proposed."""
    quarterly = {"officer_visit_cadence": "quarterly"}
    one_visit = drop("officer_visit", "occurred_on > '2025-03'")
    assert_rule(
        "A8-k1",
        row("agreement and visits", as_it_is, SCORED, 0, level=1, category=15),
        row("no agreement", drop("police_agreement"), AWAITS, 0, proposed=5, level=1),
        row("no contact list", update("police_agreement", "has_contact_list = 0"), AWAITS, 0, proposed=5, level=1),
        row("no visit", drop("officer_visit"), AWAITS, 0, proposed=5, level=1),
        row("one visit suffices", one_visit, SCORED, 0, level=1),
        row("one visit, quarterly asked", one_visit, AWAITS, 0, proposed=5, level=1, readings=quarterly),
        row("confirmed", then(drop("officer_visit"), judge("A8-k1", "confirm")), SCORED, 5, level=1, category=10),
        row("level 2", drop("officer_visit"), NOT_APPLICABLE, 0),
        row("large specialist", drop("officer_visit"), NOT_APPLICABLE, 0, level=1, specialist=True),
        row("ungraded", drop("officer_visit"), NOT_APPLICABLE, 0, level=0),
        row("ungraded, read as level 1", drop("officer_visit"), AWAITS, 0, proposed=5, level=0,
            readings={"ungraded_row": "level1"}),
    )  # fmt: skip


def test_a8_k2_disputes_have_a_mediation_record():
    """S1-A8-k2. A closed dispute without a record costs 3 points, once."""
    closed = add("dispute", closed_on="2025-05-01", has_mediation_record=0)
    assert_rule(
        "A8-k2",
        row("all on record", as_it_is, SCORED, 0, level=1),
        row("one closed without", closed, SCORED, 3, level=1),
        row("two: once", then(closed, closed), SCORED, 3, level=1),
        row("no dispute at all", drop("dispute"), SCORED, 0, level=1),
        row("level 2", closed, NOT_APPLICABLE, 0),
    )


def test_a8_k4_somebody_is_in_charge_of_security():
    """S1-A8-k4. Nobody named costs 4 points; part-time is enough at level 1."""
    part_time = update("security_department", "kind = 'dedicated_person', is_full_time = 0")
    assert_rule(
        "A8-k4",
        row("a department", as_it_is, SCORED, 0, level=1),
        row("a part-time person", part_time, SCORED, 0, level=1),
        row("nobody", drop("security_department"), SCORED, 4, level=1),
        row("left", update("security_department", "ended_on = '2025-02-01'"), SCORED, 4, level=1),
        row("level 2", drop("security_department"), NOT_APPLICABLE, 0),
    )


def test_a8_k5_key_places_have_all_three_defences():
    """S1-A8-k5. One place without all three: 6 points proposed."""
    lacking = update("key_place", "has_object_defence = 0", "id = 1")
    assert_rule(
        "A8-k5",
        row("all defended", as_it_is, SCORED, 0, level=1),
        row("one lacks objects", lacking, AWAITS, 0, proposed=6, level=1),
        row("confirmed", then(lacking, judge("A8-k5", "confirm")), SCORED, 6, level=1),
        row("no place recorded", drop("key_place"), NO_DATA, 0, level=1),
        row("level 3", lacking, NOT_APPLICABLE, 0, level=3),
    )


def test_a8_stops_at_zero_and_shows_what_the_cap_kept():
    """S1-A8-a. 5 + 3 + 2 + 4 + 6 = 20 over 15: 0 points and 5 lost to the cap."""
    everything = then(
        drop("officer_visit"), judge("A8-k1", "confirm"), drop("security_department"),
        add("dispute", closed_on="2025-05-01", has_mediation_record=0, times=3),
        update("key_place", "has_object_defence = 0"), judge("A8-k5", "confirm"),
    )  # fmt: skip
    assert_rule("A8-k2", row("everything", everything, SCORED, 3, level=1, category=0, lost=5))
