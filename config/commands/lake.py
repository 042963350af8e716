"""`anlan lake`: write the Parquet lake from the live registers."""

import argparse

HELP = "write the Parquet lake from the live registers (needs the lake extra)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--folder", default="", help="where to (default: the folder lake of ANLAN_HOME)")


def run(args: argparse.Namespace) -> int:
    """Export and say how many rows."""
    from pathlib import Path

    from django.conf import settings

    from anlan.facts.lake import export_lake
    from anlan.org.access import note_export
    from anlan.org.scope import as_system

    folder = Path(args.folder) if args.folder else settings.HOME.lake
    with as_system("lake export") as system:
        rows = export_lake(folder, progress=lambda register, count: print(f"  {register:<28} {count:>9,}"))
        note_export(system, f"lake in {folder}", rows)
    print(f"{rows:,} rows in {folder}")
    return 0
