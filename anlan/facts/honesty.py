"""Honest times of the live registers: one evaluation for all registers and institutions, made when somebody looks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from anlan.facts.live import live_engine
from anlan.facts.schema import live_schema
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.kernel.period import Period
from anlan.measures.catalogue import Measure
from anlan.measures.engines import evaluate
from anlan.measures.honesty import Honesty, share
from anlan.measures.plan import Plan, make_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many counted records of a year; `of` 0 means that there is none."""

    part: int
    of: int

    def __add__(self, other: "Share") -> "Share":
        return Share(part=self.part + other.part, of=self.of + other.of)


NOTHING = Share(part=0, of=0)
Shares = dict[tuple[str, Honesty], Share]


def timed_registers() -> tuple[RegisterSpec, ...]:
    """Return the registers of which times are told: those in which something happens on a day."""
    return tuple(spec for spec in all_registers() if spec.is_timed)


def has(spec: RegisterSpec, kind: Honesty) -> bool:
    """Tell whether the kind says something of a register: only free texts can be copied, and a list comes as a batch."""
    if kind is Honesty.COPIED:
        return bool(spec.free_texts)
    return kind is not Honesty.BATCH or not spec.comes_in_lists


def honest_shares(institutions: Sequence[int], *, year: int, as_of: dt.date) -> dict[int, Shares]:
    """Return, for each institution, the shares by register and kind. One statement for all of them.

    Scope is the caller's duty, as for a score. Raises: UnknownParameter where a limit was not in force.
    """
    if not institutions:
        return {}
    plan = _plan()
    table = evaluate(
        plan, period=Period.year(year), as_of=as_of, engine=live_engine(), institutions=tuple(institutions)
    )
    wanted = [(spec.code, kind) for spec in timed_registers() for kind in Honesty if has(spec, kind)]
    return {
        institution: {
            (code, kind): Share(
                part=table.columns[f"{kind}_{code}_num"][row] or 0, of=table.columns[f"{kind}_{code}_den"][row] or 0
            )
            for code, kind in wanted
        }
        for row, institution in enumerate(table.institution_ids)
    }


def total(shares: Shares, kind: Honesty) -> Share:
    """Return the share over all registers of which the kind says something."""
    return sum((value for (_, of), value in shares.items() if of is kind), NOTHING)


@cache
def _plan() -> Plan:
    measures = [
        Measure(
            code=f"{kind}_{spec.code}",
            name=f"{kind}_{spec.code}",
            unit="records",
            clause="",
            subsystem="",
            definition=share([spec.code], kind),
        )
        for spec in timed_registers()
        for kind in Honesty
        if has(spec, kind)
    ]
    return make_plan(measures, schema=live_schema())
