"""`anlan witness`: witness other logs, and have one's own witnessed by files where networks are apart."""

import argparse
import sys
from pathlib import Path
from typing import Any

from config.arguments import count, text_of

HELP = "witness other logs, or exchange checkpoints with a witness by file"
DONE, BAD_INPUT, REFUSED = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    doing = parser.add_subparsers(title="what to do", dest="doing", metavar="WHAT", required=True)
    doing.add_parser("key", help="print this node's public key as a witness; give it to the logs").set_defaults(do=_key)
    log = doing.add_parser("add-log", help="witness a log from now on")
    log.add_argument("name", help="the log's name, as its key says it")
    log.add_argument("key", help="the line in the log's keys/ledger-ed25519.pub")
    log.set_defaults(do=_add_log)
    offer = doing.add_parser("offer", help="write the newest checkpoint for a witness into a file")
    offer.add_argument("file", type=Path, metavar="OFFER", help="the file to write; carry it to the witness")
    offer.add_argument("--witness", default="", metavar="NAME", help="the witness's name, where there are several")
    offer.add_argument(
        "--from",
        dest="old",
        type=count,
        metavar="SIZE",
        help="the size that the witness cosigned last, if we do not know it",
    )
    offer.set_defaults(do=_offer)
    cosign = doing.add_parser("cosign", help="as a witness: judge an offer and write the cosigned checkpoint")
    cosign.add_argument("file", type=Path, metavar="OFFER", help="the file that a log brought")
    cosign.add_argument("out", type=Path, metavar="ANSWER", help="the file to write; the log takes it back")
    cosign.set_defaults(do=_cosign)
    accept = doing.add_parser("accept", help="take the file that came back from a witness")
    accept.add_argument("out", type=Path, metavar="ANSWER", help="the file that the witness wrote")
    accept.set_defaults(do=_accept)


def run(args: argparse.Namespace) -> int:
    """Do it. Returns 0 when done, 1 when something must be mended first, 2 when a witness refuses or the log contradicts itself."""
    from config.readiness import require_prepared

    if args.do in (_offer, _cosign, _accept):
        require_prepared()
    code: int = args.do(args)
    return code


def _key(args: argparse.Namespace) -> int:
    from anlan.ledger.cosignature import own_cosigner

    print(own_cosigner().key)
    return DONE


def _add_log(args: argparse.Namespace) -> int:
    from anlan.ledger.witness import add_log

    is_new = add_log(args.name, args.key)
    print(f"{args.name} is {'now' if is_new else 'already'} witnessed here.")
    return DONE


def _offer(args: argparse.Namespace) -> int:
    from anlan.ledger.witnessed import make_offer

    old = args.old if args.old is not None else _last_size(args.witness)
    offer = make_offer(old=old)
    args.file.write_text(str(offer), encoding="utf-8")
    print(f"{args.file}: the newest checkpoint, with the proof from {old} entries. Carry it to the witness.")
    return DONE


def _last_size(name: str) -> int:
    """Return what a witness of ours cosigned last. Raises: BadInput when it is not clear which witness is meant."""
    from anlan.ledger.models import Witness
    from anlan.ledger.witnessed import configured_witnesses
    from config.faults import BadInput

    names = [one.key.name for one in configured_witnesses()]
    if name and name not in names:
        raise BadInput(f'"{name}" is no witness in ANLAN_WITNESSES. Known: {", ".join(names) or "none"}.')
    if not name and len(names) > 1:
        raise BadInput(f"Several witnesses are known: {', '.join(names)}. Name one with --witness.")
    meant = name or next(iter(names), "")
    known: Any = Witness.objects.filter(pk=meant).values_list("size", flat=True).first()
    return int(known or 0)


def _cosign(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from anlan.ledger.witness import Verdict, add_checkpoint

    answer = add_checkpoint(text_of(args.file), now=timezone.now())
    if answer.newest:
        args.out.write_text(answer.newest, encoding="utf-8")
    if answer.verdict is Verdict.COSIGNED:
        print(f"{args.out}: cosigned. Carry it back to the log; `anlan witness accept` takes it.")
        return DONE
    print(f"anlan: not cosigned ({answer.verdict.value}): {answer.text.strip()}", file=sys.stderr)
    if answer.newest:
        print(
            f"{args.out}: what was cosigned last. At the log, `anlan witness accept` compares; then offer again.",
            file=sys.stderr,
        )
    return REFUSED


def _accept(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from anlan.ledger.errors import LedgerError
    from anlan.ledger.witnessed import accept

    try:
        names = accept(text_of(args.out), now=timezone.now())
    except LedgerError as error:
        if error.code != "ledger.E033":
            raise
        print(f"anlan: {error} [{error.code}]", file=sys.stderr)
        return REFUSED
    print(f"Cosigned by {', '.join(names)}.")
    return DONE
