"""Verifying a receipt or a package for `anlan verify`, by the same file that travels with packages.

Where the file is of this installation's log, the log of today is asked too: does it still hold what it signed then?
"""

import argparse
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

LEVELS = ("proven", "waits", "differs")
DIFFERS = 2


def verify_path(path: Path, args: argparse.Namespace) -> int:
    """Verify the file and return the exit code."""
    from anlan.ledger.standalone.anlan_verify import Bad, verify_file
    from config.faults import BadInput

    own = own_key_if(_key_inside(path))
    try:
        found = verify_file(
            path,
            _text(args.key) or own,
            tuple(_text(one) for one in args.witness),
            _text(args.checkpoint),
            _text(args.offer),
        )
    except Bad as error:
        raise BadInput(f"The key cannot be used: {error}.") from error
    differs = _asked_of_the_log(path) if own and found.outcome != DIFFERS else ""
    outcome = DIFFERS if differs else found.outcome
    if args.json:
        print(json.dumps(_as_json(found, outcome, differs), ensure_ascii=False, indent=2))
    else:
        print("\n".join([*found.lines(), *([f"[异/DIFFERS] {differs}"] if differs else [])]))
    return outcome


def _text(value: str) -> str:
    """Return a line that was given, or the text of the file that it names."""
    from config.arguments import text_of

    return value if not value or "+" in value else text_of(Path(value)).strip("\n") + "\n"


def _key_inside(path: Path) -> str:
    """Return the key that the file names; empty where it names none."""
    from anlan.ledger.standalone.anlan_verify import Bad, load

    try:
        raw = _part(path, "manifest.json") if is_zipfile(path) else path.read_bytes()
        return str(load(raw)["log"]["key"])
    except (Bad, BadZipFile, KeyError, TypeError):
        return ""


def _part(path: Path, name: str) -> bytes:
    """Return one file of a package, which the verifier alone reads whole. Raises: BadZipFile, KeyError."""
    with ZipFile(path) as package:
        return package.read(name)


def own_key_if(key: str) -> str:
    """Return this installation's public key if a file names a key of this log, which then needs no `--key`; else nothing."""
    own = _own_key()
    return own if own.partition("+")[0] == key.partition("+")[0] else ""


def _own_key() -> str:
    """Return this installation's public key; empty where none was made yet. It makes none."""
    from django.conf import settings

    from anlan.ledger.signing import PUBLIC_FILE

    file = Path(settings.ANLAN_KEYS_FOLDER) / PUBLIC_FILE
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _asked_of_the_log(path: Path) -> str:
    """Return in plain words what our log says against a file of its own; empty when nothing."""
    from django.utils import timezone

    from anlan.flow.receipts import judge, stands_at
    from anlan.ledger.standalone.anlan_verify import load
    from anlan.org.scope import as_system

    with as_system("verify"):
        if not is_zipfile(path):
            return judge(load(path.read_bytes()), at=timezone.now()).differs
        return "" if stands_at(_part(path, "checkpoint.txt").decode()) else REWRITTEN


REWRITTEN = "The log was rewritten: its tree no longer begins with the tree of this package."


def _as_json(found: Any, outcome: int, differs: str) -> dict[str, Any]:
    names = ("level", "where", "id", "zh", "en")
    return {
        "outcome": LEVELS[outcome],
        "log": differs,
        "findings": [dict(zip(names, (LEVELS[one[0]], *one[1:]), strict=True)) for one in found.findings],
    }
