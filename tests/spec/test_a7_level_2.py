"""Category A7, for level 2 and 3 and large specialist hospitals: 15 points; printed 3+4+2+2+3+2+4 = 20."""

from tests.spec.reckoning import (
    AWAITS,
    NO_DATA,
    NOT_APPLICABLE,
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


def test_a7_k1_a_police_agreement_is_in_force():
    """S1-A7-k1. None costs 3 points. The row is for level 2, large specialists and, as read here, level 3."""
    gone = drop("police_agreement")
    assert_rule(
        "A7-k1",
        row("signed", as_it_is, SCORED, 0, category=15),
        row("none", gone, SCORED, 3, category=12),
        row("ended", update("police_agreement", "ended_on = '2025-12-31'"), SCORED, 3),
        row("level 3", gone, SCORED, 3, level=3),
        row("level 3, no row", gone, NOT_APPLICABLE, 0, level=3, category=0, readings={"level3_row": "none"}),
        row("large specialist of level 1", gone, SCORED, 3, level=1, specialist=True),
        row("the same, size ignored", gone, NOT_APPLICABLE, 0, level=1, specialist=True,
            readings={"large_specialist_by": "level_only"}),
        row("level 1", gone, NOT_APPLICABLE, 0, level=1, category=0),
        row("ungraded", gone, NOT_APPLICABLE, 0, level=0, category=0),
    )  # fmt: skip


def test_a7_k2_a_police_room_and_its_joint_work():
    """S1-A7-k2. No room, or a room without equipment, roster or contact list: 4 points proposed."""
    no_room = drop("facility", "kind = 'police_room'")
    no_contacts = update("police_agreement", "has_contact_list = 0")
    both = {"joined_conditions": "all"}
    assert_rule(
        "A7-k2",
        row("room and contacts", as_it_is, SCORED, 0),
        row("no room", no_room, AWAITS, 0, proposed=4, category=15),
        row("no roster", update("facility", "has_duty_roster = 0", "kind = 'police_room'"), AWAITS, 0, proposed=4),
        row("no equipment", update("facility", "has_equipment = 0", "kind = 'police_room'"), AWAITS, 0, proposed=4),
        row("no contact list", no_contacts, AWAITS, 0, proposed=4),
        row("confirmed", then(no_room, judge("A7-k2", "confirm")), SCORED, 4),
        row("both needed: contacts only", no_contacts, SCORED, 0, readings=both),
        row("both needed: both", then(no_room, no_contacts), AWAITS, 0, proposed=4, readings=both),
    )


def test_a7_k3_disputes_have_a_mediation_record():
    """S1-A7-k3. A closed dispute without a record costs 2 points, once."""
    closed = add("dispute", closed_on="2025-05-01", has_mediation_record=0)
    still_open = add("dispute", mediation="people", has_mediation_record=0)
    mediated = {"mediation_record_scope": "mediated"}
    assert_rule(
        "A7-k3",
        row("all on record", as_it_is, SCORED, 0),
        row("one closed without", closed, SCORED, 2),
        row("two: once", then(closed, closed), SCORED, 2),
        row("open without", still_open, SCORED, 0),
        row("closed later", closed, SCORED, 0, as_of=day("2025-04-30")),
        row("no dispute at all", drop("dispute"), SCORED, 0),
        row("mediated read: open without", still_open, SCORED, 2, readings=mediated),
        row("mediated read: closed, not mediated",
            add("dispute", mediation="none", closed_on="2025-05-01", has_mediation_record=0), SCORED, 0,
            readings=mediated),
    )  # fmt: skip


def _settled(rule: str, level: int) -> None:
    def disputes(settled: int, open_: int):
        return then(
            drop("dispute", "occurred_on >= '2025'"),
            add("dispute", times=settled, settled_on="2025-03-01"), add("dispute", times=open_),
        )  # fmt: skip

    assert_rule(
        rule,
        row("1 of 1", as_it_is, SCORED, 0, level=level),
        row("19 of 20: 95 %, at the threshold", disputes(19, 1), SCORED, 0, level=level),
        row("18 of 20: 90 %", disputes(18, 2), SCORED, 2, level=level),
        row("94 of 99: 94.9 %", disputes(94, 5), SCORED, 2, level=level),
        row("none settled", disputes(0, 1), SCORED, 2, level=level),
        row("no dispute accepted", drop("dispute"), NO_DATA, 0, level=level),
        row("settled after the day", disputes(20, 0), SCORED, 2, level=level, as_of=day("2025-02-28")),
    )


def test_a7_k4_95_percent_of_disputes_are_settled():
    """S1-A7-k4. Under 95 % of the disputes accepted in the year costs 2 points."""
    _settled("A7-k4", 2)
    assert_rule("A7-k4", row("level 1", as_it_is, NOT_APPLICABLE, 0, level=1))


def test_a8_k3_95_percent_of_disputes_are_settled_at_level_1():
    """S1-A8-k3. Under 95 % of the disputes accepted in the year costs 2 points."""
    _settled("A8-k3", 1)
    assert_rule("A8-k3", row("level 2", as_it_is, NOT_APPLICABLE, 0))


def test_a7_k5_a_security_department_or_a_full_time_person():
    """S1-A7-k5. Neither costs 3 points."""
    person = update("security_department", "kind = 'dedicated_person'")
    assert_rule(
        "A7-k5",
        row("a department", as_it_is, SCORED, 0),
        row("a full-time person", person, SCORED, 0),
        row("a part-time person", then(person, update("security_department", "is_full_time = 0")), SCORED, 3),
        row("nobody", drop("security_department"), SCORED, 3),
        row("a person where a department is asked", person, SCORED, 3, readings={"security_minimum": "department"}),
    )


def test_a7_k6_joint_defence_members():
    """S1-A7-k6. An empty roster costs 2 points; part-time members count."""
    assert_rule(
        "A7-k6",
        row("one", as_it_is, SCORED, 0),
        row("one, part-time", update("defence_member", "employment = 'part_time'"), SCORED, 0),
        row("none", drop("defence_member"), SCORED, 2),
        row("all left", update("defence_member", "ended_on = '2025-10-01'"), SCORED, 2),
    )


def test_a7_k7_key_places_meet_the_technical_standard():
    """S1-A7-k7. One place below the standard: 4 points proposed."""
    below = update("key_place", "meets_technical_standard = 0", "id = 1")
    assert_rule(
        "A7-k7",
        row("all meet it", as_it_is, SCORED, 0),
        row("one below", below, AWAITS, 0, proposed=4),
        row("confirmed", then(below, judge("A7-k7", "confirm")), SCORED, 4),
        row("set to 1", then(below, judge("A7-k7", "set", 1)), SCORED, 1),
        row("no place recorded", drop("key_place"), NO_DATA, 0),
    )


def test_a7_stops_at_zero_and_shows_what_the_cap_kept():
    """S1-A7-a. 3 + 4 + 2 + 2 + 3 + 2 + 4 = 20 over 15: 0 points and 5 lost to the cap."""
    everything = then(
        drop("police_agreement"), drop("facility"), judge("A7-k2", "confirm"),
        add("dispute", closed_on="2025-05-01", has_mediation_record=0, times=3), drop("security_department"),
        drop("defence_member"), update("key_place", "meets_technical_standard = 0"), judge("A7-k7", "confirm"),
    )  # fmt: skip
    assert_rule("A7-k1", row("everything", everything, SCORED, 3, category=0, lost=5))
