"""`anlan import`: check a sheet against a register and write its rows, all or nothing."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.language import add_language, speaking
from config.progress import bar

HELP = "import a sheet (XLSX or CSV) into a register, all rows or none"
_SHOWN = 30
_CODES = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("register", metavar="REGISTER", help="code of the register; `anlan registers` lists them")
    parser.add_argument("file", metavar="FILE", type=Path, help="the sheet, .xlsx or .csv")
    parser.add_argument("--institution", metavar="CODE", required=True, help="code of the institution")
    parser.add_argument("--dry-run", action="store_true", help="check only; write nothing")
    parser.add_argument("--errors", metavar="OUT.xlsx", type=Path, help="write your rows with the bad cells marked")
    add_language(parser, "the marks in OUT.xlsx", default="zh")
    parser.add_argument(
        "--as", dest="username", metavar="USERNAME", help="act as this person, with their rights (default: the system)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Check, and unless told otherwise write. Returns 1 when a cell has to be mended first."""
    from anlan.exchange.check import check
    from anlan.exchange.commit import commit
    from anlan.exchange.errors import ExchangeError
    from anlan.flow.spec import find_register
    from config.faults import BadInput

    spec = find_register(args.register)
    institution = institution_of(args.institution)
    raw = args.file.read_bytes()
    try:
        with acting_person(args.username) as by:
            with bar("checking", quiet=args.json) as progress:
                checked = check(spec, institution, raw, name=args.file.name, by=by, progress=progress)
            if args.errors and checked.report.problems:
                with speaking(
                    args.language
                ):  # a fault's words are fixed when its cell is checked: once more, in theirs
                    _write_errors(check(spec, institution, raw, name=args.file.name, by=by), args.errors)
            batch = None
            if checked.report.is_ready and not args.dry_run:
                with bar("writing", quiet=args.json) as progress:
                    batch = commit(checked, by=by, progress=progress)
    except ExchangeError as error:
        raise BadInput(f"{error.message} [{error.code}]") from error
    _print(checked.report, batch, as_json=args.json, is_dry=args.dry_run)
    return 0 if checked.report.is_ready else 1


def institution_of(code: str) -> Any:
    """Return the institution. Raises: LookupError, naming codes that there are, the nearest first."""
    from difflib import get_close_matches

    from anlan.org.models import Institution

    found = Institution.objects.select_related("unit").filter(code=code).first()
    if found is None:
        codes = list(Institution.objects.order_by("code").values_list("code", flat=True))
        near = get_close_matches(code, codes, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known codes: {', '.join(codes[:_CODES]) or 'none yet'}."
        raise LookupError(f'There is no institution "{code}". {hint}')
    return found


@contextmanager
def acting_person(username: str | None) -> Iterator[Any]:
    """Let a person act, or the system when no name is given. Raises: BadInput for an unknown name."""
    from django.utils import timezone

    from anlan.org.models import Person
    from anlan.org.posts import actor_for
    from anlan.org.scope import acting, as_system
    from config.faults import BadInput

    if not username:
        with as_system("command line") as by:
            yield by
        return
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise BadInput(f'There is no person with the user name "{username}".')
    with acting(actor_for(person, today=timezone.localdate())) as by:
        yield by


def _write_errors(checked: Any, out: Path) -> None:
    from anlan.exchange.mending import mending_file

    out.write_bytes(mending_file(checked))


def _print(report: Any, batch: Any, *, as_json: bool, is_dry: bool) -> None:
    if as_json:
        data = report.as_data(limit=None) | {
            "dry_run": is_dry,
            "batch": str(batch.uid) if batch else None,
            "written": report.ready if batch else 0,
        }
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    from rich.table import Table

    from config.tables import console as console_of_width

    console = console_of_width()
    if report.problems:
        table = Table()
        for heading in ("Cell", "Column", "Value", "What is wrong", "Expected"):
            table.add_column(heading, overflow="fold")  # an ellipsis would hide what to do
        for problem in report.problems[:_SHOWN]:
            table.add_row(problem.place, problem.label, problem.value, problem.what, problem.expected)
        console.print(table)
        if len(report.problems) > _SHOWN:
            console.print(
                f"… and {len(report.problems) - _SHOWN} more; --errors OUT.xlsx marks them all, --json lists them."
            )
    for note in report.notes:
        rows = (
            f" (rows {', '.join(map(str, note.rows))}{' …' if note.count > len(note.rows) else ''})"
            if note.rows
            else ""
        )
        console.print(f"Note: {note.text}{rows}")
    states = ", ".join(f"{state} {count}" for state, count in report.states.items())
    console.print(
        f"{report.rows} rows, {report.ready} without a fault, {report.blank} blank, {report.examples} example. {states}"
    )
    if batch:
        console.print(f"Written: {report.ready} records, {report.steps} steps; import {batch.uid}.")
        console.print(f"`anlan receipt {batch.uid}` gives the receipt.")
    else:
        console.print(
            "Nothing was written: "
            + ("this was a dry run." if report.is_ready else "mend the cells above and run it again.")
        )
