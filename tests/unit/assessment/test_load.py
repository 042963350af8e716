"""Loading: what a file means, and the exact error when it means nothing."""

import datetime

import pytest

from anlan.assessment.errors import ParameterNotInForce, RubricError, UnknownRubric, UnknownRule
from anlan.assessment.load import find_rubric, load_rubric, register_rubric_folder, rubric_codes
from tests.spec.tables import RUBRIC, rubric
from tests.unit.assessment.small import small, write


def test_the_2018_rubric_has_43_rules_of_the_kinds_that_its_synthesis_names():
    loaded = rubric()
    kinds = [rule.assessed for _, rule in loaded.rules()]
    assert (kinds.count("computed"), kinds.count("proposed"), kinds.count("judged")) == (30, 10, 3)
    assert [rule.code for _, rule in loaded.rules() if rule.reviewer_may_add] == ["A5-k3"]
    assert [category.max for category in loaded.categories] == [1000, 1000, 1000, 1000, 2500, 500, 1500, 1500]


def test_points_are_hundredths(tmp_path):
    _, rule = small(tmp_path).rule("B1-k2")
    assert (rule.body.points, rule.body.most) == (50, 400)


def test_a_rubric_is_found_by_its_code_in_a_registered_folder(tmp_path):
    register_rubric_folder(RUBRIC.parent)
    assert find_rubric("qidong-2018") == RUBRIC
    assert load_rubric("qidong-2018").code == "qidong-2018"
    assert "qidong-2018" in rubric_codes()
    with pytest.raises(UnknownRubric, match=r'No rubric is called "qidong-2019". Did you mean "qidong-2018"?'):
        find_rubric("qidong-2019")


def test_another_reading_is_another_edition_with_another_hash(tmp_path):
    first, again = small(tmp_path), small(tmp_path)
    other = small(tmp_path, rounding="pro_rata")
    assert first.content_hash == again.content_hash
    assert len(first.content_hash) == 64
    assert other.content_hash != first.content_hash
    assert (first.option("rounding").is_default, other.option("rounding").is_default) == (True, False)
    assert other.option("rounding").in_force.text.en == "in proportion"


def test_any_change_of_content_changes_the_hash_and_a_comment_does_not(tmp_path):
    plain = small(tmp_path).content_hash
    assert small(tmp_path, ("schema: 1", "# a remark\nschema: 1")).content_hash == plain
    assert small(tmp_path, ("points: 2\n", "points: 2.5\n")).content_hash != plain
    assert small(tmp_path, ("value: 95", "value: 96")).content_hash != plain
    assert small(tmp_path, ("en: No group}", "en: No groups}")).content_hash != plain


def test_a_parameter_is_taken_as_in_force_on_the_day(tmp_path):
    loaded = small(tmp_path)
    assert loaded.parameter("target", on=datetime.date(2025, 12, 31)).value == 95
    assert loaded.parameter("target", on=datetime.date(2026, 1, 1)).value == 97
    with pytest.raises(ParameterNotInForce, match=r'Parameter "step" of rubric "small" has no value on 2017-01-01'):
        loaded.parameter_values(on=datetime.date(2017, 1, 1))


def test_a_rule_not_there_is_named_with_the_nearest(tmp_path):
    with pytest.raises(UnknownRule, match=r'Rubric "small" has no rule "B1-k9". Did you mean'):
        small(tmp_path).rule("B1-k9")


@pytest.mark.parametrize(
    ("change", "id", "line", "message"),
    [
        (("code: small\n", ""), "assessment.E004", 1, '"code" is missing. Add "code" here.'),
        (("edition:", "editoin:"), "assessment.E003", 3, '"editoin" is not known here. Did you mean "edition"?'),
        (("points: 2\n", "pionts: 2\n"), "assessment.E003", 39, '"pionts" is not known here. Did you mean "points"?'),
        (("points: 2\n", "points: two\n"), "assessment.E005", 39, '"two" is not a number of points.'),
        (("points: 2\n", "points: 0.125\n"), "assessment.E005", 39, '"0.125" points cannot be held.'),
        (("points: 2\n", "points: -1\n"), "assessment.E005", 39, '"-1" points cannot be held.'),
        (("kind: fixed", "kind: halved"), "assessment.E008", 38, '"halved" is not a kind of rule.'),
        (("choose: rounding", "choose: runding"), "assessment.E006", 52,
         'option "runding" is not declared. Did you mean "rounding"?'),
        (("pro_rata: pro_rata}", "up: floor}"), "", 0, ""),
        (("floor: floor, ", ""), "assessment.E007", 52, 'no value is given for reading "floor" of option "rounding".'),
        (("percent: target", "percent: targte"), "assessment.E010", 51, 'no parameter is called "targte".'),
        (("clauses: [X-k1]", "clauses: [X-k7]"), "assessment.E010", 36, 'no clause is called "X-k7".'),
        (("code: B1-k2", "code: B1-k1"), "assessment.E009", 1, "declared twice: B1-k1."),
        (("rules: [B1-k1, B1-k2]}", "rules: [B1-k3]}"), "assessment.E010", 1, 'X-b names the unknown rule "B1-k3".'),
        (("when: {none: leading_groups_in_force}", "when: {never: x}"), "assessment.E005", 40,
         "a condition carries one of none, some, fewer, below, rises, any, joined; found none."),
        (("assessed: computed\n        kind: fixed", "assessed: judged\n        kind: fixed"), "assessment.E005", 38,
         "kind and assessed disagree."),
        (("        points: 2\n", "        points: 2\n        points: 3\n"), "assessment.E009", 40,
         '"points" stands here twice. Keep one of them.'),
        (("schema: 1", "schema: 2"), "assessment.E005", 1, "this schema is not known. Write schema: 1."),
        (("schema: 1", "schema: [1"), "assessment.E002", 2, "this is not YAML"),
        (("instrument: small-plan\nlaw", "instrument: smal-plan\nlaw"), "assessment.E005", 6,
         '"smal-plan" is not one of the choices. Did you mean "small-plan"?'),
    ],
)  # fmt: skip
def test_an_error_names_file_line_what_and_what_to_do(tmp_path, change, id, line, message):
    path = write(tmp_path, change)
    if not id:
        assert load_rubric(path).code == "small"  # a reading that is not in force may be left out
        return
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert (caught.value.id, caught.value.line) == (id, line)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}, line {line}: ")


def test_a_missing_file_and_an_empty_one_are_told_apart(tmp_path):
    with pytest.raises(RubricError, match=r"the file cannot be read"):
        load_rubric(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    with pytest.raises(RubricError, match=r"the file is empty"):
        load_rubric(tmp_path / "empty.yaml")


def test_an_unknown_option_or_reading_asked_for_is_refused(tmp_path):
    with pytest.raises(RubricError, match=r'option "roundign" is not declared. Did you mean "rounding"?'):
        small(tmp_path, roundign="floor")
    with pytest.raises(RubricError, match=r'option "rounding" has no reading "up". Known: floor, pro_rata.'):
        small(tmp_path, rounding="up")


def test_every_reading_of_every_option_of_the_2018_rubric_loads():
    for option in rubric().options:
        for reading in option.readings:
            assert rubric(**{option.code: reading.code}).reading(option.code) == reading.code
