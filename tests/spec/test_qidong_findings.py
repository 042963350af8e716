"""What the linter finds in the 2018 rubric, typed out."""

from anlan.assessment.lint import lint
from tests.spec.tables import rubric

FINDINGS = """
rubric.L001 qidong-2018
rubric.L003 ungraded
rubric.L004 A3
rubric.L004 A4
rubric.L004 A7
rubric.L004 A8
rubric.L006 A5-k2
rubric.L006 A5-k3
rubric.L006 A5-k4
rubric.L006 A5-k5
rubric.L007 A2-k4
rubric.L007 A2-k5
rubric.L007 A6-k2
rubric.L007 A7-k2
rubric.L008 S1-3.5-k
rubric.L008 S1-A3-e
rubric.L008 S1-A3-f
rubric.L008 S1-A4-d
rubric.L008 S1-A5-c
rubric.L008 S1-A5-h
rubric.L008 S1-3.5-g
rubric.L008 S1-3.9-c
rubric.L009 quality_activity
rubric.L010 A3-k4
rubric.L010 A5-k6
rubric.L013 S1-A3-f
rubric.L014 qidong-2018
rubric.L015 large_specialist
"""


def test_the_findings_are_these_and_no_others():
    found = [f"{finding.id} {finding.place}" for finding in lint(rubric())]
    assert found == FINDINGS.split("\n")[1:-1]


def test_no_institution_can_reach_100():
    finding = lint(rubric())[0]
    assert finding.reason.en == "The printed total is 100; no institution can get more than 85."
    assert finding.reason.zh == "印出的总分是 100，任何机构至多得 85。"
    assert finding.mend.en == "State the score out of 85, or reset the maxima."


def test_printed_deductions_exceed_four_maxima():
    reasons = [finding.reason.en for finding in lint(rubric()) if finding.id == "rubric.L004"]
    assert reasons == [
        "Printed deductions of 15 over a maximum of 10.",
        "Printed deductions of 18 over a maximum of 10.",
        "Printed deductions of 20 over a maximum of 15.",
        "Printed deductions of 20 over a maximum of 15.",
    ]


def test_the_quality_activity_has_two_frequencies():
    (finding,) = (finding for finding in lint(rubric()) if finding.id == "rubric.L009")
    assert finding.reason.en == (
        "One activity, several frequencies: S1-A5-c each quarter, S1-A5-d each month, S1-A5-k2 each month."
    )


def test_a_reading_may_remove_a_finding():
    found = [f"{finding.id} {finding.place}" for finding in lint(rubric(hospital_quarter="deducted"))]
    assert "rubric.L008 S1-A5-c" not in found
    assert "rubric.L003 level_3" in [f"{f.id} {f.place}" for f in lint(rubric(level3_row="none"))]
