"""Verifying a whole register or the whole log for `anlan verify`: counts what holds, names what does not."""

import argparse
import json
from typing import Any

from config.commands.verify_record import CODES, MARKS
from config.progress import bar

SHOWN = 50


def verify_log_or_register(args: argparse.Namespace) -> int:
    """Verify what the arguments name and return the exit code."""
    from anlan.flow.proof import rows_against
    from anlan.ledger.audit import verify_log, verify_register
    from anlan.org.scope import as_system
    from config.readiness import require_prepared

    require_prepared()
    with as_system("verify"), bar("verifying", quiet=args.json) as progress:
        if args.log:
            audit = verify_log(progress=progress)
        else:
            place = _institution(args.institution)
            audit = verify_register(args.register, place, progress=progress)
            audit.faults += rows_against(args.register, place)
    if args.json:
        print(json.dumps(_as_json(audit), ensure_ascii=False, indent=2))
    else:
        _print(audit)
    return CODES[audit.outcome]


def _institution(code: str) -> int | None:
    from config.commands.import_sheet import institution_of

    return int(institution_of(code).pk) if code else None


def _print(audit: Any) -> None:
    print(f"{MARKS[audit.checkpoint.outcome]} checkpoint: {audit.checkpoint.said}")
    for where, what in audit.faults[:SHOWN]:
        print(f"{MARKS['fails']} {where}: {what}")
    if len(audit.faults) > SHOWN:
        print(f"… and {len(audit.faults) - SHOWN} more; --json lists them all.")
    told = ", ".join(f"{count} {name}" for name, count in audit.counts.items())
    words = {
        "holds": f"Proven: {told}.",
        "waits": f"Not all proven yet: {told}; {audit.waiting} entries wait for the tree. Run this again in a few seconds.",
        "fails": f"NOT PROVEN: {told}; {len(audit.faults)} faults.",
    }
    print(words[audit.outcome])


def _as_json(audit: Any) -> dict[str, Any]:
    return {
        "outcome": audit.outcome,
        "checkpoint": {"outcome": audit.checkpoint.outcome, "said": audit.checkpoint.said},
        "counts": audit.counts,
        "waiting": audit.waiting,
        "faults": [{"where": where, "what": what} for where, what in audit.faults],
    }
