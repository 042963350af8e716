"""What the audit costs: a hazard through ``perform`` against the same Django insert without it; imports against single writes.

``python -m bench.write sqlite|postgresql [pairs]`` prints JSON. The kinds alternate.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from typing import Any

from bench.database import NOON, VALUES, hospital, start, writer

LIMIT, RATE_LIMIT = 2.5, 5.0
BATCH = 2_000


def measure(database: str, *, pairs: int = 200, repeats: int = 5) -> dict[str, Any]:
    """Return the medians of the repeats' ratios, and medians in milliseconds."""
    start(database, demo=True)
    from django.db import transaction

    from anlan.flow.perform import History, Move, perform_many
    from anlan.flow.spec import find_register
    from anlan.ledger.entry import Origin
    from anlan.org.scope import acting, as_system

    institution, actor = hospital()
    model = find_register("hazard").model
    write = writer(institution, actor)
    model_row = write()
    columns = {
        field.attname: getattr(model_row, field.attname)
        for field in model._meta.concrete_fields
        if field.attname not in ("id", "uid", "number")
    }
    count = 0

    def plain() -> None:
        nonlocal count
        count += 1
        with as_system("benchmark"), transaction.atomic():
            model(number=f"P-{count}", **columns).save(force_insert=True)

    def imported() -> None:
        move = Move(step="report", by=actor, at=NOON + dt.timedelta(hours=1), data=VALUES)
        with acting(actor):
            histories = [History(record=model(institution=institution), moves=(move,)) for _ in range(BATCH)]
            perform_many(histories, origin=Origin(kind="import", file_sha256="0" * 64))

    for _ in range(20):
        write()
        plain()
    imported()
    ratios, rates, audited_ms, plain_ms, imported_ms = [], [], [], [], []
    for _ in range(repeats):
        audited, bare = [], []
        for _ in range(pairs):
            first = time.perf_counter()
            write()
            second = time.perf_counter()
            plain()
            third = time.perf_counter()
            audited.append(second - first)
            bare.append(third - second)
        first = time.perf_counter()
        imported()
        each = (time.perf_counter() - first) / BATCH
        ratios.append(statistics.median(audited) / statistics.median(bare))
        rates.append(statistics.mean(audited) / each)
        audited_ms.append(1000 * statistics.median(audited))
        plain_ms.append(1000 * statistics.median(bare))
        imported_ms.append(1000 * each)
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "rate": statistics.median(rates),
        "rates": rates,
        "audited_ms": statistics.median(audited_ms),
        "plain_ms": statistics.median(plain_ms),
        "imported_ms": statistics.median(imported_ms),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], pairs=int(sys.argv[2]) if len(sys.argv) > 2 else 200)))
