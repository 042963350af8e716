"""`anlan organisation`: make or change a whole tree of units, people and posts from one file, all or nothing."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from config.organisation.carry_out import Outcome
    from config.organisation.declared import Problem

HELP = "make commissions, institutions, departments, people and posts from a file (YAML or XLSX), all or nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the organisation, .yaml or .xlsx")
    parser.add_argument("--dry-run", action="store_true", help="check only; write nothing")
    parser.add_argument(
        "--as", dest="username", metavar="USERNAME", help="act as this administrator (default: the system)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Read, carry out and print the new accounts once. Returns 1 when the file has faults."""
    import hashlib

    from anlan.ledger.entry import Origin
    from config.commands.import_sheet import acting_person
    from config.organisation.carry_out import carry_out
    from config.organisation.declared import Faulty
    from config.organisation.read import read
    from config.prepare import prepare

    if args.file.suffix.lower() not in (".yaml", ".yml", ".xlsx"):
        from config.faults import BadInput

        raise BadInput(f'"{args.file.name}" is neither .yaml nor .xlsx.')
    digest = hashlib.sha256(args.file.read_bytes()).hexdigest()
    prepare(lambda _text: None, with_demo=False)
    try:
        with acting_person(args.username) as by:
            origin = Origin(kind="import", file_sha256=digest)
            outcome = carry_out(read(args.file), by=by, origin=origin, is_dry=args.dry_run)
    except Faulty as error:
        _print_problems(error.problems, as_json=args.json)
        return 1
    _print(outcome, is_dry=args.dry_run, as_json=args.json)
    return 0


def _print_problems(problems: "tuple[Problem, ...]", *, as_json: bool) -> None:
    import sys

    if as_json:
        print(json.dumps({"problems": [asdict(one) for one in problems]}, ensure_ascii=False, indent=2))
        return
    for one in problems:
        print(f"{one.place}: {one.message}", file=sys.stderr)
    print(f"anlan: {len(problems)} fault(s) in the file; nothing was written.", file=sys.stderr)


def _print(outcome: "Outcome", *, is_dry: bool, as_json: bool) -> None:
    counts: dict[str, Any] = dict(sorted(outcome.counts.items()))
    if as_json:
        accounts = [asdict(account) for account in outcome.accounts]
        said = {"dry_run": is_dry, "counts": counts, "accounts": accounts}
        said |= {"waiting": [asdict(one) for one in outcome.waiting]}
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return
    done = ", ".join(f"{name} {count}" for name, count in counts.items()) or "nothing declared"
    print(f"{'Checked, nothing written' if is_dry else 'Done'}: {done}.")
    if outcome.accounts:
        _print_accounts(outcome)
    if outcome.waiting:
        _print_waiting(outcome)


def _print_waiting(outcome: "Outcome") -> None:
    from rich.table import Table

    from config.tables import console

    table = Table("User name", "Role", "Unit", "First half of the password", header_style="bold")
    for one in outcome.waiting:
        table.add_row(one.username, one.role, one.unit, one.first_half)
    console().print(table)
    print("These posts take two people. An officer approves them on screen within a day and gets the second half.")


def _print_accounts(outcome: "Outcome") -> None:
    from rich.table import Table

    from config.tables import console

    table = Table("User name", "One-time password", "Name", "Unit", header_style="bold")
    for account in outcome.accounts:
        table.add_row(account.username, account.password, account.name, account.unit)
    console().print(table)
    print("Each password serves for one sign-in and is shown only here. `anlan account USERNAME` gives a new one.")
