"""`anlan verify`: a record, a register, the log, or a file: receipt, package, sealed score. A file is told by what stands in it."""

import argparse
import importlib
import json
from pathlib import Path

from config.commands.record import add_institution
from config.faults import BadInput

HELP = "verify a record, a register, the whole log, a receipt, a package or a sealed score"
# What a file says of its own form → the module that verifies it: `verify_path(path, args)` returns the exit code.
FORMATS = {
    "anlan-receipt/1": "config.commands.verify_file",
    "anlan-archive/1": "config.commands.verify_file",
    "anlan-score/1": "config.commands.verify_score",
    "anlan-score/2": "config.commands.verify_score",
}
_ZIP = b"PK"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "target", nargs="?", metavar="RECORD|FILE", help="a record's uid or number, a receipt, a package, a score"
    )
    add_institution(parser)
    parser.add_argument("--register", metavar="CODE", help="every record of a register")
    parser.add_argument("--log", action="store_true", help="the whole log: contents, tree, heads and signatures")
    parser.add_argument(
        "--key", default="", help="for a file: the log's public key, as a line or a file (default: our own)"
    )
    parser.add_argument(
        "--witness", action="append", default=[], metavar="KEY", help="for a file: the public key of a witness"
    )
    parser.add_argument("--checkpoint", default="", metavar="FILE", help="for a file: a checkpoint that you kept")
    parser.add_argument(
        "--offer", default="", metavar="FILE", help="for a file: the proof that the log has grown from it"
    )
    parser.add_argument("--package", type=Path, metavar="ZIP", help="for a sealed score: the package of its records")
    parser.add_argument("--json", action="store_true", help="print JSON, for a record with the inclusion proofs")


def run(args: argparse.Namespace) -> int:
    """Return 0 when everything is proven, 1 when something still waits, 2 when something differs."""
    if sum(map(bool, (args.target, args.register, args.log))) != 1:
        raise BadInput("Name one thing to verify: a record, a file, --register CODE or --log.")
    if args.target is None:
        from config.commands.verify_many import verify_log_or_register

        return verify_log_or_register(args)
    path = Path(args.target)
    if path.exists() or path.suffix or len(path.parts) > 1:  # no record's number has a point or a slash
        with path.open("rb"):
            pass  # says by its name what is no file, or may not be read
        code: int = importlib.import_module(FORMATS[_format(path)]).verify_path(path, args)
        return code
    from config.commands.verify_record import verify_one

    return verify_one(args)


def _format(path: Path) -> str:
    """Return what a file says that it is. Raises: BadInput for one that says nothing that we know."""
    raw = path.read_bytes() if path.stat().st_size < 2**27 else b""
    with path.open("rb") as stream:
        is_zip = stream.read(2) == _ZIP
    if is_zip:
        return "anlan-archive/1"
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    said = data.get("format") if isinstance(data, dict) else None
    if said not in FORMATS:
        raise BadInput(f'"{path}" is neither a receipt, nor an archive package, nor a sealed score (its .json).')
    return str(said)
