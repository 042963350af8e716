"""`anlan check`: is this installation whole? Declarations, rubrics, every entry of the ledger against its hashes, and the tree."""

import argparse

HELP = "check declarations and rubrics, and rehash every ledger entry and the tree"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing is wrong, 2 otherwise."""
    import json

    from config.soundness import all_findings

    findings = all_findings()
    if args.json:
        print(json.dumps({"findings": findings}, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"- {finding['place']}: {finding['fault']}")
        print("Nothing is wrong." if not findings else f"{len(findings)} finding(s).")
    return 2 if findings else 0
