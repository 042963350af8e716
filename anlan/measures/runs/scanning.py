"""One register's scan over row groups: which columns are read, and what each aggregate finds in every run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from anlan.kernel.period import Period
from anlan.measures.aggregate import Aggregate, Scan, shifted
from anlan.measures.bindings import bound_day, bound_number
from anlan.measures.errors import BadDefinition
from anlan.measures.predicate import ALWAYS, And, Compare, IsTrue, Predicate, columns_of, conjunction
from anlan.measures.runs.batch import Batch, Integers, Mask
from anlan.measures.runs.conditions import NEVER, Conditions, atoms_of, bound, simplified
from anlan.measures.runs.days import by_day, month_bits, months, quarter_bits, whole_months
from anlan.measures.runs.grouping import Distinct, Ids, Runs, Signed, distinct, runs_of

Total = Callable[[Batch, Runs, Sequence[Mask]], Signed | Distinct]
KINDS: dict[str, type[np.signedinteger[Any]]] = {
    "count": np.int32, "distinct": np.int32, "mask": np.int16, "sum": np.int64, "months": np.int64,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a row group holds: for each run of ``ids`` a number by alias, and who has which distinct values."""

    ids: Ids
    totals: Mapping[str, Signed]
    distinct: Mapping[str, Distinct]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How row groups are read of which the footer proves the same: columns, masks, and the total of each alias."""

    columns: tuple[str, ...]
    conditions: Conditions
    totals: tuple[tuple[str, Total], ...]
    institution: str

    @property
    def aliases(self) -> tuple[str, ...]:
        """The aliases to which such a row group adds."""
        return tuple(alias for alias, _ in self.totals)

    def found(self, batch: Batch) -> Found:
        """Return the totals of each run.

        Raises: LakeUnsuited.
        """
        runs = runs_of(batch.numbers(self.institution).values)
        masks = self.conditions.run(batch)
        each = {alias: total(batch, runs, masks) for alias, total in self.totals}
        return Found(
            ids=runs.ids,
            totals={alias: item.counts if isinstance(item, Distinct) else item for alias, item in each.items()},
            distinct={alias: item for alias, item in each.items() if isinstance(item, Distinct)},
        )


class ScanReader:
    """A scan with its days bound; ``reading`` says how to read a row group of which some atoms are proven."""

    def __init__(self, scan: Scan, *, period: Period, as_of: datetime.date) -> None:
        self.scan, self._period, self._as_of = scan, period, as_of
        self._conditions = {
            alias: self._condition(aggregate) for aggregate, alias in zip(scan.aggregates, scan.aliases, strict=True)
        }
        each = [atom for condition in self._conditions.values() for atom in atoms_of(condition)]
        self.atoms = tuple(dict.fromkeys(each))
        self._readings: dict[tuple[bool | None, ...], Reading | None] = {}

    def reading(self, proofs: tuple[bool | None, ...]) -> Reading | None:
        """Return how to read a row group, given the proof of each of ``atoms``; None where it holds nothing to count."""
        if proofs not in self._readings:
            self._readings[proofs] = self._reading(proofs)
        return self._readings[proofs]

    def _condition(self, aggregate: Aggregate) -> Predicate:
        """Everything that the aggregate demands of a record, in one conjunction."""
        parts: list[Predicate] = []
        if self.scan.register.counted:
            parts.append(IsTrue(column=self.scan.register.counted))
        if (days := aggregate.days) is not None:
            if days.lower is not None:
                parts.append(Compare(column=days.column, op=">=", operand=self._day(days.lower)))
            parts.append(Compare(column=days.column, op="<=", operand=self._day(days.upper)))
        parts.append(bound(aggregate.where, day=self._day, years_back=aggregate.years_back))
        return conjunction(parts)

    def _reading(self, proofs: tuple[bool | None, ...]) -> Reading | None:
        known = {atom: proof for atom, proof in zip(self.atoms, proofs, strict=True) if proof is not None}
        open_conditions = {alias: simplified(condition, known) for alias, condition in self._conditions.items()}
        left = {alias: condition for alias, condition in open_conditions.items() if condition != NEVER}
        if not left:
            return None
        conditions, columns = Conditions(), {self.scan.register.institution: None}
        totals: list[tuple[str, Total]] = []
        by_alias = dict(zip(self.scan.aliases, self.scan.aggregates, strict=True))
        for alias, condition in _sharing(left).items():
            place = None if condition == ALWAYS else conditions.place(condition)
            totals.append((alias, self._total(by_alias[alias], place)))
            columns |= dict.fromkeys((*columns_of(condition), *self._read_by(by_alias[alias])))
        return Reading(
            columns=tuple(columns),
            conditions=conditions,
            totals=tuple(totals),
            institution=self.scan.register.institution,
        )

    def _read_by(self, aggregate: Aggregate) -> tuple[str, ...]:
        """The columns that an aggregate needs besides those of its condition."""
        register = self.scan.register
        if aggregate.kind == "months":
            return register.date, register.ended
        if aggregate.kind == "mask":
            return (_days_of(aggregate),)
        return (aggregate.column,) if aggregate.column else ()

    def _total(self, aggregate: Aggregate, place: int | None) -> Total:
        match aggregate.kind:
            case "count":
                return lambda _, runs, masks: runs.lengths() if place is None else runs.counts(masks[place])
            case "sum":
                return lambda batch, runs, masks: runs.sums(_summands(batch, aggregate.column, _at(masks, place)))
            case "distinct":
                return lambda batch, runs, masks: _distinct(batch, runs, aggregate.column, _at(masks, place))
            case "mask":
                column, per = _days_of(aggregate), 3 if aggregate.per == "quarter" else 1
                return lambda batch, runs, masks: runs.unions(_bits(batch, column, per, _at(masks, place)))
            case "months":
                return self._months(aggregate, place)

    def _months(self, aggregate: Aggregate, place: int | None) -> Total:
        """Due months from the one in which the record begins to the one before it ends, as in ``sql.py``."""
        register = self.scan.register
        first = self._number(shifted("first_month", aggregate.years_back))
        after = self._number(shifted("after_due_months", aggregate.years_back))

        def total(batch: Batch, runs: Runs, masks: Sequence[Mask]) -> Signed:
            begun = by_day(batch, register.date, whole_months if aggregate.is_whole else months)
            ended = by_day(batch, register.ended, months)
            if (open_ended := batch.valid(register.ended)) is not None:
                ended = np.where(open_ended, ended, after)
            in_force = np.maximum(np.minimum(ended, after) - np.maximum(begun, first), 0)
            mask = _both(_at(masks, place), batch.valid(register.date))
            return runs.sums(in_force if mask is None else in_force * mask)

        return total

    def _day(self, name: str) -> datetime.date:
        return bound_day(name, period=self._period, as_of=self._as_of)

    def _number(self, name: str) -> int:
        return bound_number(name, period=self._period, as_of=self._as_of)


def _sharing(conditions: Mapping[str, Predicate]) -> dict[str, Predicate]:
    """The conditions with their parts in order of how many share them, so that they begin alike."""
    shared: dict[Predicate, int] = {}
    for condition in conditions.values():
        for part in _parts(condition):
            shared[part] = shared.get(part, 0) + 1
    return {
        alias: conjunction(sorted(_parts(condition), key=lambda part: -shared[part]))
        for alias, condition in conditions.items()
    }


def _parts(condition: Predicate) -> tuple[Predicate, ...]:
    return condition.parts if isinstance(condition, And) else (condition,)


def _days_of(aggregate: Aggregate) -> str:
    if aggregate.days is None:
        raise BadDefinition("Periods covered need a window of days. Give the aggregate one.")
    return aggregate.days.column


def _at(masks: Sequence[Mask], place: int | None) -> Mask | None:
    return None if place is None else masks[place]


def _both(left: Mask | None, right: Mask | None) -> Mask | None:
    return right if left is None else left if right is None else left & right


def _summands(batch: Batch, column: str, mask: Mask | None) -> Integers:
    """The integers to add, 0 where there is none; decimals in hundredths, rounded half away from zero."""
    numbers = batch.numbers(column)
    mask, values = _both(mask, numbers.valid), numbers.values
    if numbers.scale < 2 and batch.is_decimal(column):
        values = values.astype(np.int64) * 10 ** (2 - numbers.scale)
    elif numbers.scale > 2:
        unit = 10 ** (numbers.scale - 2)
        values = np.sign(values) * ((np.abs(values) + unit // 2) // unit)
    return values if mask is None else values * mask


def _distinct(batch: Batch, runs: Runs, column: str, mask: Mask | None) -> Distinct:
    chosen = _both(mask, batch.valid(column))
    chosen = np.ones(batch.rows, np.bool_) if chosen is None else chosen
    if batch.is_text(column):
        texts = batch.texts(column)
        return distinct(runs, texts.codes, texts.words, chosen)
    words, codes = np.unique(batch.numbers(column).values, return_inverse=True)
    return distinct(runs, codes, words.tolist(), chosen)


def _bits(batch: Batch, column: str, per: int, mask: Mask | None) -> Signed:
    bits = by_day(batch, column, month_bits if per == 1 else quarter_bits)
    return bits if mask is None else bits * mask
