"""How the spec tables are run: each row changes an institution in perfect order and states what the rule must say."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.spec.tables import YEAR_END, World, perfect

SCORED, NOT_APPLICABLE, NO_DATA, AWAITS = "scored", "not_applicable", "no_data", "awaits_person"
Change = Callable[[World], object]


def as_it_is(world: World) -> None:
    """Change nothing."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a spec table: what is changed, and what the rule must then say. Points are points."""

    name: str
    change: Change
    outcome: str
    points: float
    proposed: float = 0
    category: float | None = None
    lost: float | None = None
    as_of: datetime.date = YEAR_END
    level: int = 2
    specialist: bool = False
    readings: dict[str, str] = field(default_factory=dict)


def row(name: str, change: Change, outcome: str, points: float, **others: object) -> Row:
    """Return a row; others: proposed, category, lost, as_of, level, specialist, readings."""
    return Row(name=name, change=change, outcome=outcome, points=points, **others)  # type: ignore[arg-type]


def assert_rule(rule: str, *rows: Row) -> None:
    """Run the table of one rule; the message names the row that fails."""
    for entry in rows:
        world = perfect(World(), level=entry.level, specialist=entry.specialist)
        entry.change(world)
        sheet = world.sheet(as_of=entry.as_of, **entry.readings)
        score, category = sheet.rule(rule), sheet.category(rule[:2])
        found = (score.outcome, score.deducted / 100, score.proposed / 100)
        assert found == (entry.outcome, entry.points, entry.proposed), f"{rule}, {entry.name}"
        if entry.category is not None:
            assert category.points / 100 == entry.category, f"{rule}, {entry.name}: points of the category"
        if entry.lost is not None:
            assert category.lost_to_cap / 100 == entry.lost, f"{rule}, {entry.name}: lost to the cap"


def drop(register: str, where: str = "1=1") -> Change:
    """Return the change that deletes records."""
    return lambda world: world.drop(register, where)


def add(register: str, on: str = "2025-01-02", times: int = 1, **values: object) -> Change:
    """Return the change that adds a record."""
    return lambda world: world.add(register, on, times=times, **values)


def update(register: str, values: str, where: str = "1=1") -> Change:
    """Return the change that rewrites columns of records."""
    return lambda world: world.database.execute(f"update anlan_cn_{register} set {values} where {where}")


def judge(rule: str, verdict: str, points: float = 0) -> Change:
    """Return the change that adds a reviewer's judgement."""
    return lambda world: world.judge(rule, verdict, points)


def then(*changes: Change) -> Change:
    """Return the changes one after the other."""
    return lambda world: [change(world) for change in changes]


def day(text: str) -> datetime.date:
    """Return a date."""
    return datetime.date.fromisoformat(text)
