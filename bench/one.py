"""One engine, once, in a process of its own: ``python -m bench.one ENGINE N`` prints seconds, CPU seconds and peak memory.

Imports are not counted; everything from the rubric file (ours) or the program text (theirs) to the written deliverable is.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.lake import folder_of

ENGINES = {
    "anlan": ("bench.peers.anlan_lake", "run"),
    "anlan, whole sheet": ("bench.peers.anlan_lake", "run_sheet"),
    "anlan, DuckDB": ("bench.peers.anlan_lake", "run_duckdb"),
    "hand SQL": ("bench.peers.duckdb_sql", "run"),
    "scan floor": ("bench.peers.duckdb_sql", "run_floor"),
    "polars": ("bench.peers.polars_lazy", "run"),
    "openfisca": ("bench.peers.openfisca_core", "run"),
    "pandas": ("bench.peers.pandas_frames", "run"),
}
NEEDS = {"polars": ("polars",), "openfisca": ("openfisca_core", "pyarrow", "numpy"), "pandas": ("pandas", "pyarrow")}


def engine(name: str) -> Callable[[Path, Path], None]:
    """Return the engine's function of (lake folder, target)."""
    module, function = ENGINES[name]
    found: Callable[[Path, Path], None] = getattr(importlib.import_module(module), function)
    return found


def missing(name: str) -> str:
    """Return the package that the engine needs and that is not installed; empty when all are there."""
    return next((package for package in NEEDS.get(name, ()) if importlib.util.find_spec(package) is None), "")


def target_of(name: str, institutions: int) -> Path:
    """Return where the engine leaves its deliverable."""
    return folder_of(institutions) / "results" / name.replace(", ", "-").replace(" ", "-")


def run(name: str, institutions: int) -> dict[str, float]:
    """Run the engine once and return seconds, CPU seconds and peak megabytes of this process."""
    function, target = engine(name), target_of(name, institutions)
    target.parent.mkdir(exist_ok=True)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    function(folder_of(institutions), target)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak_megabytes()}


def peak_megabytes() -> float:
    """The process's own peak. ``ru_maxrss`` starts from that of the process which started this one; the kernel's does not."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_orm(institutions: int) -> dict[str, float]:
    """Score a sample by the ORM and return seconds per institution; refuse to go on when a score differs."""
    import duckdb

    from bench.peers.orm_loop import prepare, score

    folder_of(institutions).joinpath("results").mkdir(exist_ok=True)
    sample = prepare(folder_of(institutions), folder_of(institutions) / "results" / "orm.sqlite3")
    score(*sample[0])
    started = time.perf_counter()
    found = {row[0]: score(*row) for row in sample}
    seconds = (time.perf_counter() - started) / len(sample)
    file = target_of("hand SQL", institutions)
    columns = "a1, a2, a3, a4, a5, a6, a7, a8, raw"
    listed = ", ".join(str(institution) for institution in found)
    rows = duckdb.sql(
        f"SELECT institution_id, {columns} FROM read_parquet('{file}') WHERE institution_id IN ({listed})"
    ).fetchall()
    wrong = [row[0] for row in rows if tuple(row[1:]) != found[row[0]]]
    assert len(rows) == len(sample), "some institutions of the sample have no score"
    assert not wrong, f"the ORM loop disagrees on institutions {wrong[:5]}"
    return {"seconds": seconds * institutions, "cpu": seconds * institutions, "peak_mb": peak_megabytes()}


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    chosen, size = sys.argv[1], int(sys.argv[2])
    print(json.dumps(run_orm(size) if chosen == "ORM loop" else run(chosen, size)))
