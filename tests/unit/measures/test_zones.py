"""What a footer proves of a row group: all records meet the condition, none does, or the records must be read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from anlan.measures.predicate import ALWAYS, Predicate, col
from anlan.measures.runs.conditions import NEVER, simplified
from anlan.measures.runs.zones import Zone, proof_of
from tests.unit.measures.records import D

ZONES = {
    "day": Zone(low=D(2025, 1, 1), high=D(2025, 12, 31), nulls=0, rows=9),
    "ended": Zone(low=D(2025, 1, 1), high=D(2025, 12, 31), nulls=4, rows=9),
    "never": Zone(low=None, high=None, nulls=9, rows=9),
    "hours": Zone(low=3, high=8, nulls=0, rows=9),
    "year": Zone(low=2025, high=2025, nulls=0, rows=9),
    "word": Zone(low="b", high="d", nulls=0, rows=9),
    "long": Zone(low="hospital-w", high="hospital-w", nulls=0, rows=9),
    "yes": Zone(low=True, high=True, nulls=0, rows=9),
    "mixed": Zone(low=False, high=True, nulls=0, rows=9),
    "no": Zone(low=False, high=False, nulls=3, rows=9),
}
PROOFS: tuple[tuple[Predicate, bool | None], ...] = (
    (col("day") >= D(2025, 1, 1), True),
    (col("day") >= D(2025, 1, 2), None),
    (col("day") > D(2025, 12, 31), False),
    (col("day") <= D(2025, 12, 31), True),
    (col("day") < D(2025, 12, 31), None),
    (col("day") < D(2025, 1, 1), False),
    (col("day") == D(2025, 1, 1), None),
    (col("day") == D(2026, 1, 1), False),
    (col("day") != D(2026, 1, 1), True),
    (col("day") != D(2025, 1, 1), None),
    (col("ended") <= D(2025, 12, 31), None),
    (col("ended") > D(2025, 12, 31), False),
    (col("ended") != D(2026, 1, 1), None),
    (col("ended").is_null(), None),
    (col("day").is_null(), False),
    (col("never").is_null(), True),
    (col("never") != D(2025, 1, 1), False),
    (col("day") < col("never"), False),
    (col("day") < col("ended"), None),
    (col("hours") > Decimal("2.5"), True),
    (col("hours") == Decimal("2.5"), False),
    (col("year") == 2025, True),
    (col("year") != 2025, False),
    (col("year").isin((2024, 2025)), True),
    (col("year").isin((2023, 2024)), False),
    (col("hours").isin((3, 8)), None),
    (col("word") == "a", False),
    (col("word") > "a", True),
    (col("long") == "hospital-w", None),
    (col("yes").is_true(), True),
    (col("mixed").is_true(), None),
    (col("no").is_true(), False),
    (col("unheard") == 3, None),
    (col("unheard") == col("day"), None),
)


@pytest.mark.parametrize(("atom", "expected"), PROOFS, ids=[str(at) for at in range(len(PROOFS))])
def test_a_footer_proves_no_more_than_it_says(atom: Predicate, expected: bool | None) -> None:
    assert proof_of(atom, ZONES) is expected


A, B, C = col("a") == 1, col("b") == 2, col("c") == 3
SIMPLER: tuple[tuple[Predicate, dict[Predicate, bool], Predicate], ...] = (
    (A & B, {A: True}, B),
    (A & B, {A: False}, NEVER),
    (A & B, {A: True, B: True}, ALWAYS),
    (A | B, {A: True}, ALWAYS),
    (A | B, {A: False}, B),
    (A | B, {A: False, B: False}, NEVER),
    (~A, {A: True}, NEVER),
    (~A, {A: False}, ALWAYS),
    (~(A & B), {A: True}, ~B),
    (~(A & B), {A: False}, ALWAYS),
    ((A | B) & ~C, {A: False, C: False}, B),
    ((A | B) & ~C, {C: True}, NEVER),
    (A & B, {}, A & B),
)


@pytest.mark.parametrize(("predicate", "proofs", "expected"), SIMPLER)
def test_what_is_proven_is_left_out(predicate: Predicate, proofs: dict[Predicate, bool], expected: Predicate) -> None:
    assert simplified(predicate, proofs) == expected
