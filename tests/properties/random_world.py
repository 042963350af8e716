"""Worlds with records at random: dates within and around the year, flags either way, few and many."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.spec.tables import World, schema
from tests.spec.tables import _columns as columns

CHOICES: dict[str, tuple[str, ...]] = {
    "leading_group.kind": ("leading_group", "working_team"),
    "programme_plan.kind": ("year_plan", "implementation_scheme"),
    "facility.kind": ("psychology_unit", "police_room"),
    "security_incident.kind": ("criminal", "public_order"),
    "key_place.kind": ("cashier", "pharmacy", "archive", "outpatient_hall"),
    "material_store.kind": ("flammable", "narcotic"),
    "hazard.area": ("fire", "boiler", "electrical", "material", "other"),
    "quality_activity.level": ("hospital", "department"),
    "quality_activity.line": ("medical", "nursing", "infection", "technology"),
    "record_audit.sample": ("archived", "running"),
    "committee_meeting.kind": ("medical_safety", "dispute_analysis"),
    "dispute.mediation": ("none", "people"),
    "security_department.kind": ("department", "dedicated_person"),
}
MANY = {"quality_activity": 60, "case_analysis": 14, "key_place_check": 30, "education_attendance": 12,
        "committee_meeting": 6, "education_session": 6, "dispute": 8, "security_incident": 40}  # fmt: skip
JUDGED = ("A1-k4", "A3-k1", "A4-k1", "A2-k1", "A3-k3", "A4-k2", "A5-k3", "A3-k4", "A5-k6", "A7-k2", "A8-k5")
NUMBERS: dict[str, Callable[[random.Random], dict[str, object]]] = {
    "record_audit": lambda dice: {"sampled": 100, "grade_a": dice.randint(80, 100)},
    "awareness_survey": lambda dice: {"respondents": 100, "aware": dice.randint(85, 100)},
    "patient_screening": lambda dice: {"found": dice.randint(0, 2)},
    "education_attendance": lambda dice: {"staff_no": f"N{dice.randint(0, 10)}"},
    "judgement": lambda dice: {
        "rule": dice.choice(JUDGED),
        **dice.choice(
            (
                {"verdict": "confirm", "deducted": 0},
                {"verdict": "reject", "deducted": 0},
                {"verdict": "set", "deducted": dice.choice((0, 50, 100, 900))},
            )
        ),
    },
}
Record = tuple[str, str, int, dict[str, object]]


def records(seed: int, *, institutions: int = 1) -> tuple[list[dict[str, object]], list[Record]]:
    """Return institutions and records; the same seed gives the same."""
    dice = random.Random(seed)
    listed, found = [], []
    for at in range(1, institutions + 1):
        listed.append({"id": at, "level": dice.choice((0, 1, 2, 2, 3)), "specialist": dice.random() < 0.2,
                       "staff": dice.choice((None, 0, 5, 10))})  # fmt: skip
        is_good = dice.random()
        for register in (entry.code for entry in schema().registers):
            most = MANY.get(register, 3)
            for _ in range(dice.randint(0, most)):
                found.append((register, _day(dice), at, _values(dice, register, is_good)))
    return listed, found


def build(listed: list[dict[str, object]], found: list[Record]) -> World:
    """Return the world of these institutions and records, entered in this order."""
    world = World()
    for values in listed:
        world.institution(**values)  # type: ignore[arg-type]
    taken: set[tuple[int, object]] = set()
    for register, day, at, values in found:
        if register == "judgement":
            if (at, values["rule"]) in taken:
                continue  # at most one judgement of a rule counts
            taken.add((at, values["rule"]))
        world.add(register, day, at=at, **values)
    return world


def _day(dice: random.Random) -> str:
    year = dice.choice((2024, 2025, 2025, 2025, 2025, 2026))
    return f"{year}-{dice.randint(1, 12):02d}-{dice.choice((1, 5, 15, 28)):02d}"


def _values(dice: random.Random, register: str, is_good: float) -> dict[str, object]:
    values: dict[str, object] = {"is_counted": dice.random() < 0.95}
    for name, kind, _ in columns(register):
        if f"{register}.{name}" in CHOICES:
            values[name] = dice.choice(CHOICES[f"{register}.{name}"])
        elif kind == "bool":
            values[name] = dice.random() < is_good
        elif kind == "date":
            values[name] = dice.choice((None, _day(dice)))
    if register in NUMBERS:
        values |= NUMBERS[register](dice)
    values |= {name: _day(dice) for name in values if name.startswith("next_")}
    if dice.random() < 0.3 and schema().register(register).is_standing:
        values["ended_on"] = _day(dice)
    return values
