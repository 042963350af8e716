"""Honest times in a sealed score: what of them is sealed, and how they are reckoned again from replayed records.

The ledger does not repeat them: late and night follow from the record's own entry, batch and copied from the other records of the
register. So a seal whose measures read them tells the limits, the zone of the place and the free texts of the register, and
its package brings the records without which the answer would be another one. Nothing is told where no measure asks.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import timezone

from anlan.assessment.seal_format import BadSeal, Json
from anlan.flow.hindsight import BATCH_RECORDS, COPIED_CHARACTERS, akin, look_at, seen, written
from anlan.flow.replay import Replayed
from anlan.flow.spec import HONEST_COLUMNS, find_register
from anlan.flow.times import LATE_DAYS, NIGHT_FROM_HOUR, NIGHT_TO_HOUR, first_batch_mark, times_of
from anlan.kernel.parameter import Parameter, all_rows, parameters_as
from anlan.measures.bindings import BURST_DAYS, BURST_OLD_DAYS
from anlan.measures.plan import Plan

LIMITS = (
    LATE_DAYS, NIGHT_FROM_HOUR, NIGHT_TO_HOUR, BATCH_RECORDS, COPIED_CHARACTERS, BURST_DAYS, BURST_OLD_DAYS,
)  # fmt: skip
_AS_SEALED = "as sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a seal tells of a register: whether its times are told, and in which columns people write sentences."""

    is_timed: bool
    free_texts: tuple[str, ...]


# ── sealing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked_of(plan: Plan) -> tuple[str, ...]:
    """Return the registers of which the plan reads an honest time."""
    return tuple(sorted(scan.register.code for scan in plan.scans if HONEST_COLUMNS & set(scan.columns())))


def look_again(registers: Iterable[str], institution_id: int) -> None:
    """Look back at the registers now, as the worker does every five minutes: a seal rests on no stale answer."""
    for code in registers:
        spec = find_register(code)
        if spec.is_timed:
            look_at(spec, institution_id)


def times_data(registers: Sequence[str]) -> Json:
    """Return the part `times` of a seal's document; empty where no measure asks for an honest time."""
    if not registers:
        return {}
    specs = [find_register(code) for code in registers]
    limits = {code: [[row.starts_on.isoformat(), row.value] for row in all_rows(code)] for code in LIMITS}
    kept = {spec.code: {"is_timed": spec.is_timed, "free_texts": list(spec.free_texts)} for spec in specs}
    return {"times": {"zone": settings.TIME_ZONE, "limits": limits, "registers": kept}}


def records_beside(
    registers: Sequence[str], institution_id: int, read: Mapping[uuid.UUID, str]
) -> dict[uuid.UUID, str]:
    """Return the records that no figure counts and without which a batch or a copied text would not show, with their register."""
    found: dict[uuid.UUID, str] = {}
    for code in registers:
        spec = find_register(code)
        if not spec.is_timed:
            continue
        rows = list(written(spec, institution_id))
        keys = {row.pk for row in rows if row.uid in read}
        beside = akin(spec, rows, keys) - keys
        found |= {row.uid: code for row in rows if row.pk in beside}
    return found


# ── recomputing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def limits_as_sealed(score: Json) -> Iterator[None]:
    """Let the limits and the zone of the seal hold within the block. Raises: BadSeal for a zone that nobody knows."""
    times = score.get("times")
    with ExitStack() as stack:
        if times:
            stack.enter_context(parameters_as(_parameters(times["limits"])))
            stack.enter_context(timezone.override(_zone(times["zone"])))
        yield


def with_times(
    rows: Sequence[dict[str, Any]], told: Sequence[Replayed], kept: Json | None
) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a register with their honest times, reckoned from the rows alone; as they are where none is asked.

    `told` are the records behind the rows, in the same order. Call it within `limits_as_sealed`.
    """
    if kept is None:
        return rows
    register = Kept(is_timed=kept["is_timed"], free_texts=tuple(kept["free_texts"]))
    plain = [_plain(row, one, register) for row, one in zip(rows, told, strict=True)]
    later = seen(register, plain) if register.is_timed else {}
    return [
        {
            **row,
            **times_of(one, register),
            "is_batch_entry": later[one.pk].is_batch_entry if later else first_batch_mark(one.batch_id),
            "is_copied": later[one.pk].is_copied if later else None,
        }
        for row, one in zip(rows, plain, strict=True)
    ]


def _plain(row: Mapping[str, Any], told: Replayed, register: Kept) -> Any:
    """The record as the room of the flow looks at it, made of what its entries tell."""
    return SimpleNamespace(
        **{name: row.get(name) or "" for name in register.free_texts},
        pk=row["id"],
        recorded_at=dt.datetime.fromisoformat(told.first["recorded_at"]),
        recorded_by_id=told.first.get("actor"),
        occurred_on=dt.date.fromisoformat(row["occurred_on"]),
        batch_id=told.batch or None,
    )


def _parameters(limits: Mapping[str, Sequence[tuple[str, int]]]) -> Iterator[Parameter]:
    for code, rows in limits.items():
        for starts_on, value in rows:
            yield Parameter(
                code=code, value=value, unit="", starts_on=dt.date.fromisoformat(starts_on), instrument=_AS_SEALED,
                clause="", verified=False,
            )  # fmt: skip


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSeal(f'The seal names the zone "{name}", which this computer does not know.') from error
