"""The words with which content declares a register: `Step`, `Deadline`, `FollowUp`. Plain values, checked when models load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When the next thing is due: so many days, or working days, after a date of the record.

    `parameter` names a dated parameter whose value in days was in force on that date; `days` is for tests and demos.
    The date goes to the column `field`, counted from the column `after`.
    """

    parameter: str = ""
    days: int | None = None
    working: bool = False
    after: str = "occurred_on"
    field: str = "due_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way on: from which states to which, who may take it, what it may set and what must be there afterwards.

    sources      states that it starts from; empty for the step that opens a record
    target       state afterwards; empty keeps the state
    by           role codes and capabilities (`can:…`), any of which suffices; empty: it only follows another step
    fields       columns that the step may set; `*` means every column that people may edit
    sets         columns that the step itself fills, whatever the form says
    requires     columns that must be filled afterwards
    evidence     how many files must come with the step, or the name of a method of the record that tells
    consequence  what happens next, shown on the button
    clause       id of the clause that asks for it
    awaited      whether a record waits for it; null: when it leads to another state (set it for checks that recur)
    capacities   in which capacities the step may name parties to the case, or end their part; empty: it names none
    independent  `can:review` or `can:investigate` where the step reviews or investigates the unit that the record names: nobody takes
                 it on a unit that they head, by whichever post; empty for every other step
    follow       name of a method of the record that returns follow-ups, done in the same transaction
    """

    target: str = ""
    label: Any
    by: tuple[str, ...]
    sources: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    evidence: int | str = 0
    deadline: Deadline | None = None
    consequence: Any = ""
    clause: str = ""
    follow: str = ""
    needs_reason: bool = False
    awaited: bool | None = None
    capacities: tuple[str, ...] = ()
    independent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A step that another step brings with it, on a new or an existing record of the same institution."""

    record: Any
    step: str
    data: dict[str, Any] = field(default_factory=dict)


ANNULLED = "annulled"
