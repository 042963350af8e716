"""`anlan backup`: an encrypted backup of database, keys and evidence while Anlan runs."""

import argparse
import json
import sys
from pathlib import Path

from config.arguments import count

HELP = "back up database, keys and evidence while Anlan runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where to (default ANLAN_BACKUP_TO, or backups in the home)"
    )
    parser.add_argument(
        "--keep", type=count, metavar="N", help="how many to keep (default ANLAN_BACKUP_KEEP; 0 keeps all)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Make one and say where it is."""
    from django.conf import settings

    from config.backup.make import backup
    from config.backup.work import end_on_sigterm
    from config.readiness import require_tables

    end_on_sigterm()
    require_tables()  # one of an older version is backed up too: that is what one does before the migrations
    made = backup(args.to, keep=args.keep, say=lambda text: print(f"anlan: {text}", file=sys.stderr))
    size, root, _ = made.head
    if args.json:
        said = {"file": str(made.file), "bytes": made.size, "head": [size, root], "files": made.files}
        print(json.dumps({**said, "new_files": made.new_files, "dropped": made.dropped, "seconds": made.seconds}))
        return 0
    print(f"{made.file}  {made.size:,} bytes in {made.seconds:.1f} s; {made.new_files} of {made.files} files were new.")
    print(f"Tree head: {size} entries, root {root or 'none'}.")
    if made.dropped:
        print(f"Dropped: {', '.join(made.dropped)}.")
    if made.is_new_key:
        print(
            f"Its key was made now: {settings.ANLAN_BACKUP_KEY}. Keep a copy elsewhere; without it no backup can be read."
        )
    return 0
