"""Category A2, publicity and education: 10 points, seven rules (1 + 2 + 1 + 1 + 1 + 2 + 2 = 10)."""

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


def test_a2_k1_an_incomplete_education_organisation_is_proposed():
    """S1-A2-k1. 1 point is proposed when no group has rules, plan and contact; a person confirms."""
    no_rules = update("education_group", "has_work_rules = 0")
    assert_rule(
        "A2-k1",
        row("complete", as_it_is, SCORED, 0),
        row("no group", drop("education_group"), AWAITS, 0, proposed=1, category=10),
        row("no rules", no_rules, AWAITS, 0, proposed=1),
        row("no plan", update("education_group", "has_yearly_plan = 0"), AWAITS, 0, proposed=1),
        row("no contact", update("education_group", "has_contact_person = 0"), AWAITS, 0, proposed=1),
        row("confirmed", then(no_rules, judge("A2-k1", "confirm")), SCORED, 1, category=9),
        row("rejected", then(no_rules, judge("A2-k1", "reject")), SCORED, 0),
        row("set to half", then(no_rules, judge("A2-k1", "set", 0.5)), SCORED, 0.5),
        row("set above the maximum", then(no_rules, judge("A2-k1", "set", 3)), SCORED, 1),
        row("confirmed, then mended", judge("A2-k1", "confirm"), SCORED, 0),
        row("clean, every rule to a person", as_it_is, AWAITS, 0, readings={"confirm_clean": "true"}),
    )


def test_a2_k2_each_quarter_needs_a_safety_education():
    """S1-A2-k2. Any complete quarter without a session costs 2 points, once and not per quarter."""
    assert_rule(
        "A2-k2",
        row("four quarters", as_it_is, SCORED, 0),
        row("three quarters", drop("education_session", "occurred_on = '2025-08-20'"), SCORED, 2),
        row("none at all", drop("education_session"), SCORED, 2, category=8),
        row("on 20 March no quarter is complete", drop("education_session"), SCORED, 0, as_of=day("2025-03-20")),
        row("on 31 March the first is", drop("education_session"), SCORED, 2, as_of=day("2025-03-31")),
        row("in May the second is not due", drop("education_session", "occurred_on > '2025-04'"), SCORED, 0,
            as_of=day("2025-05-31")),
    )  # fmt: skip


def test_a2_k3_at_least_95_percent_of_the_staff_are_educated():
    """S1-A2-k3. Under 95 of 100 staff costs 1 point; the same person twice counts once."""
    first_95 = drop("education_attendance", "staff_no in ('N0','N1','N2','N3','N4')")
    first_94 = drop("education_attendance", "staff_no in ('N0','N1','N2','N3','N4','N5')")
    assert_rule(
        "A2-k3",
        row("100 of 100", as_it_is, SCORED, 0),
        row("95 of 100, at the threshold", first_95, SCORED, 0),
        row("94 of 100", first_94, SCORED, 1),
        row("94 of 100, one of them twice", then(first_94, add("education_attendance", staff_no="N9")), SCORED, 1),
        row("nobody", drop("education_attendance"), SCORED, 1),
        row("last year's do not count", update("education_attendance", "occurred_on = '2024-12-31'"), SCORED, 1),
        row("staff unknown", lambda w: w.database.execute("update org_institution set staff = null"), NO_DATA, 0),
        row("staff 0", lambda w: w.database.execute("update org_institution set staff = 0"), NO_DATA, 0),
        row("attended but not passed", as_it_is, SCORED, 1, readings={"education_counts": "passed"}),
        row("passed", update("education_attendance", "passed = 1"), SCORED, 0, readings={"education_counts": "passed"}),
    )


