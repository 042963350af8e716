"""Why a rule took what it took: figures, parameters, readings, records, missing periods, and what wins it back."""

import datetime

from anlan.assessment.trace import explain
from tests.spec.tables import World, perfect


def _missing(trace):
    return [(str(entry.period), entry.missing) for entry in trace.missing]


def test_missing_months_are_named():
    world = perfect(World())
    world.drop("quality_activity", "line = 'nursing' and occurred_on in ('2025-04-05', '2025-09-05')")
    trace = explain(world.sheet(), "A5-k2", engine=world.engine)
    assert _missing(trace) == [("2025-04", 1), ("2025-09", 1)]
    assert explain(world.sheet(), "A5-k2").missing is None


def test_missing_quarters_are_named():
    world = perfect(World())
    world.drop("committee_meeting", "occurred_on = '2025-08-20'")
    assert _missing(explain(world.sheet(), "A5-k5", engine=world.engine)) == [("2025Q3", 1)]


def test_missing_checks_of_places_are_counted_by_month_up_to_the_day():
    world = perfect(World())
    world.drop("key_place_check", "occurred_on = '2025-05-05'")
    world.drop("key_place_check", "occurred_on = '2025-08-05' and id % 3 = 0")
    assert _missing(explain(world.sheet(), "A6-k2", engine=world.engine)) == [("2025-05", 3), ("2025-08", 1)]
    half_year = world.sheet(as_of=datetime.date(2025, 6, 30))
    assert _missing(explain(half_year, "A6-k2", engine=world.engine)) == [("2025-05", 3)]


def test_parameters_readings_and_clauses_come_with_the_trace():
    trace = explain(perfect(World()).sheet(), "A5-k4")
    assert [(row.code, row.value, row.clause) for row in trace.parameters] == [("grade_a_percent", 95, "S1-A5-k4")]
    assert [(option.code, option.reading) for option in trace.options] == [
        ("grade_a_rounding", "floor"), ("grade_a_samples", "pooled"),
    ]  # fmt: skip
    assert [clause.id for clause in trace.clauses] == ["S1-A5-k4"]
    assert trace.mend.en == "Improve the records; later samples raise the rate"


def test_the_records_of_a_fault_are_asked_for_with_days_filled_in():
    trace = explain(perfect(World()).sheet(as_of=datetime.date(2025, 6, 30)), "A7-k4")
    assert [(query.role, query.part, query.to_json()["filter"]) for query in trace.queries] == [
        ("against", "", "is_counted and not (settled_on <= 2025-06-30) and occurred_on >= 2025-01-01 "
            "and occurred_on <= 2025-06-30"),
        ("for", "num", "is_counted and settled_on <= 2025-06-30 and occurred_on >= 2025-01-01 "
            "and occurred_on <= 2025-06-30"),
        ("for", "den", "is_counted and occurred_on >= 2025-01-01 and occurred_on <= 2025-06-30"),
    ]  # fmt: skip


def test_the_year_before_is_asked_for_over_the_same_days():
    trace = explain(perfect(World()).sheet(as_of=datetime.date(2025, 6, 30)), "A3-k4")
    assert [(query.part, query.to_json()["filter"]) for query in trace.queries] == [
        ("now", 'is_counted and kind = "criminal" and occurred_on >= 2025-01-01 and occurred_on <= 2025-06-30'),
        ("before", 'is_counted and kind = "criminal" and occurred_on >= 2024-01-01 and occurred_on <= 2024-06-30'),
    ]


def test_what_must_be_in_force_is_asked_for_on_the_day():
    trace = explain(perfect(World()).sheet(), "A7-k6")
    (query,) = trace.queries
    assert query.register == "defence_member"
    assert query.to_json()["filter"] == (
        "is_counted and occurred_on <= 2025-12-31 and (ended_on is empty or ended_on > 2025-12-31)"
    )


def test_evidence_is_offered_for_a_judged_rule():
    trace = explain(perfect(World()).sheet(), "A1-k4")
    assert [(query.role, query.register) for query in trace.queries] == [("evidence", "support_item")] * 3


def test_the_gain_is_what_the_cap_leaves_of_a_deduction():
    """A3: 6 + 3 + 3 = 12 over 10. Without the 3 of k2 the category would hold 10 - 9 = 1, so k2 wins back 1."""
    world = perfect(World())
    world.add("security_incident", "2025-06-01", times=4)
    world.add("security_incident", "2024-06-01", times=2)
    world.drop("case_analysis")
    world.judge("A3-k1", "set", 3)
    sheet = world.sheet()
    assert sheet.category("A3").lost_to_cap == 200
    assert explain(sheet, "A3-k2").gain == 100
    assert explain(sheet, "A3-k4").gain == 400
    assert explain(sheet, "A3-k3").gain == 0


def test_every_rule_of_a_spoilt_institution_can_be_explained_as_json():
    world = World()
    world.institution()
    sheet = world.sheet()
    for rule in sheet.rules():
        found = explain(sheet, rule.code, engine=world.engine).to_json()
        assert found["rule"] == rule.code
        assert found["mend"]["zh"]
        assert found["clauses"]
