"""`anlan export-score`: write a sealed score and the package from which anyone can recompute it."""

import argparse
from pathlib import Path

from config.arguments import count, year

HELP = "write score.json of a sealed score and its package for `anlan verify`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--institution", required=True, metavar="CODE", help="the institution's code")
    parser.add_argument("--year", type=year, required=True, help="the year that was scored")
    parser.add_argument("--rubric", default="", help="code of the rubric, where several were sealed")
    parser.add_argument("--self-check", action="store_true", help="the institution's own score, not the commission's")
    parser.add_argument("--version", type=count, default=0, help="which seal of the year (default: the newest)")
    parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where to (default: here)")


def run(args: argparse.Namespace) -> int:
    """Write two files and say what they are for."""
    from anlan.assessment.models import Seal
    from anlan.assessment.seal_export import package_of
    from anlan.assessment.seal_format import write_package
    from config.commands.import_sheet import institution_of
    from config.faults import BadInput

    institution_of(args.institution)
    kind = Seal.Kind.SELF_CHECK if args.self_check else Seal.Kind.COMMISSION
    seals = Seal.objects.filter(institution__code=args.institution, year=args.year, kind=kind)
    seals = seals.filter(rubric=args.rubric) if args.rubric else seals
    seals = seals.filter(version=args.version) if args.version else seals
    seal = seals.order_by("-version").first()
    if seal is None:
        raise BadInput(f"No such score of {args.institution}, {args.year} is sealed. `anlan seal --publish` seals one.")
    args.out.mkdir(parents=True, exist_ok=True)
    stem = f"score-{args.institution}-{seal.rubric}-{seal.year}-{seal.kind}-v{seal.version}"
    score, package = args.out / f"{stem}.json", args.out / f"{stem}.zip"
    score.write_bytes(seal.document.encode())
    package.write_bytes(write_package(package_of(seal)))
    print(f"{score}\n{package}")
    print("The package holds the records in full: give it only to those who may read them.")
    print(f"Check: anlan verify {score} --package {package} --key LINE")
    return 0
