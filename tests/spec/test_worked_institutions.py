"""One institution of each class with its whole sheet reckoned by hand.

Each starts from an institution in perfect order (100 staff, three key places, one dispute in each year) and is then
spoilt. The reckoning is in the docstring; the numbers below it are typed from there.
"""

from tests.spec.reckoning import add, day, drop, judge, then, update
from tests.spec.tables import World, perfect


def _points(sheet):
    return {category.code: category.points / 100 for category in sheet.categories}


def _waiting(sheet):
    return [rule.code for rule in sheet.rules() if rule.outcome == "awaits_person"]


def test_a_level_2_hospital_in_trouble():
    """Level 2, closed year 2025, maximum 85.

    A1  no working team 3; support judged 1                                   10 - 4   =  6
    A2  third quarter without education 2; 94 of 100 staff 1                  10 - 3   =  7   at risk 1 (no contact)
    A3  no analysis in May 3; defence missing, confirmed 3; cases 3 to 4,
        a rise of 33 %, floor(33 / 5) = 6 steps, 6                            10 - 12 ->  0   lost to the cap 2
    A4  cashier without alarm 2                                               10 - 2   =  8   at risk 2 (fire)
    A5  May to December without department activity, 8 × 0.5 = 4; three
        activities without self-check 1.5; grade A 184 of 200 = 92 %, three
        points 1.5; one quarter without committee 0.5; disputes 3 after 1, 1  25 - 8.5 = 16.5
    A6  checks stop in June, 21 place-months missing 3                         5 - 3   =  2
    A7  2 of 3 disputes settled 2; technical standard, confirmed 4            15 - 6   =  9   at risk 4 (contacts)
    Sum 48.5 of 85; 48.5 / 85 = 0.570588, so 57.06 of 100; at risk 1 + 2 + 4 = 7.
    """
    world = perfect(World())
    then(
        drop("leading_group", "kind = 'working_team'"), judge("A1-k4", "set", 1),
        drop("education_session", "occurred_on = '2025-08-20'"),
        drop("education_attendance", "staff_no in ('N1','N2','N3','N4','N5','N6')"),
        update("education_group", "has_contact_person = 0"),
        drop("case_analysis", "occurred_on = '2025-05-05'"), update("key_place", "has_people_defence = 0", "id = 3"),
        judge("A3-k3", "confirm"), add("security_incident", "2025-03-03", times=4),
        add("security_incident", "2024-03-03", times=3),
        update("key_place", "has_alarm = 0", "kind = 'cashier'"), update("fire_facility", "is_working = 0"),
        drop("quality_activity", "level = 'department' and occurred_on >= '2025-05-01'"),
        update("quality_activity", "has_self_check = 0", "id <= 3"),
        update("record_audit", "grade_a = 92"), drop("committee_meeting", "occurred_on = '2025-11-20'"),
        add("dispute", "2025-04-01", settled_on="2025-05-01"), add("dispute", "2025-06-01"),
        drop("key_place_check", "occurred_on >= '2025-06-01'"),
        update("police_agreement", "has_contact_list = 0"),
        update("key_place", "meets_technical_standard = 0", "id = 2"), judge("A7-k7", "confirm"),
    )(world)  # fmt: skip
    sheet = world.sheet()
    assert sheet.class_code == "level_2"
    assert _points(sheet) == {"A1": 6, "A2": 7, "A3": 0, "A4": 8, "A5": 16.5, "A6": 2, "A7": 9, "A8": 0}
    assert sheet.category("A3").lost_to_cap == 200
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.at_risk) == (4850, 8500, 5706, 700)
    assert _waiting(sheet) == ["A2-k1", "A3-k1", "A4-k1", "A4-k2", "A7-k2"]


def test_a_level_1_hospital_without_a_quality_plan():
    """Level 1, closed year 2025, maximum 85.

    A1  head not first responsible 2                                          10 - 2   =  8
    A2  no psychology unit: does not apply at level 1                         10 - 0   = 10
    A3  one case after none: a reviewer decides                               10 - 0   = 10
    A4  a certificate expired 3                                               10 - 3   =  7
    A5  no plan: all 25                                                       25 - 25  =  0
    A6  no rule on penalties 2                                                 5 - 2   =  3
    A8  no officer visit, a reviewer set 3; a closed dispute without record 3;
        nobody in charge of security 4                                        15 - 10  =  5
    Sum 43 of 85; 43 / 85 = 0.505882, so 50.59 of 100.
    """
    world = perfect(World(), level=1)
    then(
        update("leading_group_post", "is_first_responsible = 0"), drop("facility"),
        add("security_incident", "2025-06-01"), update("key_post", "certificate_valid_until = '2025-01-31'"),
        drop("quality_plan"), update("reward_rule", "covers_penalties = 0"), drop("officer_visit"),
        judge("A8-k1", "set", 3), update("dispute", "has_mediation_record = 0", "occurred_on > '2025'"),
        drop("security_department"),
    )(world)  # fmt: skip
    sheet = world.sheet()
    assert sheet.class_code == "level_1"
    assert _points(sheet) == {"A1": 8, "A2": 10, "A3": 10, "A4": 7, "A5": 0, "A6": 3, "A7": 0, "A8": 5}
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.at_risk) == (4300, 8500, 5059, 0)
    assert _waiting(sheet) == ["A1-k4", "A3-k1", "A3-k4", "A4-k1"]
    assert sheet.rule("A2-k7").outcome == "not_applicable"


