"""A rubric of two rows that the linter has nothing to say about, and a way to spoil it one line at a time."""

from __future__ import annotations

from pathlib import Path

import anlan_cn.measures
from anlan.assessment.load import load_rubric
from anlan.assessment.rubric import Rubric

assert anlan_cn.measures  # declares the measures that the small rubric asks

RUBRIC = """\
schema: 1
code: small
edition: "1"
title: {zh: 小细则, en: Small rubric}
issuer: {zh: 某市, en: A city}
instrument: small-plan
law: law
parameters: small
clauses: X-
printed_total: 10
pass_mark: 80
classes:
  - {code: any, name: {zh: 机构, en: Institution}, where: {class_level: [0, 1, 2, 3]}, example: {class_level: 2}}
terms:
  - {code: record, name: {zh: 记录, en: record}, clause: X-a, definition: {zh: 登记的, en: what is entered}}
options:
  - code: rounding
    ambiguity: 1
    clauses: [X-k2]
    question: {zh: 如何取整, en: How to round}
    reading: floor
    readings:
      floor: {zh: 舍去, en: down}
      pro_rata: {zh: 按比例, en: in proportion}
cadences:
  - {subject: education, per: quarter, clause: X-a}
categories:
  - code: B1
    clause: X-a
    name: {zh: 甲, en: First}
    max: 6
    content:
      - {clause: X-b, text: {zh: 有组织, en: There is a group}, rules: [B1-k1, B1-k2]}
    rules:
      - code: B1-k1
        clauses: [X-k1]
        assessed: computed
        kind: fixed
        points: 2
        when: {none: leading_groups_in_force}
        text: {zh: 无组织, en: No group}
        method: {zh: 查台账, en: The register}
        mend: {zh: 成立, en: Set one up}
      - code: B1-k2
        clauses: [X-k2]
        assessed: computed
        kind: per_percentage_point
        points: 0.5
        cap: 4
        ratios: [grade_a_rate]
        percent: target
        rounding: {choose: rounding, floor: floor, pro_rata: pro_rata}
        text: {zh: 比率不足, en: Too low}
        method: {zh: 比率, en: The rate}
        mend: {zh: 提高, en: Raise it}
  - code: B2
    clause: X-a
    name: {zh: 乙, en: Second}
    max: 4
    content: []
    rules:
      - code: B2-k1
        clauses: [X-k3]
        assessed: computed
        kind: per_rise
        points: 1
        cap: 4
        change: criminal_cases_change
        step_percent: step
        zero_base: none
        text: {zh: 上升, en: It rises}
        method: {zh: 同比, en: Year on year}
        mend: {zh: 减少, en: Have fewer}
"""
CLAUSES = """\
clauses:
  - {id: X-a, instrument: small-plan, zh: 甲, en: A}
  - {id: X-b, instrument: small-plan, zh: 乙, en: B}
  - {id: X-k1, instrument: small-plan, zh: 一, en: One}
  - {id: X-k2, instrument: small-plan, zh: 二, en: Two}
  - {id: X-k3, instrument: small-plan, zh: 三, en: Three}
"""
INSTRUMENTS = "instruments:\n  - {code: small-plan, title: {zh: 方案, en: Plan}}\n"
PARAMETERS = """\
instrument: small-plan
parameters:
  - code: target
    name: {zh: 目标, en: Target}
    unit: percent
    values:
      - {from: 2018-01-01, value: 95, clause: X-k2, verified: true}
      - {from: 2026-01-01, value: 97, clause: X-k2, verified: true}
  - code: step
    name: {zh: 步长, en: Step}
    unit: percent
    values:
      - {from: 2018-01-01, value: 5, clause: X-k3, verified: true}
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the rubric and its law into the folder, each change made once; return the rubric's file."""
    texts = {"small.yaml": RUBRIC, "law/clauses.yaml": CLAUSES, "law/instruments.yaml": INSTRUMENTS,
             "law/parameters/small.yaml": PARAMETERS}  # fmt: skip
    for old, new in changes:
        assert any(old in text for text in texts.values()), f"nothing to change: {old}"
        texts = {name: text.replace(old, new, 1) for name, text in texts.items()}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "small.yaml"


def small(folder: Path, *changes: tuple[str, str], **readings: str) -> Rubric:
    """Return the small rubric with the changes made."""
    return load_rubric(write(folder, *changes), readings=readings)
