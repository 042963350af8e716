"""Category A4, production safety: 10 points; printed deductions 2+2+2+2+3+2+2+3 = 18, so the cap can bite."""

from tests.spec.reckoning import AWAITS, NO_DATA, SCORED, add, as_it_is, assert_rule, drop, judge, row, then, update


def test_a4_k1_lax_management_is_judged_up_to_2_points():
    """S1-A4-k1. A person judges; overdue hazards are shown beside it and take nothing by themselves."""
    assert_rule(
        "A4-k1",
        row("not judged", as_it_is, AWAITS, 0),
        row("overdue hazards, not judged", add("hazard", area="other", due_on="2025-02-01"), AWAITS, 0),
        row("judged 2", judge("A4-k1", "set", 2), SCORED, 2, category=8),
        row("judged above", judge("A4-k1", "set", 2.5), SCORED, 2),
    )


def _equipment(rule: str, register: str, area: str, faults: tuple[str, ...], points: float) -> None:
    fault = update(register, faults[0])
    due = {"fire_facility": "next_check_on", "pressure_vessel": "next_inspection_on",
           "electrical_installation": "next_test_on", "material_store": "next_reconciliation_on"}[register]  # fmt: skip
    assert_rule(
        rule,
        row("in order", as_it_is, SCORED, 0),
        *(row(text, update(register, text), AWAITS, 0, proposed=points) for text in faults),
        row("due on the day itself", update(register, f"{due} = '2025-12-31'"), SCORED, 0),
        row("due the day before", update(register, f"{due} = '2025-12-30'"), AWAITS, 0, proposed=points),
        row("an open hazard", add("hazard", area=area), AWAITS, 0, proposed=points),
        row("open since last year", add("hazard", "2024-05-01", area=area), AWAITS, 0, proposed=points),
        row("rectified", add("hazard", area=area, rectified_on="2025-05-01"), SCORED, 0),
        row("fault and hazard: once", then(fault, add("hazard", area=area)), AWAITS, 0, proposed=points),
        row("confirmed", then(fault, judge(rule, "confirm")), SCORED, points),
        row("rejected", then(fault, judge(rule, "reject")), SCORED, 0),
        row("nothing on the register", drop(register), NO_DATA, 0),
        row("nothing, but a hazard", then(drop(register), add("hazard", area=area)), AWAITS, 0, proposed=points),
        row("nothing, read as clean", drop(register), SCORED, 0, readings={"empty_ledger": "clean"}),
        row(
            "nothing, read as a fault", drop(register), AWAITS, 0, proposed=points, readings={"empty_ledger": "adverse"}
        ),
    )


def test_a4_k2_fire_facilities_work_and_are_checked():
    """S1-A4-k2. A facility out of order or past its assert_rule, or an open fire hazard: 2 points proposed."""
    _equipment("A4-k2", "fire_facility", "fire", ("is_working = 0",), 2)


def test_a4_k3_boilers_and_vessels_are_in_order():
    """S1-A4-k3. Equipment out of order or past its inspection, or an open hazard: 2 points proposed."""
    _equipment("A4-k3", "pressure_vessel", "boiler", ("is_in_order = 0",), 2)


def test_a4_k4_electricity_is_used_by_the_rules():
    """S1-A4-k4. An installation not compliant, misused or past its test, or an open hazard: 2 points proposed."""
    _equipment("A4-k4", "electrical_installation", "electrical", ("is_compliant = 0", "has_illegal_use = 1"), 2)


def test_a4_k5_dangerous_goods_and_controlled_drugs_are_kept_by_the_rules():
    """S1-A4-k5. A store not compliant, out of balance, without its lock or past its count: 3 points proposed."""
    faults = ("is_compliant = 0", "is_ledger_balanced = 0", "has_two_person_lock = 0")
    _equipment("A4-k5", "material_store", "material", faults, 3)
    single_lock = update("material_store", "has_two_person_lock = 0, kind = 'flammable'")
    assert_rule("A4-k5", row("a single lock suffices for flammables", single_lock, SCORED, 0))


def test_a4_k6_cash_drugs_machines_and_instruments_have_guard_and_alarm():
    """S1-A4-k6. One such place without object defence or without alarm costs 2 points."""
    assert_rule(
        "A4-k6",
        row("guarded", as_it_is, SCORED, 0),
        row("no alarm", update("key_place", "has_alarm = 0", "kind = 'cashier'"), SCORED, 2, category=8),
        row("no object defence", update("key_place", "has_object_defence = 0", "kind = 'pharmacy'"), SCORED, 2),
        row("two places: once", update("key_place", "has_alarm = 0"), SCORED, 2),
        row("another kind of place", update("key_place", "has_alarm = 0", "kind = 'outpatient_hall'"), SCORED, 0),
        row("no such place recorded", update("key_place", "kind = 'archive'"), NO_DATA, 0),
    )


def test_a4_k7_crowded_places_have_a_camera():
    """S1-A4-k7. One crowded place without a camera costs 2 points."""
    assert_rule(
        "A4-k7",
        row("watched", as_it_is, SCORED, 0),
        row("no camera", update("key_place", "has_camera = 0", "is_crowded = 1"), SCORED, 2),
        row("not crowded", update("key_place", "has_camera = 0", "is_crowded = 0"), SCORED, 0),
        row("no crowded place recorded", update("key_place", "is_crowded = 0"), NO_DATA, 0),
    )


def test_a4_k8_key_post_holders_are_vetted_trained_and_certified():
    """S1-A4-k8. One holder who lacks any of the three costs 3 points."""
    assert_rule(
        "A4-k8",
        row("qualified", as_it_is, SCORED, 0),
        row("not vetted", update("key_post", "vetted_on = null"), SCORED, 3),
        row("not trained", update("key_post", "trained_on = null"), SCORED, 3),
        row("no certificate", update("key_post", "certificate_valid_until = null"), SCORED, 3),
        row("valid to the day itself", update("key_post", "certificate_valid_until = '2025-12-31'"), SCORED, 0),
        row("expired the day before", update("key_post", "certificate_valid_until = '2025-12-30'"), SCORED, 3),
        row("one of two", add("key_post", vetted_on=None), SCORED, 3),
        row("left the post", update("key_post", "vetted_on = null, ended_on = '2025-06-01'"), NO_DATA, 0),
    )


def test_a4_stops_at_zero_and_shows_what_the_cap_kept():
    """S1-A4-a. 2 + 2 + 2 + 2 + 3 + 2 + 2 + 3 = 18 over 10: 0 points and 8 lost to the cap."""
    confirmed = then(*(judge(rule, "confirm") for rule in ("A4-k2", "A4-k3", "A4-k4", "A4-k5")))
    hazards = then(*(add("hazard", area=area) for area in ("fire", "boiler", "electrical", "material")))
    computed = then(
        judge("A4-k1", "set", 2), update("key_place", "has_alarm = 0, has_camera = 0"),
        update("key_post", "vetted_on = null"),
    )  # fmt: skip
    assert_rule("A4-k8", row("everything", then(hazards, confirmed, computed), SCORED, 3, category=0, lost=8))