def test_a2_k4_technical_training_is_given_and_its_ledger_complete():
    """S1-A2-k4. No training, or a training with an incomplete ledger: 1 point for the pair."""
    bad = update("technical_training", "is_ledger_complete = 0", "id = 1")
    none = drop("technical_training")
    assert_rule(
        "A2-k4",
        row("two complete ones", as_it_is, SCORED, 0),
        row("none", none, SCORED, 1),
        row("one of two incomplete", bad, SCORED, 1),
        row("both conditions needed: incomplete only", bad, SCORED, 0, readings={"joined_conditions": "all"}),
        row("both conditions needed: none held", none, SCORED, 0, readings={"joined_conditions": "all"}),
    )


def test_a2_k5_awareness_of_90_percent_and_a_screening_round():
    """S1-A2-k5. Awareness under 90 %, or no screening: 1 point for the pair."""
    aware_90 = update("awareness_survey", "aware = 90")
    aware_89 = update("awareness_survey", "aware = 89")
    no_survey, no_screening = drop("awareness_survey"), drop("patient_screening")
    assert_rule(
        "A2-k5",
        row("aware and screened", as_it_is, SCORED, 0),
        row("90 of 100, at the threshold", aware_90, SCORED, 0),
        row("89 of 100", aware_89, SCORED, 1),
        row("179 of 200 over two rounds", then(aware_90, add("awareness_survey", aware=89)), SCORED, 1),
        row("no screening", no_screening, SCORED, 1),
        row("both: once", then(aware_89, no_screening), SCORED, 1),
        row("no survey: unknown", no_survey, NO_DATA, 0),
        row("no survey and no screening: the second decides", then(no_survey, no_screening), SCORED, 1),
        row("both needed: 89 but screened", aware_89, SCORED, 0, readings={"joined_conditions": "all"}),
        row("both needed: both", then(aware_89, no_screening), SCORED, 1, readings={"joined_conditions": "all"}),
    )


def test_a2_k6_findings_are_passed_on_in_time():
    """S1-A2-k6. One notice late or missing costs 2 points, however many."""

    def found(due: str, notified: str | None):
        return add("patient_screening", "2025-06-01", found=2, notice_due_on=due, notified_on=notified)

    assert_rule(
        "A2-k6",
        row("nothing found", as_it_is, SCORED, 0),
        row("on the last day", found("2025-06-11", "2025-06-11"), SCORED, 0),
        row("one day late", found("2025-06-11", "2025-06-12"), SCORED, 2),
        row("never sent", found("2025-06-11", None), SCORED, 2),
        row("two never sent: once", then(found("2025-06-11", None), found("2025-07-11", None)), SCORED, 2),
        row("not due yet", found("2026-01-05", None), SCORED, 0),
        row("before the due date", found("2025-06-11", None), SCORED, 0, as_of=day("2025-06-10")),
    )


def test_a2_k7_a_psychology_unit_from_level_2():
    """S1-A2-k7. Level 2 and 3 without a unit lose 2 points; below, the rule does not apply and the maximum stays 10."""
    gone = drop("facility", "kind = 'psychology_unit'")
    lower = {"inapplicable_rule": "lower_maximum"}
    assert_rule(
        "A2-k7",
        row("level 2 with unit", as_it_is, SCORED, 0),
        row("level 2 without", gone, SCORED, 2, category=8),
        row("level 3 without", gone, SCORED, 2, level=3),
        row("level 1", gone, NOT_APPLICABLE, 0, level=1, category=10),
        row("ungraded", gone, NOT_APPLICABLE, 0, level=0),
        row("large specialist below level 2", gone, NOT_APPLICABLE, 0, level=1, specialist=True),
        row("the same, if specialists are meant too", gone, SCORED, 2, level=1, specialist=True,
            readings={"psychology_unit_for": "with_specialists"}),
        row("level 1, maximum lowered to 8", gone, NOT_APPLICABLE, 0, level=1, category=8, readings=lower),
        row("closed in June", update("facility", "ended_on = '2025-06-30'"), SCORED, 2),
    )  # fmt: skip
