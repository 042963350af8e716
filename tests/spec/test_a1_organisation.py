"""Category A1, organisation and leadership: 10 points, four rules, nothing lost to the cap (3 + 2 + 3 + 2 = 10)."""

from tests.spec.reckoning import AWAITS, SCORED, add, as_it_is, assert_rule, day, drop, judge, row, then, update


def test_a1_k1_a_leading_group_and_a_working_team_must_be_in_force():
    """S1-A1-k1. Either one missing on the day of assessment costs 3 points, once."""
    group, team = "kind = 'leading_group'", "kind = 'working_team'"
    assert_rule(
        "A1-k1",
        row("both in force", as_it_is, SCORED, 0, category=10),
        row("no leading group", drop("leading_group", group), SCORED, 3, category=7),
        row("no working team", drop("leading_group", team), SCORED, 3),
        row("no record at all: once, not twice", drop("leading_group"), SCORED, 3),
        row("ended the day after", update("leading_group", "ended_on = '2026-01-01'"), SCORED, 0),
        row("ended on the day itself", update("leading_group", "ended_on = '2025-12-31'"), SCORED, 3),
        row("begins the day after", update("leading_group", "occurred_on = '2026-01-01'"), SCORED, 3),
        row("annulled records do not count", update("leading_group", "is_counted = 0"), SCORED, 3),
    )


def test_a1_k2_the_head_must_be_named_first_responsible():
    """S1-A1-k2. The head not among the first responsible costs 2 points."""
    assert_rule(
        "A1-k2",
        row("named", as_it_is, SCORED, 0),
        row("head without the flag", update("leading_group_post", "is_first_responsible = 0"), SCORED, 2, category=8),
        row("somebody else is named", update("leading_group_post", "is_institution_head = 0"), SCORED, 2),
        row("no post recorded", drop("leading_group_post"), SCORED, 2),
    )


def test_a1_k3_a_year_plan_and_a_scheme_must_be_in_force():
    """S1-A1-k3. Either one missing costs 3 points, once."""
    assert_rule(
        "A1-k3",
        row("both", as_it_is, SCORED, 0),
        row("no year plan", drop("programme_plan", "kind = 'year_plan'"), SCORED, 3),
        row("no scheme", drop("programme_plan", "kind = 'implementation_scheme'"), SCORED, 3),
        row("neither", drop("programme_plan"), SCORED, 3),
        row("last year's only", update("programme_plan", "ended_on = '2025-01-01'"), SCORED, 3),
        row("in June, plans of April", update("programme_plan", "occurred_on = '2025-04-01'"), SCORED, 0,
            as_of=day("2025-06-30")),
        row("in March, plans of April", update("programme_plan", "occurred_on = '2025-04-01'"), SCORED, 3,
            as_of=day("2025-03-31")),
    )  # fmt: skip


def test_a1_k4_support_is_judged_by_a_person_up_to_2_points():
    """S1-A1-k4. Nothing is taken before a reviewer has decided; never more than 2 points."""
    assert_rule(
        "A1-k4",
        row("not judged yet", as_it_is, AWAITS, 0, category=10),
        row("nothing recorded, not judged yet", drop("support_item"), AWAITS, 0),
        row("judged in order", judge("A1-k4", "reject"), SCORED, 0),
        row("judged 1.5", judge("A1-k4", "set", 1.5), SCORED, 1.5, category=8.5),
        row("judged at the maximum", judge("A1-k4", "set", 2), SCORED, 2),
        row("judged above the maximum", judge("A1-k4", "set", 5), SCORED, 2, category=8),
        row("another institution's judgement", lambda world: (world.institution(2), world.judge("A1-k4", "set", 2, at=2)),
            AWAITS, 0),
        row("another year's judgement", add("judgement", rule="A1-k4", verdict="set", deducted=200, year=2024), AWAITS, 0),
        row("another rubric's judgement", add("judgement", rule="A1-k4", rubric="other", deducted=200), AWAITS, 0),
    )  # fmt: skip


def test_a1_loses_all_its_points_and_no_more():
    """S1-A1-a. 3 + 2 + 3 + 2 = 10: the category reaches 0 exactly and nothing is lost to the cap."""
    everything = then(
        drop("leading_group"), drop("leading_group_post"), drop("programme_plan"), judge("A1-k4", "set", 2)
    )
    assert_rule("A1-k1", row("all four", everything, SCORED, 3, category=0, lost=0))
