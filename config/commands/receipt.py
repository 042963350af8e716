"""`anlan receipt RECORD|IMPORT`: the receipt of a record's entry or of an import, as a file that proves it once the tree holds it."""

import argparse
import uuid
from pathlib import Path
from typing import Any

from config.arguments import count
from config.commands.record import add_institution, record_uid

HELP = "give out the receipt of a record or an import"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("record", metavar="RECORD|IMPORT", help="the record's uid or number, or the import's id")
    parser.add_argument("--version", type=count, metavar="N", help="the record's N-th entry (default: the newest)")
    add_institution(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to a file instead of printing it")


def run(args: argparse.Namespace) -> int:
    """Return 0 when the receipt is complete, 1 while its entry waits for the tree."""
    from anlan.ledger.receipt import receipt_text
    from anlan.org.scope import as_system

    with as_system("receipt"):
        receipt = _receipt(args)
    text = receipt_text(receipt)
    if args.out is None:
        print(text, end="")
    else:
        args.out.write_text(text, encoding="utf-8")
        words = "It is complete." if receipt["proof"] else "Its entry waits for the tree: ask again in a few seconds."
        print(f"{args.out} is written. {words}")
    return 0 if receipt["proof"] else 1


def _receipt(args: argparse.Namespace) -> dict[str, Any]:
    from django.utils import timezone

    from anlan.flow.receipts import NoReceipt, find_receipt
    from anlan.ledger.models import Entry

    try:
        return find_receipt(uuid.UUID(args.record), at=timezone.now())  # an import's or an entry's id
    except (ValueError, NoReceipt):
        pass
    record = record_uid(args.record, args.institution)
    entries = Entry.objects.filter(record_uid=record).order_by("-version")
    entry = (entries.filter(version=args.version) if args.version else entries).first()
    if entry is None:
        raise LookupError(f"The ledger holds no such entry of record {record}. Look at the record's timeline.")
    return find_receipt(entry.uid, at=timezone.now())
