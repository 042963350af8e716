"""The style guide as code, for every register: a flow that holds together, privacy, a Chinese name, and clauses that exist."""

import re

import pytest
from django.db import models
from django.utils import translation

from anlan.assessment.load import load_clauses
from anlan.facts.schema import live_schema
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.org.roles import Sensitivity, all_roles, rank
from anlan.vault.fields import EncryptedColumn, encrypted_fields
from config.content import LAW

REGISTERS = all_registers()
CLAUSES = frozenset(clause.id for clause in load_clauses(LAW))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BUILT_IN = frozenset({"attach", "correct", "annul", "end", "involve", "release"})

every_register = pytest.mark.parametrize("spec", REGISTERS, ids=lambda spec: spec.code)


def test_there_are_registers_to_look_at():
    assert len(REGISTERS) >= 2


@every_register
def test_privacy_covers_every_column(spec):
    assert set(spec.field_sensitivity) == {field.name for field in spec.model._meta.concrete_fields}


@every_register
def test_a_role_may_read_the_register_and_take_its_first_step(spec):
    able = [role for role in all_roles() if rank(role.sensitivity) >= rank(spec.sensitivity)]

    assert [role.code for role in able if role.answers_to(spec.steps[spec.first].by)]


@every_register
def test_every_state_is_reached_from_the_first_step(spec):
    assert unreachable(spec) == set()


def unreachable(spec: RegisterSpec) -> set[str]:
    """Return the states that no chain of steps leads to."""
    reached = {spec.steps[spec.first].target}
    while True:
        onward = {step.target for step in spec.steps.values() if step.target and reached & set(step.sources)}
        openings = {step.target for step in spec.steps.values() if not step.sources}
        if onward | openings <= reached:
            return set(spec.states) - reached
        reached |= onward | openings


@every_register
def test_every_step_is_for_a_role_or_capability_that_exists(spec):
    known = {role.code for role in all_roles()} | {f"can:{word}" for role in all_roles() for word in role.capabilities}

    assert {name for step in spec.steps.values() for name in step.by} - known == set()


@every_register
def test_every_clause_cited_exists(spec):
    cited = set(spec.clauses) | {step.clause for step in spec.steps.values()} - {""}

    assert cited - CLAUSES == set()


@every_register
def test_every_declared_step_and_the_register_cite_a_clause(spec):
    assert spec.clauses
    assert [name for name, step in spec.steps.items() if name not in BUILT_IN and not step.clause] == []


@every_register
def test_every_step_says_what_happens_next(spec):
    assert [name for name, step in spec.steps.items() if not str(step.consequence)] == []


@every_register
def test_every_word_on_screen_has_a_chinese_form(spec):
    with translation.override("zh-hans"):
        words = {"name": str(spec.name), "purpose": str(spec.purpose)}
        words |= {f"column {field.name}": str(spec.label(field.name)) for field in spec.fields}
        words |= {f"state {code}": str(label) for code, label in spec.states.items()}
        words |= {f"step {name}": str(step.label) for name, step in spec.steps.items()}

    assert {place: text for place, text in words.items() if not CHINESE.search(text)} == {}


@every_register
def test_nothing_sealed_is_listed_searched_or_filtered(spec):
    sealed = {name for name, level in spec.field_sensitivity.items() if level is Sensitivity.SEALED}

    assert sealed & {*spec.columns, *spec.search, *spec.filters} == set()


@every_register
def test_every_sensitive_free_text_is_encrypted_and_nothing_else_is(spec):
    texts = {
        field.name
        for field in spec.fields
        if isinstance(field, models.CharField | models.TextField) and not field.choices
    }
    sensitive = {name for name in texts if rank(spec.field_sensitivity[name]) >= rank(Sensitivity.SENSITIVE)}

    assert {field.name for field in encrypted_fields(spec.model)} == sensitive


@every_register
def test_what_is_encrypted_is_looked_up_only_where_it_is_searchable_and_never_sorted_or_unique(spec):
    encrypted = {field.name: field for field in encrypted_fields(spec.model)}
    indexed = {
        name
        for one in [*spec.model._meta.indexes, *spec.model._meta.constraints]
        for name in getattr(one, "fields", ())
    }

    assert [name for name in {*spec.search, *spec.filters} & set(encrypted) if not encrypted[name].searchable] == []
    assert indexed & set(encrypted) == set()


def test_no_measure_sees_an_encrypted_column():
    assert [
        f"{register.code}.{column.name}"
        for register in live_schema().registers
        if register.code in {spec.code for spec in REGISTERS}
        for column in register.columns
        if isinstance(find_register(register.code).model._meta.get_field(column.name), EncryptedColumn)
    ] == []
