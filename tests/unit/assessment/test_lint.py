"""Findings come from the data of a rubric: each appears when the data is spoilt and is absent when it is not."""

import pytest

from anlan.assessment.lint import lint
from tests.unit.assessment.small import small


def _found(rubric):
    return [f"{finding.id} {finding.place}" for finding in lint(rubric)]


def test_a_sound_rubric_has_no_findings(tmp_path):
    assert _found(small(tmp_path)) == []


ONE_CLASS = (
    "  - {code: any, name: {zh: 机构, en: Institution}, where: {class_level: [0, 1, 2, 3]}, example: {class_level: 2}}"
)
SECOND_ROW = "    name: {zh: 乙, en: Second}\n    max: 4\n    content: []"
WHEN = "when: {none: leading_groups_in_force}"


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ((("printed_total: 10", "printed_total: 12"),), ["rubric.L001 small", "rubric.L002 small"]),
        (((SECOND_ROW, SECOND_ROW + "\n    applies_to:\n      - {class_level: [1]}"),),
         ["rubric.L001 small", "rubric.L003 any", "rubric.L016 B2-k1"]),
        ((("points: 2\n", "points: 3\n"),), ["rubric.L004 B1"]),
        ((("max: 4\n    content", "max: 3\n    content"), ("printed_total: 10", "printed_total: 9")),
         ["rubric.L004 B2", "rubric.L005 B2-k1"]),
        ((("        cap: 4\n        ratios", "        ratios"),), ["rubric.L006 B1-k2"]),
        (((WHEN, "when: {joined: any, of: [{none: leading_groups_in_force}, {none: working_teams_in_force}]}"),),
         ["rubric.L007 B1-k1"]),
        (((WHEN, "when: {joined: any, of: [{none: leading_groups_in_force}]}"),), []),
        ((("rules: [B1-k1, B1-k2]}", "rules: []}"),), ["rubric.L008 X-b"]),
        ((("clause: X-a}\ncategories", "clause: X-a}\n  - {subject: education, per: month, clause: X-b}\ncategories"),),
         ["rubric.L009 education"]),
        ((("clause: X-a}\ncategories", "clause: X-a}\n  - {subject: drill, per: month, clause: X-b}\ncategories"),), []),
        ((("        zero_base: none\n", ""),), ["rubric.L010 B2-k1"]),
        ((("none: leading_groups_in_force", "none: leading_group_in_force"),), ["rubric.L011 B1-k1"]),
        ((("  - {id: X-k3", "  - {id: X-k4, instrument: small-plan, zh: 四, en: Four}\n  - {id: X-k3"),),
         ["rubric.L012 X-k4"]),
        ((("en: There is a group}, rules", "en: There is a group}, denominator: undefined, rules"),), ["rubric.L013 X-b"]),
        ((("ratios: [grade_a_rate]", "ratios: [criminal_cases]"),), ["rubric.L013 B1-k2"]),
        ((("pass_mark: 80", "pass_mark: null"),), ["rubric.L014 small"]),
        ((("definition: {zh: 登记的, en: what is entered}", "definition: null"),), ["rubric.L015 record"]),
        ((("value: 95, clause: X-k2, verified: true", "value: 95, clause: X-k2, verified: false"),),
         ["rubric.L017 target"]),
        ((("change: criminal_cases_change", "change: criminal_cases"),), ["rubric.L018 B2-k1"]),
    ],
)  # fmt: skip
def test_a_spoilt_rubric_is_found_out(tmp_path, changes, findings):
    assert _found(small(tmp_path, *changes)) == findings


def test_a_finding_says_place_reason_and_mend_in_both_languages(tmp_path):
    (finding,) = lint(small(tmp_path, ("pass_mark: 80", "pass_mark: null")))
    assert finding.to_json() == {
        "id": "rubric.L014",
        "place": "small",
        "reason": {
            "zh": "没有合格分数线，系统不会印出“合格”。",
            "en": 'No pass mark is printed; nothing will be called "passed".',
        },
        "mend": {
            "zh": "由主管部门确定合格线后填入细则。",
            "en": "Let the commission decide and fill in pass_mark.",
        },
    }
