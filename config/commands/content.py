"""`anlan content`: what the ledger was told of parameters, rubrics, law and measures, what differs, and why it may."""

import argparse
import json
from dataclasses import asdict

HELP = "show what changed in parameters, rubrics, law and measures; tell the ledger why a file differs"
LEAST_REASON = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--accept",
        metavar="REASON",
        help="tell the ledger what differs without a new release, and why; the change stays in sight",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Return 0 when the files are what the ledger was told, 2 otherwise."""
    from anlan.org.content_changes import change_lines, content_changes
    from anlan.org.scope import as_system
    from config.content_entries import accept_content, drift_of_content
    from config.faults import BadInput

    if args.accept is not None and len(args.accept.strip()) < LEAST_REASON:
        raise BadInput("Say why the files differ: --accept REASON, in a few words.")
    with as_system("content on the command line"):
        accepted = accept_content(args.accept.strip()) if args.accept is not None else ()
        told, differs = list(content_changes()), drift_of_content().drifts
    if args.json:
        said = {
            "accepted": accepted,
            "changes": [asdict(one) for one in told],
            "differs": [one.column for one in differs],
        }
        print(json.dumps(said, ensure_ascii=False, indent=2, default=str))
        return 2 if differs else 0
    for one in told:
        print("\n".join(change_lines(one)))
    for drift in differs:
        print(f"DIFFERS  {drift.column}: the disk says {drift.row_says}, the ledger was told {drift.entries_say}")
    if not differs:
        print("Parameters, rubrics, law and measures are what the ledger was told.")
    return 2 if differs else 0
