"""`anlan restore-drill`: does the newest backup restore, and is it what was backed up?"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

HELP = "restore the newest backup into a temporary place and prove it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="another backup than the newest")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key of the backups (default ANLAN_BACKUP_KEY)")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Return 0 when everything holds, 2 otherwise."""
    from django.conf import settings

    from config.backup.restore import drill, newest_file
    from config.backup.work import end_on_sigterm

    end_on_sigterm()
    file = args.file or newest_file(Path(settings.ANLAN_BACKUP_FOLDER))
    proof = drill(file, key=args.key)
    if args.json:
        print(json.dumps({**asdict(proof), "made_at": proof.made_at.isoformat(), "file": str(file)}))
    else:
        size, root = proof.head
        print(f"{file.name} of {proof.made_at:%Y-%m-%d %H:%M} UTC: {proof.rows:,} rows, {proof.files} files.")
        print(f"{proof.entries:,} entries rehashed; the tree of {size:,} rebuilt, root {root or 'none'}.")
        for fault in proof.faults:
            print(f"- {fault}")
        print(
            f"{'It holds' if not proof.faults else 'It does not hold'}. Restored and proven in {proof.seconds:.1f} s."
        )
    return 2 if proof.faults else 0
