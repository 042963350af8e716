"""`anlan check`: is this installation whole? Declarations, rubrics, the ledger against its hashes and tree, rows against entries."""

import argparse
import sys
import time
from collections.abc import Callable

HELP = "check declarations and rubrics, rehash the ledger and its tree, compare every row with its entries"
SECONDS_BETWEEN = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--declarations", action="store_true", help="only declarations and rubrics; this needs no database"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing is wrong, 2 otherwise. Raises: NotPrepared, since of no database nothing can be said."""
    import json

    from config.readiness import require_prepared
    from config.soundness import all_findings, declared_findings

    if args.declarations:
        findings = declared_findings()
    else:
        require_prepared()
        findings = all_findings(progress=_progress() if sys.stderr.isatty() else None)
    if args.json:
        print(json.dumps({"findings": findings}, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"- {finding['place']}: {finding['fault']}")
        if not args.declarations:
            _print_since()
        print("Nothing is wrong." if not findings else f"{len(findings)} finding(s).")
    return 2 if findings else 0


def _print_since() -> None:
    """Say since when the organisation is proven, and which content was changed since: no faults, but nobody shall miss them."""
    from anlan.org.baseline import baseline_at
    from anlan.org.content_changes import change_lines, content_changes
    from anlan.org.scope import as_system

    with as_system("check"):
        since, changes = baseline_at(), list(content_changes())
    if since is not None:
        print(f"Units, people, posts and imports are proven from {since:%Y-%m-%d} on.")
    for change in changes:
        print("\n".join(change_lines(change)))


def _progress() -> Callable[[str, int], None]:
    """Return what tells a person at a terminal how far the comparison of rows is, once a second."""
    told = time.monotonic()

    def tell(what: str, count: int) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN:
            told = time.monotonic()
            print(f"  compared with the ledger: {what}, {count:,}", file=sys.stderr, flush=True)

    return tell
