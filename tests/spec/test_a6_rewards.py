"""Category A6, rewards and penalties: 5 points (2 + 3)."""

from tests.spec.reckoning import NO_DATA, SCORED, add, as_it_is, assert_rule, day, drop, row, then, update


def test_a6_k1_rules_cover_rewards_and_penalties():
    """S1-A6-k1. No rule in force that covers rewards, or none that covers penalties: 2 points."""
    split = then(
        update("reward_rule", "covers_penalties = 0"), add("reward_rule", covers_rewards=0, covers_penalties=1)
    )
    assert_rule(
        "A6-k1",
        row("one rule covers both", as_it_is, SCORED, 0),
        row("two rules, one each", split, SCORED, 0),
        row("rewards only", update("reward_rule", "covers_penalties = 0"), SCORED, 2),
        row("none", drop("reward_rule"), SCORED, 2, category=3),
        row("withdrawn", update("reward_rule", "ended_on = '2025-08-01'"), SCORED, 2),
    )


def test_a6_k2_every_key_place_is_checked_each_month_and_on_file():
    """S1-A6-k2. Three places × 12 months = 36 complete records; one missing or incomplete costs 3 points, once."""
    missing = drop("key_place_check", "id = 1")
    incomplete = update("key_place_check", "is_complete = 0", "id = 1")
    any_place, both = {"place_check_basis": "any_place"}, {"joined_conditions": "all"}
    assert_rule(
        "A6-k2",
        row("36 of 36", as_it_is, SCORED, 0, category=5),
        row("35 of 36", missing, SCORED, 3, category=2),
        row("one of them incomplete", incomplete, SCORED, 3),
        row("none", drop("key_place_check"), SCORED, 3),
        row("no place on the register", then(drop("key_place"), drop("key_place_check")), NO_DATA, 0),
        row("one check a month suffices", missing, SCORED, 0, readings=any_place),
        row("a month without any", drop("key_place_check", "occurred_on = '2025-05-05'"), SCORED, 3, readings=any_place),
        row("both needed: one missing", missing, SCORED, 0, readings=both),
        row("both needed: one missing, one incomplete",
            then(missing, update("key_place_check", "is_complete = 0", "id = 2")), SCORED, 3, readings=both),
        row("a check in the running month does not stand in", missing, SCORED, 3, as_of=day("2025-02-10")),
        row("a place closed in June is not due after it",
            then(update("key_place", "ended_on = '2025-06-15'", "id = 3"),
                 drop("key_place_check", "occurred_on > '2025-06' and id % 3 = 0")), SCORED, 0),
    )  # fmt: skip
