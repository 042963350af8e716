"""Every text has its Chinese, and the compiled catalogues say what the readable ones say."""

import re

import pytest
from django.utils import translation

from anlan.flow.spec import RegisterSpec, all_registers
from anlan.flow.subsystem import all_subsystems
from anlan.measures import catalogue
from anlan.org.roles import all_roles
from anlan.web.scores_words import UNITS
from config import messages

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_the_catalogues_are_complete_and_compiled() -> None:
    assert messages.faults() == []


@pytest.mark.parametrize("spec", all_registers(), ids=lambda spec: spec.code)
def test_every_register_says_all_of_itself_in_chinese(spec: RegisterSpec) -> None:
    texts = [spec.name, spec.purpose, *spec.states.values(), *(spec.label(field.name) for field in spec.fields)]
    texts += [text for step in spec.steps.values() for text in (step.label, step.consequence)]
    texts += [label for field in spec.fields for _code, label in field.choices or ()]
    with translation.override("zh-hans"):
        assert [str(text) for text in texts if not HAN.search(str(text))] == []
    with translation.override("en"):
        assert [str(text) for text in texts if HAN.search(str(text))] == []


def test_subsystems_and_roles_have_chinese_and_english_names() -> None:
    texts = [text for one in (*all_subsystems().values(),) for text in (one.name, one.purpose)]
    texts += [text for role in all_roles() for text in (role.name, role.description)]
    with translation.override("zh-hans"):
        assert [str(text) for text in texts if not HAN.search(str(text))] == []
    with translation.override("en"):
        assert [str(text) for text in texts if HAN.search(str(text))] == []


def test_every_unit_of_a_measure_has_a_chinese_word() -> None:
    units = {measure.unit for measure in catalogue.all()} - {"percent"}
    with translation.override("zh-hans"):
        assert sorted(unit for unit in units if not HAN.search(str(UNITS.get(unit, unit)))) == []


def test_a_word_with_two_chinese_meanings_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"anlan": {("", "Category"): "考核项目"}, "anlan_cn": {("", "Category"): "案件类型"}}
    monkeypatch.setattr(messages, "_known", known.__getitem__)
    assert messages._double_meanings() == [
        '"Category" is 考核项目 in anlan and 案件类型 in anlan_cn; give one of them a context'
    ]
