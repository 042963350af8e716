"""The tree against plain hashing, and its proofs from ten million stored leaves against pymerkle's SQLite tree.

``python -m bench.ledger_tree [leaves]`` prints JSON. Both trees lie in SQLite files on the same disk. A proof of ours is cold each time:
nothing is remembered between two of them but what SQLite itself keeps. pymerkle keeps its own cache of subroots; its first
proof, which fills it, is left out of its median.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.database import start

LEAVES, BATCH, ROUNDS = 10_000_000, 65_536, 200
LEAF_BYTES = 64  # as long as the two hashes of an inner node, so that one leaf costs one hash of the same kind


def measure(leaves: int = LEAVES) -> dict[str, Any]:
    """Return rates in leaves a second and times of proofs in milliseconds."""
    start("sqlite", demo=False)
    return {"leaves": leaves, **append_rates(min(leaves, 1_000_000)), **proofs(leaves)}


def append_rates(count: int, repeats: int = 5) -> dict[str, float]:
    """Return the rate of adding leaf hashes to the tree in the sequencer's batches, and of hashing the leaves themselves.

    Both by CPU time: nothing waits here, and other work on the machine must not decide.
    """
    from anlan.ledger.sequencer import BATCH as SEQUENCED
    from anlan.ledger.tiles import Edge

    contents = [number.to_bytes(LEAF_BYTES, "big") for number in range(count)]
    plain, grown = [], []
    for _ in range(repeats):
        began = time.process_time()
        hashes = [sha256(b"\x00" + content).digest() for content in contents]
        plain.append(count / (time.process_time() - began))
        edge = Edge(0, _no_tile)
        began = time.process_time()
        for first in range(0, count, SEQUENCED):
            edge.append(hashes[first : first + SEQUENCED])
        grown.append(count / (time.process_time() - began))
    ratios = [ours / theirs for ours, theirs in zip(grown, plain, strict=True)]
    return {
        "plain_rate": statistics.median(plain),
        "append_rate": statistics.median(grown),
        "append_share": statistics.median(ratios),
    }


def proofs(leaves: int) -> dict[str, Any]:
    """Load both trees, compare roots and a proof, then time proofs at random places."""
    from anlan.ledger.store import stored_consistency, stored_inclusion, stored_tree
    from anlan.ledger.tree import root, verify_consistency, verify_inclusion

    ours_seconds = _load_ours(leaves)
    theirs, theirs_seconds, file = _load_theirs(leaves)
    top, dice = root(stored_tree(), leaves), random.Random(20251120)
    assert theirs.get_root(leaves) == top, "the two trees differ"

    def include(index: int) -> None:
        proof = stored_inclusion(index, leaves)
        assert verify_inclusion(_leaf(index), index=index, size=leaves, proof=proof, root=top)

    def go_on(old: int) -> None:
        stored_consistency(old, leaves)

    _check_consistency(leaves, top, verify_consistency, stored_consistency)
    first = _timed(lambda: theirs.prove_inclusion(1, leaves))
    places = [dice.randrange(leaves) for _ in range(ROUNDS)]
    ours = [_timed(lambda place=place: include(place)) for place in places]
    other = [_timed(lambda place=place: theirs.prove_inclusion(place + 1, leaves)) for place in places[:20]]
    consistent = [_timed(lambda place=place: go_on(place + 1)) for place in places]
    return {
        "ours_load_s": ours_seconds,
        "pymerkle_load_s": theirs_seconds,
        "ours_mb": _size(_database()),
        "pymerkle_mb": _size(file),
        "inclusion_ms": 1000 * statistics.median(ours),
        "pymerkle_first_ms": 1000 * first,
        "pymerkle_inclusion_ms": 1000 * statistics.median(other),
        "inclusion_times": statistics.median(other) / statistics.median(ours),
        "consistency_ms": 1000 * statistics.median(consistent),
        "consistency_p95_ms": 1000 * sorted(consistent)[int(0.95 * len(consistent))],
    }


def _check_consistency(leaves: int, top: bytes, verify: Callable[..., bool], prove: Callable[..., list[bytes]]) -> None:
    from anlan.ledger.store import stored_tree
    from anlan.ledger.tree import root

    old = leaves * 2 // 3
    assert verify(old=old, new=leaves, old_root=root(stored_tree(), old), new_root=top, proof=prove(old, leaves)), (
        "a consistency proof of ours does not verify"
    )


def _load_ours(leaves: int) -> float:
    from django.db import transaction

    from anlan.ledger.store import write_tiles
    from anlan.ledger.tiles import Edge

    began = time.perf_counter()
    edge = Edge(0, _no_tile)
    for first in range(0, leaves, 16 * BATCH):
        with transaction.atomic():
            for start_at in range(first, min(first + 16 * BATCH, leaves), BATCH):
                write_tiles(edge.append([_leaf(index) for index in range(start_at, min(start_at + BATCH, leaves))]))
    return time.perf_counter() - began


def _load_theirs(leaves: int) -> tuple[Any, float, Path]:
    """Fill pymerkle's own table through its own bulk method; its file goes with the bench's home."""
    from django.conf import settings
    from pymerkle import SqliteTree

    file = settings.HOME.path / "pymerkle.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA journal_mode = WAL")
    tree = SqliteTree(str(file))
    began = time.perf_counter()
    tree.append_entries(_contents(leaves))
    return tree, time.perf_counter() - began, file


def _contents(leaves: int) -> Iterator[bytes]:
    return (index.to_bytes(8, "big") for index in range(leaves))


def _leaf(index: int) -> bytes:
    return sha256(b"\x00" + index.to_bytes(8, "big")).digest()


def _no_tile(level: int, index: int) -> bytes:
    raise LookupError(f"{level}/{index}")


def _database() -> Path:
    from django.conf import settings

    return Path(settings.DATABASES["default"]["NAME"])


def _size(file: Path) -> float:
    return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*")) / 1e6


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else LEAVES)))
