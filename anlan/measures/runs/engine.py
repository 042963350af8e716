"""The lake evaluated over runs: ranges of institutions in order, a stretch of them to each thread.

Threads share the footers and nothing else. NumPy and Arrow leave the interpreter's lock while they work, so that two
threads use two cores.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from anlan.kernel.period import Period
from anlan.measures.figures import FigureTable
from anlan.measures.folder import new_folder
from anlan.measures.plan import Plan, narrowed
from anlan.measures.runs.evaluation import Evaluation, Institutions
from anlan.measures.runs.numbers import Column

RANGE = 32_768  # institutions at a time: their columns stay in the processor's cache
_LEAST = 5_000  # fewer institutions are not worth a second thread, which reads every row group again
Part = TypeVar("Part")
Work = Callable[[int, Institutions, dict[str, Column]], Part]


class RunLake:
    """One folder of Parquet files, sorted by institution."""

    def __init__(
        self, folder: Path | str, *, threads: int | None = None, institutions_per_range: int | None = None
    ) -> None:
        self._folder = Path(folder)
        self._threads = threads or cpu_count() or 1
        self._per_range = institutions_per_range

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures in memory; see ``evaluate``. For the nation prefer ``write``.

        Raises: LakeIncomplete; LakeUnsuited where DuckDB must read the lake.
        """
        names = plan.columns()
        evaluation = Evaluation(self._folder, plan, names, period=period, as_of=as_of)
        chosen = evaluation.institutions
        if institutions is not None:
            chosen = chosen[np.isin(chosen.ids, np.array(institutions, np.int64))]
        parts = self._each(evaluation, chosen, lambda _, each, columns: _listed(columns, len(each.ids)))
        return FigureTable(
            plan=plan,
            institution_ids=tuple(chosen.ids.tolist()),
            columns={name: tuple(value for part in parts for value in part[name]) for name in names},
        )

    def write(
        self,
        plan: Plan,
        *,
        period: Period,
        as_of: datetime.date,
        target: Path | str,
        columns: Sequence[str] | None = None,
    ) -> int:
        """Write the plan's figures as Parquet files into the folder ``target``; see ``DuckDBLake.write``.

        Raises: LakeIncomplete; FileExistsError; LakeUnsuited where DuckDB must read the lake.
        """
        folder = new_folder(target)
        if columns is not None:
            plan = narrowed(plan, columns)
        names = tuple(columns or plan.columns())
        evaluation = Evaluation(self._folder, plan, names, period=period, as_of=as_of)

        def write(number: int, each: Institutions, found: dict[str, Column]) -> int:
            size = len(each.ids)
            arrays = {
                "institution_id": _arrow(Column(each.ids), size),
                **{name: _arrow(found[name], size) for name in names},
            }
            pq.write_table(pa.table(arrays), folder / f"part-{number:05d}.parquet")
            return size

        try:
            return sum(self._each(evaluation, evaluation.institutions, write))
        except BaseException:
            for file in folder.glob("part-*.parquet"):
                file.unlink()
            raise

    def close(self) -> None:
        """Return at once: nothing stays open between two evaluations."""

    def _each(self, evaluation: Evaluation, chosen: Institutions, work: Work[Part]) -> list[Part]:
        """Do the work for every range, a stretch of ranges to a thread, and return the results in order."""
        size = self._per_range or _even(len(chosen.ids), self._threads)
        starts = range(0, len(chosen.ids), size)
        ranges = [(number, chosen[start : start + size]) for number, start in enumerate(starts)]
        share = max(1, -(-len(ranges) // self._threads))

        def stretch(start: int) -> list[Part]:
            mine = ranges[start : start + share]
            sheets = evaluation.sheets([each for _, each in mine])
            return [work(number, each, sheet) for (number, each), sheet in zip(mine, sheets, strict=True)]

        with ThreadPoolExecutor(self._threads) as pool:
            return [part for parts in pool.map(stretch, range(0, len(ranges), share)) for part in parts]


def _even(institutions: int, threads: int) -> int:
    """The size of ranges of which every thread gets as many; a small lake is one range."""
    if institutions <= _LEAST:
        return max(1, institutions)
    rounds = -(-institutions // (RANGE * threads))
    return -(-institutions // (rounds * threads))


def _arrow(column: Column, size: int) -> Any:
    """A column as Arrow takes it; null where unknown."""
    valid = None
    if column.unknown is not None:
        valid = pa.py_buffer(np.packbits(~np.broadcast_to(column.unknown, size), bitorder="little"))
    # not pa.array(): that imports pandas where it is installed, half a second for nothing
    values = np.ascontiguousarray(np.broadcast_to(column.values, size), np.int64)
    return pa.Array.from_buffers(pa.int64(), size, [valid, pa.py_buffer(values)])


def _listed(columns: dict[str, Column], size: int) -> dict[str, list[int | None]]:
    return {name: _arrow(column, size).to_pylist() for name, column in columns.items()}
