"""`anlan template`: write the spreadsheet that people fill for a register."""

import argparse
from pathlib import Path

from config.language import LANGUAGES, add_language

HELP = "write the spreadsheet template of a register"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("register", metavar="REGISTER", help="code of the register; `anlan registers` lists them")
    parser.add_argument("out", metavar="OUT.xlsx", type=Path, help="file to write")
    parser.add_argument("--institution", metavar="CODE", help="offer this institution's records in the dropdowns")
    add_language(parser, "the headings", default="zh")


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    from anlan.exchange.template import write_template
    from anlan.flow.spec import find_register
    from anlan.org.scope import as_system
    from config.commands.import_sheet import institution_of
    from config.faults import BadInput
    from config.readiness import require_prepared

    spec = find_register(args.register)
    if args.out.suffix.lower() != ".xlsx":
        raise BadInput(f'"{args.out}" must end in .xlsx; the template is an Excel workbook.')
    institution = None
    if args.institution:
        require_prepared()
        institution = institution_of(args.institution)
    with as_system("command line"), args.out.open("wb") as stream:
        write_template(spec, stream, language=LANGUAGES[args.language], institution=institution)
    print(f"{args.out}: template of {spec.code}.")
    return 0
