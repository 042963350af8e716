"""`anlan restore`: a backup into a new home."""

import argparse
import shlex
from pathlib import Path

HELP = "restore a backup into a new home"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup; its folder `files` must lie beside it")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="HOME", help="a folder that is empty or does not exist"
    )
    parser.add_argument(
        "--database-url", default="", metavar="URL", help="for a backup of PostgreSQL: an empty database"
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key of the backups (default ANLAN_BACKUP_KEY)")


def run(args: argparse.Namespace) -> int:
    """Restore and say how to start it."""
    from config.backup.restore import restore
    from config.backup.server import url_of
    from config.backup.work import end_on_sigterm
    from config.faults import BadInput
    from config.home import Home, database_from_url

    if args.to.is_file():
        raise BadInput(f'"{args.to}" is a file. Name a folder that is empty or does not exist.')
    end_on_sigterm()
    manifest = restore(args.file, args.to.resolve(), database_url=args.database_url, key=args.key)
    head = manifest["head"]
    print(
        f"Restored the backup of {manifest['made_at']}: {sum(manifest['counts'].values()):,} rows, {len(manifest['files'])} files."
    )
    print(f"Tree head: {head['size']} entries, root {head['root'] or 'none'}. `anlan check` proves it:")
    named = ["ANLAN_HOME=" + shlex.quote(str(args.to.resolve()))]
    if args.database_url:
        database = database_from_url(args.database_url, Home(path=args.to))
        named.append("ANLAN_DATABASE_URL=" + shlex.quote(url_of(database, with_password=False)))
        if database["PASSWORD"]:
            print("  export PGPASSWORD=…    # the password is not printed; or put it into the URL or ~/.pgpass")
    print(f"  {' '.join(named)} anlan check")
    return 0
