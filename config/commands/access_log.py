"""`anlan access-log`: check the access log against the ledger, or end what the law no longer asks to be kept."""

import argparse

from config.arguments import count

HELP = "check the access log against the ledger, or prune what is old enough"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("check", "prune"), help="what to do")
    parser.add_argument(
        "--keep-days",
        type=count,
        metavar="N",
        default=0,
        help="prune: for how many days rows stay (default: the least)",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when done or whole, 2 when rows differ from what the ledger vouches for."""
    from django.utils import timezone

    from anlan.org.access_keeping import prune, retention_days, rewritten
    from anlan.org.scope import as_system

    with as_system("access log") as system:
        if args.action == "prune":
            keep = args.keep_days or retention_days(today=timezone.localdate())
            print(f"{prune(by=system, keep_days=keep)} row(s) older than {keep} days deleted.")
            return 0
        faults = list(rewritten())
    for where, fault in faults:
        print(f"- rows {where}: {fault}")
    print(f"{len(faults)} finding(s)." if faults else "Every digested row is as the ledger says.")
    return 2 if faults else 0
