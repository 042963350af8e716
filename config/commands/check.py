"""`anlan check`: is this installation whole? Declarations, rubrics, the ledger against its hashes and tree, rows against entries."""

import argparse
import sys
import time
from collections.abc import Callable

HELP = "check declarations and rubrics, rehash the ledger and its tree, compare every row with its entries"
SECONDS_BETWEEN = 1.0
NOT_LOOKED_AT = (
    "Not looked at: rows, files and seals that no entry since then touched, entries and tiles before it, stored sheets and the access "
    "log. What somebody changed there is found by the whole check and by the running audit."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--declarations", action="store_true", help="only declarations and rubrics; this needs no database"
    )
    parser.add_argument(
        "--since",
        metavar="POSITION[:HASH]",
        help="only what followed a clean check, which printed this place; with the hash it is proved that the log goes on from there",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing is wrong, 2 otherwise. Raises: NotPrepared, since of no database nothing can be said."""
    import json

    findings, place = _look(args)
    if args.json:
        print(json.dumps({"findings": findings, "place": place}, ensure_ascii=False, indent=2))
        return 2 if findings else 0
    for finding in findings:
        print(f"- {finding['place']}: {finding['fault']}")
    print("Nothing is wrong." if not findings else f"{len(findings)} finding(s).")
    if args.since and not args.declarations:
        print(NOT_LOOKED_AT)
    if not args.declarations:
        _print_since()
        print(_of_audit())
    if place:
        print(f"To look only at what follows from here: anlan check --since {place}")
    return 2 if findings else 0


def _look(args: argparse.Namespace) -> tuple[list[dict[str, str]], str | None]:
    """Return the findings, and where a check of what follows may begin; null unless this one is clean."""
    from config.soundness import all_findings, declared_findings, findings_since

    if args.declarations:
        return declared_findings(), None
    from anlan.ledger.check_tree import newest_point, point_of_this_log
    from anlan.org.scope import as_system
    from config.readiness import require_prepared

    require_prepared()
    with as_system("check of what followed"):
        end = newest_point()  # before anything is read: what comes meanwhile is looked at the next time
        since = point_of_this_log(args.since) if args.since else None
    told = _progress() if sys.stderr.isatty() else None
    findings = all_findings(progress=told) if since is None else findings_since(since)
    return findings, str(end) if not findings and end.size else None


def _of_audit() -> str:
    """Say when the worker last went through everything, and how long that took."""
    from anlan.flow.audit import walk_of_audit

    walk = walk_of_audit()
    if walk is None or walk.ended_at is None:
        return "The running audit has not ended a whole turn yet."
    return (
        f"The running audit ended its last whole turn at {walk.ended_at:%Y-%m-%d %H:%M} UTC after {walk.took} hours: "
        f"{walk.ended_seen:,} compared in {walk.ended_rounds:,} rounds of {walk.milliseconds} ms."
    )


def _print_since() -> None:
    """Say since when the organisation is proven, and which content was changed since: no faults, but nobody shall miss them."""
    from django.utils import timezone

    from anlan.org.baseline import baseline_at
    from anlan.org.content_changes import change_lines, content_changes
    from anlan.org.scope import as_system

    with as_system("check"):
        since, changes = baseline_at(), list(content_changes())
    if since is not None:
        print(f"Units, people, posts and imports are proven from {timezone.localdate(since):%Y-%m-%d} on.")
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
