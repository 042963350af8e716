"""One institution on the live database: what a write with the whole score after it costs against the write alone.

``python -m bench.live sqlite|postgresql [pairs]`` prints JSON. The two kinds alternate, so that both see the same machine.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import statistics
import sys
import time
from typing import Any

from bench.database import hospital, start, writer

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
    alone: list[list[float]] = []
    both: list[list[float]] = []
    scores: list[float] = []
    for _ in range(repeats):
        alone.append([])
        both.append([])
        for _ in range(pairs):
            first = time.perf_counter()
            write()
            second = time.perf_counter()
            write()
            third = time.perf_counter()
            score()
            fourth = time.perf_counter()
            alone[-1].append(second - first)
            both[-1].append(fourth - second)
            scores.append(fourth - third)
    ratios = [statistics.median(b) / statistics.median(a) for a, b in zip(alone, both, strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "write_ms": 1000 * statistics.median(itertools.chain.from_iterable(alone)),
        "score_ms": 1000 * statistics.median(scores),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], pairs=int(sys.argv[2]) if len(sys.argv) > 2 else 100)))
