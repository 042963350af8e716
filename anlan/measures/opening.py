"""The way into a lake for everyone who does not care which engine reads it: ``open_lake(folder)``.

Runs (``anlan.measures.runs``) where the lake is sorted by institution and the extra `lake` is installed; DuckDB for every
other lake. Both give the same figures, so that the choice is a matter of time only; the log says what was chosen and why.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from anlan.kernel.period import Period
from anlan.measures.errors import LakeUnsuited
from anlan.measures.figures import FigureTable
from anlan.measures.lake import DuckDBLake
from anlan.measures.plan import Plan

if TYPE_CHECKING:
    from anlan.measures.runs.engine import RunLake

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


def open_lake(folder: Path | str, *, threads: int | None = None) -> Lake:
    """Return the lake, ready to evaluate plans; ``threads`` defaults to the machine's processors."""
    return Lake(folder, threads=threads)


class Lake:
    """One folder of Parquet files, read by the quickest engine that can read it."""

    def __init__(self, folder: Path | str, *, threads: int | None = None) -> None:
        self._folder, self._threads = Path(folder), threads

    def figures(
        self, plan: Plan, *, period: Period, as_of: datetime.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Return the plan's figures in memory; see ``evaluate``. For the nation prefer ``write``."""
        return self._answer(lambda engine: engine.figures(plan, period=period, as_of=as_of, institutions=institutions))

    def write(
        self,
        plan: Plan,
        *,
        period: Period,
        as_of: datetime.date,
        target: Path | str,
        columns: Sequence[str] | None = None,
    ) -> int:
        """Write the plan's figures as Parquet files into the folder ``target`` and return the number of institutions.

        ``columns`` limits them to those named: only what these need is read and reckoned.
        Shape:  columns institution_id and ``plan.columns()``, integers; files named in order of institution.
        Nulls:  null is no data or unknown.
        Raises: LakeIncomplete; FileExistsError when the folder holds Parquet files already.
        """
        return self._answer(
            lambda engine: engine.write(plan, period=period, as_of=as_of, target=target, columns=columns)
        )

    def close(self) -> None:
        """Free the engine's memory."""
        if "_duckdb" in self.__dict__:
            self._duckdb.close()

    def _answer(self, ask: Callable[[DuckDBLake | RunLake], Answer]) -> Answer:
        try:
            from anlan.measures.runs import engine  # of the extra `lake`; without it DuckDB is there
        except ImportError as error:
            _log.info("DuckDB reads the lake %s: %s", self._folder, error)
            return ask(self._duckdb)
        try:
            return ask(engine.RunLake(self._folder, threads=self._threads))
        except LakeUnsuited as error:
            _log.info("DuckDB reads the lake %s: %s", self._folder, error)
        return ask(self._duckdb)

    @cached_property
    def _duckdb(self) -> DuckDBLake:
        return DuckDBLake(self._folder, threads=self._threads)
