"""One institution on the live database: what a write with the whole score after it costs against the write alone.

``python -m bench.live sqlite|postgresql [pairs]`` prints JSON. The two kinds alternate, so that both see
the same machine; the ratio is 1 + score / write, over all the writes. What a repeat wrote is taken away after it: a hospital
does not report a thousand hazards on one day.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.database import hospital, only_for_now, start, writer

LIMITS = {"sqlite": 2.0, "postgresql": 3.0}


def measure(database: str, *, pairs: int = 100, repeats: int = 5) -> dict[str, Any]:
    """Return the median of the repeats' ratios, and medians in milliseconds."""
    start(database, demo=True)
    from anlan.assessment.load import load_rubric
    from anlan.assessment.score import score_institutions
    from anlan.facts.live import live_engine

    institution, actor = hospital()
    write, rubric, engine = writer(institution, actor), load_rubric("qidong-2018"), live_engine()

    def score() -> Any:
        table = score_institutions(
            rubric, year=2025, as_of=dt.date(2025, 11, 20), engine=engine, institutions=[institution.pk]
        )
        return table.sheet(institution.pk)

    before = score().rule("A4-k2")
    for _ in range(10):
        write()
        assert len(score().categories) == 8
    assert score().rule("A4-k2").outcome == "awaits_person" or before.outcome == "scored"
    writes: list[list[float]] = []
    scores: list[list[float]] = []
    for _ in range(repeats):
        with only_for_now():
            pairs_of_times = [_pair(write, score, number) for number in range(pairs)]
        writes.append([seconds for alone, followed, _ in pairs_of_times for seconds in (alone, followed)])
        scores.append([seconds for _, _, seconds in pairs_of_times])
    ratios = [1 + statistics.median(s) / statistics.median(w) for w, s in zip(writes, scores, strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "write_ms": 1000 * statistics.median(itertools.chain.from_iterable(writes)),
        "score_ms": 1000 * statistics.median(itertools.chain.from_iterable(scores)),
    }


def _pair(write: Callable[[], Any], score: Callable[[], Any], number: int) -> tuple[float, float, float]:
    """Time a write alone and one with a score after it, in turns first: a commit costs more after a pause."""
    first = time.perf_counter()
    write()
    second = time.perf_counter()
    if number % 2:
        write()
        third = time.perf_counter()
        score()
        return second - first, third - second, time.perf_counter() - third
    score()
    third = time.perf_counter()
    write()
    return time.perf_counter() - third, second - first, third - second


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], pairs=int(sys.argv[2]) if len(sys.argv) > 2 else 100)))
