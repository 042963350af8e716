"""Anlan itself: the rubric file, compiled by the product and evaluated over the lake by its own engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

import anlan.measures.runs.engine  # noqa: F401  (imports are part of nobody's time; the product imports it when asked)
from anlan.measures.lake import DuckDBLake
from anlan.measures.opening import open_lake
from bench.rubric import AS_OF, COLUMNS, PERIOD, scored


def run(folder: Path, target: Path) -> None:
    """Write the deliverable's columns out of the plan of the whole sheet."""
    shutil.rmtree(target, ignore_errors=True)
    lake = open_lake(folder, threads=2)
    lake.write(scored().plan, period=PERIOD, as_of=AS_OF, target=target, columns=tuple(COLUMNS))


def run_sheet(folder: Path, target: Path) -> None:
    """Write the whole sheet: every figure, amount, outcome, deduction and proposal, some 360 columns."""
    shutil.rmtree(target, ignore_errors=True)
    lake = open_lake(folder, threads=2)
    lake.write(scored().plan, period=PERIOD, as_of=AS_OF, target=target)


def run_duckdb(folder: Path, target: Path) -> None:
    """Write the deliverable's columns as for a lake that is not sorted: by DuckDB."""
    shutil.rmtree(target, ignore_errors=True)
    lake = DuckDBLake(folder, threads=2)
    lake.write(scored().plan, period=PERIOD, as_of=AS_OF, target=target, columns=tuple(COLUMNS))


def deliverable(folder: Path) -> duckdb.DuckDBPyRelation:
    """Return the deliverable's columns out of a whole sheet."""
    names = ", ".join(f'"{ours}" AS {name}' for ours, name in COLUMNS.items())
    return duckdb.sql(f"SELECT institution_id, {names} FROM '{folder}/*.parquet'")
