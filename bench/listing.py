"""A register's list page in a register of many records: the view through Django's test client, and the query alone.

``python -m bench.listing sqlite|postgresql ROWS`` fills a register with that many hazards of one hospital and then answers
each line on its input with the seconds of one page and of one query. ``compare`` runs two of them in turn.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.database import hospital, start, writer

LIMIT = 1.5
PAGES = 20


def serve(database: str, rows: int) -> None:
    """Fill the register, then measure on request."""
    start(database, demo=True)
    from django.test import Client
    from django.urls import reverse

    from anlan.flow.reading import list_records
    from anlan.flow.spec import find_register
    from anlan.org.models import Person
    from anlan.org.scope import acting

    institution, actor = hospital()
    record = writer(institution, actor)()
    fill(record, rows)
    person = Person.objects.get(username="li")
    Person.objects.filter(pk=person.pk).update(must_change_password=False)
    client = Client()
    client.force_login(Person.objects.get(username="li"), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("web:list", kwargs={"place": institution.code, "year": 2025, "register": "hazard"})
    spec = find_register("hazard")
    for _ in range(5):
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.headers.get('Location', '')}"
    assert answer.content.count(b"/registers/hazard/") > 20, "the page lists no records"
    print("ready", flush=True)
    for _line in sys.stdin:
        first = time.perf_counter()
        for _ in range(PAGES):
            client.get(address)
        second = time.perf_counter()
        with acting(actor):
            for _ in range(PAGES):
                list_records(spec, institution)
        third = time.perf_counter()
        print(json.dumps({"page": (second - first) / PAGES, "query": (third - second) / PAGES}), flush=True)


def fill(record: Any, rows: int) -> None:
    """Copy the record until the institution has so many, two per minute number of the year's days, each with its own receipt."""
    from django.db import connection, transaction

    meta = type(record)._meta
    names = [
        field.column for field in meta.concrete_fields if field.column not in ("id", "uid", "number", "occurred_on")
    ]
    listed = ", ".join(names)
    if connection.vendor == "sqlite":
        source = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) "
        values = "lower(hex(randomblob(16))), 'X-' || i, date('2025-01-01', '+' || (i % 320) || ' days')"
        origin = "n"
    else:
        source, origin = "", f"generate_series(1, {rows}) AS n(i)"
        values = "gen_random_uuid(), 'X-' || i, DATE '2025-01-01' + (i % 320)"
    columns = ", ".join(f"r.{name}" for name in names)
    with transaction.atomic(), connection.cursor() as cursor:
        into = f"INSERT INTO {meta.db_table} (uid, number, occurred_on, {listed}) "
        cursor.execute(
            f"{into}{source}SELECT {values}, {columns} FROM {meta.db_table} AS r, {origin} WHERE r.id = {record.pk}"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def compare(database: str, *, small: int = 1_000, large: int = 1_000_000, repeats: int = 5) -> dict[str, Any]:
    """Return the medians of the repeats' ratios of large against small, page and query, and milliseconds."""
    servers = [_Server(database, rows) for rows in (small, large)]
    try:
        for server in servers:
            server.wait_until_ready()
        runs = [[server.ask() for server in servers] for _ in range(repeats)]
    finally:
        for server in servers:
            server.end()
    result: dict[str, Any] = {}
    for what in ("page", "query"):
        ratios = [each[1][what] / each[0][what] for each in runs]
        result |= {
            f"{what}_ratio": statistics.median(ratios),
            f"{what}_ratios": ratios,
            f"{what}_small_ms": 1000 * statistics.median(each[0][what] for each in runs),
            f"{what}_large_ms": 1000 * statistics.median(each[1][what] for each in runs),
        }
    return result


class _Server:
    """One filled database in a process of its own."""

    def __init__(self, database: str, rows: int) -> None:
        command = [sys.executable, "-m", "bench.listing", database, str(rows)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_until_ready(self) -> None:
        while (line := self._read()) != "ready":
            print(line)

    def ask(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._read())
        return found

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The list server ended with {self._process.wait()}; its messages stand above.")
        return line.strip()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
