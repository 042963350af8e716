"""Verifying one record for `anlan verify`: prints each step in plain words, or the proof as JSON."""

import argparse
import json
from typing import Any

from config.commands.record import record_uid

MARKS = {"holds": "✓", "waits": "…", "fails": "✗"}
CODES = {"holds": 0, "waits": 1, "fails": 2}


def verify_one(args: argparse.Namespace) -> int:
    """Verify the record that the arguments name and return the exit code."""
    from anlan.flow.proof import prove_record
    from anlan.org.scope import as_system
    from config.readiness import require_prepared

    require_prepared()
    with as_system("verify"):
        proof = prove_record(record_uid(args.target, args.institution))
    if args.json:
        print(json.dumps(_as_json(proof), ensure_ascii=False, indent=2))
    else:
        _print(proof)
    return CODES[proof.outcome]


def _print(proof: Any) -> None:
    print(f"Record {proof.record_uid}")
    for step in proof.steps:
        _line(step, indent=2)
    for entry in proof.entries:
        print(f"  Version {entry.version}, step {entry.step}, entry {entry.uid}")
        for step in entry.steps:
            _line(step, indent=4)
    words = {
        "holds": "Proven: every entry stands in the tree as it was written, and the row says what they say.",
        "waits": "Not proven yet: run this again in a few seconds. If it stays so, see that `anlan worker` or `anlan serve` runs.",
        "fails": "NOT PROVEN: what is marked ✗ was changed, or is wanting.",
    }
    print(words[proof.outcome])


def _line(step: Any, *, indent: int) -> None:
    print(f"{' ' * indent}{MARKS[step.outcome]} {step.name}: {step.said}")


def _as_json(proof: Any) -> dict[str, Any]:
    return {
        "record": str(proof.record_uid),
        "outcome": proof.outcome,
        "checkpoint": proof.checkpoint,
        "tree_size": proof.size,
        "steps": [_step(step) for step in proof.steps],
        "entries": [
            {
                "version": entry.version,
                "step": entry.step,
                "uid": str(entry.uid),
                "position": entry.position,
                "leaf": entry.leaf.hex(),
                "inclusion": [part.hex() for part in entry.proof],
                "steps": [_step(step) for step in entry.steps],
            }
            for entry in proof.entries
        ],
    }


def _step(step: Any) -> dict[str, str]:
    return {"name": step.name, "outcome": step.outcome, "said": step.said}