def test_a_good_level_3_hospital_fully_judged():
    """Level 3 on the level-2 row, closed year 2025, maximum 85. All three judged rules are decided.

    A1  support judged 0.5                                                    10 - 0.5 =  9.5
    A2  no psychology unit 2                                                  10 - 2   =  8
    A3  judged in order                                                       10
    A4  judged in order                                                       10
    A5  grade A 93 + 96 = 189 of 200 = 94.5 %: no whole point below 95        25
    A6                                                                         5
    A7  no joint-defence member 2                                             15 - 2   = 13
    Sum 80.5 of 85; 80.5 / 85 = 0.947058, so 94.71 of 100. Nothing waits.
    """
    world = perfect(World(), level=3)
    then(
        judge("A1-k4", "set", 0.5), judge("A3-k1", "reject"), judge("A4-k1", "reject"),
        drop("facility", "kind = 'psychology_unit'"), update("record_audit", "grade_a = 93", "sample = 'archived'"),
        update("record_audit", "grade_a = 96", "sample = 'running'"), drop("defence_member"),
    )(world)  # fmt: skip
    sheet = world.sheet()
    assert sheet.class_code == "level_3"
    assert _points(sheet) == {"A1": 9.5, "A2": 8, "A3": 10, "A4": 10, "A5": 25, "A6": 5, "A7": 13, "A8": 0}
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.at_risk) == (8050, 8500, 9471, 0)
    assert _waiting(sheet) == []
    assert sheet.passed is None


def test_a_large_specialist_hospital_at_mid_year():
    """Large specialist of level 1 on the level-2 row, as of 30 June 2025: six months and two quarters are due.

    A1                                                                        10
    A2  awareness 89 of 100: 1; the psychology unit is asked by level only    10 - 1   =  9
    A3  no analysis in February 3                                             10 - 3   =  7
    A4                                                                        10
    A5  nursing missing in February and March, 2 × 0.5 = 1; no committee in
        the first quarter 0.5                                                 25 - 1.5 = 23.5
    A6  18 of 18 checks                                                        5
    A7  no police room: proposed 4                                            15       at risk 4
    Sum 79.5 of 85; 79.5 / 85 = 0.935294, so 93.53 of 100.
    """
    world = perfect(World(), level=1, specialist=True)
    then(
        update("awareness_survey", "aware = 89"), drop("facility"),
        drop("case_analysis", "occurred_on = '2025-02-05'"),
        drop("quality_activity", "line = 'nursing' and occurred_on in ('2025-02-05', '2025-03-05')"),
        drop("committee_meeting", "occurred_on = '2025-02-20'"),
    )(world)  # fmt: skip
    sheet = world.sheet(as_of=day("2025-06-30"))
    assert sheet.class_code == "large_specialist"
    assert _points(sheet) == {"A1": 10, "A2": 9, "A3": 7, "A4": 10, "A5": 23.5, "A6": 5, "A7": 15, "A8": 0}
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.at_risk) == (7950, 8500, 9353, 400)


def test_an_ungraded_institution_with_empty_registers():
    """Ungraded: no class row, maximum 70. What was never recorded is no data, not a clean record and not a fault.

    A1  10; A2  nobody educated 1, so 9; A3  10; A4  10; A5  25 (no dispute in either year); A6  no rule 2, so 3.
    Sum 67 of 70; 67 / 70 = 0.957142, so 95.71 of 100. No data: A3-k3, A4-k2 to k7, A6-k2.
    """
    world = perfect(World(), level=0)
    then(
        drop("education_attendance"), drop("key_place"), drop("key_place_check"), drop("fire_facility"),
        drop("pressure_vessel"), drop("electrical_installation"), drop("material_store"), drop("dispute"),
        drop("reward_rule"),
    )(world)  # fmt: skip
    sheet = world.sheet()
    assert sheet.class_code == "ungraded"
    assert _points(sheet) == {"A1": 10, "A2": 9, "A3": 10, "A4": 10, "A5": 25, "A6": 3, "A7": 0, "A8": 0}
    assert (sheet.raw, sheet.applicable_max, sheet.normalised) == (6700, 7000, 9571)
    assert [rule.code for rule in sheet.rules() if rule.outcome == "no_data"] == [
        "A3-k3", "A4-k2", "A4-k3", "A4-k4", "A4-k5", "A4-k6", "A4-k7", "A6-k2",
    ]  # fmt: skip
    assert [category.code for category in sheet.categories if category.outcome == "not_applicable"] == ["A7", "A8"]


def test_an_institution_without_any_record_is_scored_and_loses_what_absence_loses():
    """Level 2, nothing recorded at all, closed year 2025.

    A1  3 + 2 + 3 = 8, so 2; A2  k2 2 + k3 1 + k4 1 + k5 1 + k7 2 = 7, so 3, with 1 proposed; A3  k2 3, so 7;
    A4  10 (all no data); A5  no plan, 0; A6  2, so 3, its checks no data; A7  3 + 3 + 2 = 8, so 7, with 4 proposed.
    Sum 2 + 3 + 7 + 10 + 0 + 3 + 7 = 32 of 85; 32 / 85 = 0.376470, so 37.65 of 100; at risk 5.
    """
    world = World()
    world.institution()
    sheet = world.sheet()
    assert _points(sheet) == {"A1": 2, "A2": 3, "A3": 7, "A4": 10, "A5": 0, "A6": 3, "A7": 7, "A8": 0}
    assert (sheet.raw, sheet.applicable_max, sheet.normalised, sheet.at_risk) == (3200, 8500, 3765, 500)


def test_the_base_of_the_score_out_of_100_is_an_option():
    """S1-A0-b. A perfect level-2 hospital has 85 of 85; read against the printed total it has 85 of 100."""
    world = perfect(World())
    assert world.sheet().normalised == 10000
    assert world.sheet(normalise_over="printed").normalised == 8500
