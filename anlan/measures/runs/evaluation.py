"""One evaluation of a plan over a lake: what is the same for all ranges, and the sheets of ranges in order."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from anlan.kernel.period import Period
from anlan.measures.bindings import bound_number
from anlan.measures.errors import LakeUnsuited
from anlan.measures.expression import Attr, Bound, Fig, Number, Ref, Slot
from anlan.measures.folder import institution_file, register_files
from anlan.measures.plan import Plan
from anlan.measures.runs.batch import Batch
from anlan.measures.runs.grouping import Ids, Signed
from anlan.measures.runs.numbers import Column, Leaf, Sheet
from anlan.measures.runs.places import Places
from anlan.measures.runs.register import Register, Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Institutions:
    """Ascending ids and the attributes that the plan reads."""

    ids: Ids
    attributes: dict[str, Column]

    def __getitem__(self, chosen: Any) -> Institutions:
        """Return some of them: a slice, a mask or places."""
        return Institutions(
            ids=self.ids[chosen],
            attributes={
                name: Column(column.values[chosen], None if column.unknown is None else column.unknown[chosen])
                for name, column in self.attributes.items()
            },
        )


class Evaluation:
    """The columns of a plan, for a period and an as-of day, over the files of a lake.

    Raises: LakeIncomplete, UnknownFigure; LakeUnsuited.
    """

    def __init__(
        self, folder: Path, plan: Plan, columns: Sequence[str], *, period: Period, as_of: datetime.date
    ) -> None:
        self.sheet = _sheet(plan, columns)
        leaves = self.sheet.leaves()
        self._bound = {
            leaf: Column(np.int64(bound_number(leaf.parameter, period=period, as_of=as_of)))
            for leaf in leaves
            if isinstance(leaf, Bound)
        }
        attributes = tuple(leaf.column for leaf in leaves if isinstance(leaf, Attr))
        self._registers = [
            Register(scan, register_files(folder, scan, period), period=period, as_of=as_of) for scan in plan.scans
        ]
        self.institutions = _institutions(institution_file(folder), plan.schema.institution.key, attributes)

    def sheets(self, ranges: Sequence[Institutions]) -> Iterator[dict[str, Column]]:
        """Yield the columns of each range; ranges ascend, and each row group is read once for all of them.

        Raises: LakeUnsuited.
        """
        if not ranges:
            return
        every = np.concatenate([each.ids for each in ranges])
        walks = {register.scan.register.code: Walk(register, every) for register in self._registers}
        for each in ranges:
            places = Places(each.ids)
            totals = {code: walk.totals(places) for code, walk in walks.items()}
            yield self.sheet.columns(lambda leaf, each=each, totals=totals: self._input(leaf, each, totals))  # type: ignore[misc]

    def _input(self, leaf: Leaf, institutions: Institutions, totals: dict[str, dict[str, Signed]]) -> Column:
        match leaf:
            case Slot(scan, name):
                found = totals[scan].get(name)
                # no record counts in the whole range
                return Column(np.int64(0) if found is None else found.astype(np.int64))
            case Attr(column):
                return institutions.attributes[column]
            case Bound():
                return self._bound[leaf]


def _sheet(plan: Plan, columns: Sequence[str]) -> Sheet:
    parts = {(figure.name, part): number for figure in plan.figures for part, number in figure.parts}
    outputs = {output.name: output.expression for level in plan.levels for output in level}
    named = outputs | {figure.column(part): number for figure in plan.figures for part, number in figure.parts}

    def resolve(node: Fig | Ref) -> Number:
        return parts[node.name, node.part] if isinstance(node, Fig) else outputs[node.name]

    return Sheet({name: named[name] for name in columns}, resolve=resolve)


def _institutions(file: Path, key: str, attributes: Sequence[str]) -> Institutions:
    table = pq.ParquetFile(file).read(columns=list(dict.fromkeys((key, *attributes))), use_threads=False)
    unread = [
        name
        for name in table.schema.names
        if not (
            pa.types.is_integer(table.schema.field(name).type) or pa.types.is_boolean(table.schema.field(name).type)
        )
    ]
    if unread or table.column(key).null_count:
        raise LakeUnsuited(f"{file}: {', '.join(unread) or key} is not of integers.")
    if table.num_rows == 0:
        return Institutions(ids=np.zeros(0, np.int64), attributes={})
    batch = Batch(table)
    ids = batch.numbers(key).values.astype(np.int64)
    found = Institutions(ids=ids, attributes={name: _attribute(batch, name) for name in attributes})
    return found if (ids[1:] > ids[:-1]).all() else found[np.argsort(ids, kind="stable")]


def _attribute(batch: Batch, name: str) -> Column:
    numbers = batch.numbers(name)
    return Column(numbers.values.astype(np.int64), None if numbers.valid is None else ~numbers.valid)
