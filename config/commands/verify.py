"""`anlan verify RECORD`: does the ledger still prove this record? Prints each step in plain words, or the proof as JSON."""

import argparse
import uuid
from typing import Any

from config.commands import verify_score

HELP = "verify a record against the ledger's newest checkpoint, or a sealed score from its package"
MARKS = {"holds": "✓", "waits": "…", "fails": "✗"}
SHOWN = 5
CODES = {"holds": 0, "waits": 1, "fails": 2}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("record", help="the record's uid, or its number; or the score.json of a sealed score")
    parser.add_argument("--institution", default="", help="the institution's code, where several use the number")
    parser.add_argument("--json", action="store_true", help="print JSON, with the inclusion proofs")
    verify_score.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Return 0 when everything is proven, 1 when something still waits for the sequencer, 2 when something fails."""
    if verify_score.is_score(args.record):
        return verify_score.run(args)
    import json

    from anlan.ledger.verify import verify_record
    from anlan.org.scope import as_system

    with as_system("verify"):
        proof = verify_record(_uid(args.record, args.institution))
    if args.json:
        print(json.dumps(_as_json(proof), ensure_ascii=False, indent=2))
    else:
        _print(proof)
    return CODES[proof.outcome]


def _uid(text: str, institution: str) -> uuid.UUID:
    """Return the uid that a uid or a number means. Raises: BadInput when a number means none or several."""
    from anlan.flow.spec import all_registers
    from config.faults import BadInput

    try:
        return uuid.UUID(text)
    except ValueError:
        pass
    within = {"institution__code": institution} if institution else {}
    found = [
        (record.uid, record.institution.code, spec.code)
        for spec in all_registers()
        for record in spec.model.objects.filter(number=text, **within).select_related("institution")
    ]
    if not found:
        raise BadInput(f'No record has the number "{text}". Give its uid, or the number as its page shows it.')
    if len(found) > 1:
        told = ", ".join(f"{code} {register}" for _, code, register in found[:SHOWN])
        raise BadInput(
            f'{len(found)} records have the number "{text}": {told}{" …" if len(found) > SHOWN else ""}. '
            "Name one with --institution, or give its uid."
        )
    uid: uuid.UUID = found[0][0]
    return uid


def _print(proof: Any) -> None:
    print(f"Record {proof.record_uid}")
    for step in proof.steps:
        _line(step, indent=2)
    for entry in proof.entries:
        print(f"  Version {entry.version}, step {entry.step}, entry {entry.uid}")
        for step in entry.steps:
            _line(step, indent=4)
    words = {
        "holds": "Proven: every entry stands in the tree as it was written.",
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
