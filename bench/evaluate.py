"""The lake engine against the scan floor: ``python bench/evaluate.py 1000000 [repeats]``.

Prints, as JSON, the medians of interleaved repeats in seconds and in CPU seconds, their ratio, and the peak memory of
each in a process of its own. The floor decodes the same columns and evaluates all predicates, without grouping.
"""

from __future__ import annotations

import datetime
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import anlan.measures.runs.engine  # noqa: F401  (imports are not timed; the product imports it when asked)
from anlan.kernel.period import Period
from anlan.measures.bindings import bindings
from anlan.measures.opening import open_lake
from anlan.measures.sql import Statement, lower, lower_scans
from bench.lake import folder_of, generate
from bench.workload import national_plan

YEAR, AS_OF = Period.year(2025), datetime.date(2026, 1, 10)
CONTENDERS = ("anlan", "single", "floor")


def run_anlan(institutions: int) -> None:
    """Write every figure and point of the nation as Parquet."""
    target = folder_of(institutions) / "figures"
    shutil.rmtree(target, ignore_errors=True)
    lake = open_lake(folder_of(institutions), threads=2)
    assert lake.write(national_plan(), period=YEAR, as_of=AS_OF, target=target) == institutions


def run_single(institutions: int) -> None:
    """One statement for all institutions, as one would write it by hand, into a Parquet file."""
    connection, plan = _connect(institutions), national_plan()
    statement = lower(plan, "duckdb", is_closed=True)
    target = folder_of(institutions) / "single.parquet"
    connection.execute(f"COPY ({statement.text}) TO '{target}' (FORMAT parquet)", _values(statement))


def run_floor(institutions: int) -> None:
    """Decode the same columns and evaluate the same predicates, grouping nothing."""
    connection, plan = _connect(institutions), national_plan()
    for statement in lower_scans(plan, "duckdb", is_closed=True):
        text = re.sub(r"GROUP BY\s+institution_id", "", statement.text)
        text = text.replace("institution_id,", "SUM(institution_id),", 1)
        text = text.replace("COUNT(DISTINCT staff_no)", "BIT_XOR(HASH(staff_no))")
        connection.execute(text, _values(statement)).fetchall()


def _connect(institutions: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false")
    folder, plan = folder_of(institutions), national_plan()
    tables = {scan.register.table: scan.register.code for scan in plan.scans}
    for table, code in (*tables.items(), (plan.schema.institution.table, "institution")):
        connection.execute(f"CREATE TEMP VIEW {table} AS FROM read_parquet('{folder}/{code}.parquet')")
    return connection


def _values(statement: Statement) -> dict[str, object]:
    return dict(bindings(statement.parameters, period=YEAR, as_of=AS_OF))


def measure(name: str, institutions: int) -> dict[str, float]:
    """Run one contender once in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, str(institutions), "--one", name], capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def one(name: str, institutions: int) -> None:
    """Run the contender and print seconds, CPU seconds and peak memory."""
    contender = {"anlan": run_anlan, "single": run_single, "floor": run_floor}[name]
    national_plan()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    contender(institutions)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": _peak_megabytes()}))


def _peak_megabytes() -> float:
    """The process's own peak; ``ru_maxrss`` would carry over its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def check_equal(institutions: int) -> None:
    """Refuse to time contenders that disagree: every column of every institution is compared."""
    run_anlan(institutions)
    run_single(institutions)
    folder = folder_of(institutions)
    ours, theirs = f"'{folder}/figures/*.parquet'", f"'{folder}/single.parquet'"
    query = f"SELECT (SELECT count(*) FROM (FROM {ours} EXCEPT FROM {theirs})), (SELECT count(*) FROM {ours})"
    assert duckdb.execute(query).fetchone() == (0, institutions)


def main() -> None:
    """Compare the contenders on the lake of N institutions."""
    institutions, repeats = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    generate(institutions, folder_of(institutions))
    check_equal(institutions)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        for name in CONTENDERS:
            runs[name].append(measure(name, institutions))
    medians = {
        name: {key: round(statistics.median(run[key] for run in each), 3) for key in each[0]}
        for name, each in runs.items()
    }
    ratios = {
        f"anlan/{name}": {key: round(medians["anlan"][key] / medians[name][key], 2) for key in ("seconds", "cpu")}
        for name in CONTENDERS[1:]
    }
    print(
        json.dumps({"institutions": institutions, "repeats": repeats, "medians": medians, "ratios": ratios}, indent=2)
    )


if __name__ == "__main__":
    if "--one" in sys.argv:
        one(sys.argv[3], int(sys.argv[1]))
    else:
        main()
