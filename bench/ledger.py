"""The ledger's figures in one run: writers and sequencer on PostgreSQL, the tree and its proofs on SQLite. `python -m bench ledger`.

Each part is a process of its own, one after the other. The limits are those of docs/performance.md, "The ledger".
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.ledger_tree import LEAVES

Say = Callable[..., dict[str, Any]]
WRITES, CHAIN, SEQUENCER, APPEND, INCLUSION, CONSISTENCY_MS = 0.75, 5.0, 10.0, 0.8, 500.0, 1.0


def compare(say: Say, *, quick: bool, repeats: int) -> dict[str, Any]:
    """Run both parts, print each figure against its limit and return them. `say` takes what is measured and the most it may be."""
    writes = _process("ledger_writes", "1" if quick else "5", "1" if quick else str(repeats))
    tree = _process("ledger_tree", "20000" if quick else str(LEAVES))
    at = f"{tree['leaves']:,} leaves"
    lines = [
        say("the same writes without hashing / audited, 32 clients", 1 / writes["share_of_unhashed"], 1 / WRITES),
        say("chain per tenant / audited, one hot tenant, 32 clients", 1 / writes["times_the_chain"], 1 / CHAIN),
        say("the same with 1 ms between statements", 1 / writes["times_the_chain_apart"], 1 / CHAIN),
        say("sustained rate of 8 writers / sequencer", 1 / writes["times_sustained"], 1 / SEQUENCER),
        say("plain SHA-256 of the leaves / tree append", 1 / tree["append_share"], 1 / APPEND),
        say(f"inclusion proof / pymerkle's, {at}", 1 / tree["inclusion_times"], 1 / INCLUSION),
        say(f"consistency proof, cold, {at}", tree["consistency_ms"], CONSISTENCY_MS, "ms"),
    ]
    rates = ", ".join(f"{kind} {rate:,.0f}" for kind, rate in writes["rates"].items())
    print(
        f"    writes a second: {rates}; 8 writers {writes['sustained']:,.0f}, sequencer {writes['sequencer_alone']:,.0f}"
    )
    print(f"    tree {tree['append_rate']:,.0f} leaves a CPU second, plain hashing {tree['plain_rate']:,.0f}")
    print(f"    inclusion {tree['inclusion_ms']:.2f} ms, pymerkle {tree['pymerkle_inclusion_ms']:.0f} ms")
    print(f"    files {tree['ours_mb']:.0f} MB, pymerkle {tree['pymerkle_mb']:.0f} MB")
    return {"writes": writes, "tree": tree, "limits": lines}


def _process(module: str, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{module}", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
