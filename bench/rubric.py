"""The shipped rubric qidong-2018 over the synthetic lake: what every engine of the lake benchmark must compute.

The deliverable is one row per institution: what each of the 43 rules takes, the points of the eight categories and the
raw score, in hundredths of a point. ``scored()`` is the plan that the product makes of the rubric file; nothing here is a
stand-in.
"""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import anlan_cn.measures
from anlan.assessment.load import load_rubric
from anlan.assessment.rubric import Rubric
from anlan.assessment.score import ScorePlan, score_plan
from anlan.kernel.period import Period
from bench.workload import SCHEMA

YEAR, AS_OF = 2025, datetime.date(2026, 1, 10)
PERIOD = Period.year(YEAR)
FILE = Path(anlan_cn.__file__).parent / "rubrics" / "qidong-2018.yaml"
CATEGORIES = {"A1": 1000, "A2": 1000, "A3": 1000, "A4": 1000, "A5": 2500, "A6": 500, "A7": 1500, "A8": 1500}
RULES = {"A1": 4, "A2": 7, "A3": 4, "A4": 8, "A5": 6, "A6": 2, "A7": 7, "A8": 5}
CODES = tuple(f"{category}-k{number}" for category, count in RULES.items() for number in range(1, count + 1))


def short(code: str) -> str:
    """Return the column of a rule in the deliverable: "a1_k2"."""
    return code.lower().replace("-", "_")


COLUMNS = {
    **{f"{code}.deducted": short(code) for code in CODES},
    **{f"{category}.points": short(category) for category in CATEGORIES},
    "raw": "raw",
}
assert len(CODES) == 43


@cache
def rubric() -> Rubric:
    """Return the rubric under its default readings."""
    return load_rubric(FILE)


@cache
def scored() -> ScorePlan:
    """Return the product's plan of the whole sheet over the lake's columns."""
    return score_plan(rubric(), year=YEAR, schema=SCHEMA)
