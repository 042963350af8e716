"""`anlan archive`: records of one institution with their proofs in one file that proves itself without this server."""

import argparse
import json
from pathlib import Path
from typing import Any

from config.arguments import year
from config.commands.import_sheet import acting_person, institution_of
from config.progress import bar

HELP = "write records with their entries and proofs to a package that proves itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("out", metavar="OUT.zip", type=Path, help="the package to write")
    parser.add_argument("--institution", metavar="CODE", required=True, help="code of the institution")
    parser.add_argument("--register", metavar="CODE", help="one register (default: all that may be read)")
    parser.add_argument("--year", type=year, metavar="Y", help="records of one year (default: of all years)")
    parser.add_argument("--evidence", action="store_true", help="with the evidence files")
    parser.add_argument(
        "--as",
        dest="username",
        metavar="USERNAME",
        help="as this person may read (default: the system, sealed columns too)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Write the package and say what it holds."""
    from anlan.exchange.archive.contents import Wanted
    from anlan.exchange.archive.write import write_archive
    from anlan.flow.spec import all_registers, find_register
    from config.faults import BadInput

    if args.out.is_dir() or not args.out.parent.is_dir():
        raise BadInput(f'"{args.out}" cannot be written: name a file in a folder that is there.')
    registers = (find_register(args.register),) if args.register else all_registers()
    wanted = Wanted(
        institution=institution_of(args.institution), registers=registers, year=args.year, evidence=args.evidence
    )
    with acting_person(args.username) as by, bar("writing", quiet=args.json) as progress:
        written = write_archive(wanted, args.out, by=by, progress=progress)
    _print(args, written)
    return 0


def _print(args: argparse.Namespace, written: Any) -> None:
    if args.json:
        print(json.dumps({"file": str(args.out), "bytes": written.size, **written.counts}))
        return
    told = ", ".join(f"{count} {name}" for name, count in written.counts.items() if count)
    print(f"{args.out}: {told or 'no records'}; {written.size:,} bytes.")
    print(f"Verify it anywhere: python3 anlan_verify.py {args.out.name} --key KEY (the verifier lies inside).")
