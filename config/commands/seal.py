"""`anlan seal`: seal an institution's score of a year. Without `--publish` it only shows what would be sealed."""

import argparse
import json
from typing import TYPE_CHECKING

from config.arguments import day, require_begun, year

if TYPE_CHECKING:
    from anlan.assessment.seal import Draft
    from anlan.org.scope import Actor

HELP = "seal an institution's score: edition, figures, entries and checkpoint, fixed for good"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--rubric", default="qidong-2018", help="a rubric, a series (its edition of the year is taken), or a YAML file"
    )
    parser.add_argument("--year", type=year, required=True, help="the year that is scored")
    parser.add_argument("--institution", required=True, metavar="CODE", help="the institution's code")
    parser.add_argument(
        "--as-of", type=day, metavar="DATE", help="last day that counts (default: today, or the year's end)"
    )
    parser.add_argument("--self-check", action="store_true", help="the institution's own score, not the commission's")
    parser.add_argument("--reason", default="", help="why it is sealed anew, when the year is sealed already")
    parser.add_argument("--publish", action="store_true", help="store it; without this nothing is written")
    parser.add_argument("--as", dest="username", metavar="USERNAME", help="act as this person (default: the system)")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Draft, verify, and publish when asked to."""
    import datetime as dt

    from django.utils import timezone

    from anlan.assessment.models import Seal
    from anlan.assessment.seal import Wanted, draft, publish
    from anlan.ledger.entry import Origin
    from config.commands.import_sheet import acting_person, institution_of
    from config.faults import BadInput

    institution = institution_of(args.institution)
    today = timezone.localdate()
    if today.year < args.year:
        raise BadInput(f"The year {args.year} has not begun; there is nothing to seal.")
    as_of = args.as_of or min(today, dt.date(args.year, 12, 31))
    require_begun(args.year, as_of=as_of)
    wanted = Wanted(
        institution=institution,
        rubric=args.rubric,
        year=args.year,
        as_of=as_of,
        kind=Seal.Kind.SELF_CHECK if args.self_check else Seal.Kind.COMMISSION,
        reason=args.reason,
    )
    with acting_person(args.username) as by:
        _require(by, wanted.kind, institution)
        made = draft(wanted)
        seal = publish(made, by=by, at=timezone.now(), origin=Origin(kind="system")) if args.publish else None
    _print(made, seal.sha256 if seal else "", seal.version if seal else 0, as_json=args.json)
    return 0


def _require(by: "Actor", kind: str, institution: object) -> None:
    from anlan.assessment.seal_rights import require_to_seal

    require_to_seal(by, kind, institution=institution)  # type: ignore[arg-type]


def _print(made: "Draft", sha256: str, version: int, *, as_json: bool) -> None:
    data, sheet = made.data, made.sheet
    told = {
        "institution": data["institution"]["code"],
        "rubric": sheet.rubric.code,
        "edition": sheet.rubric.edition,
        "year": sheet.year,
        "as_of": data["as_of"],
        "kind": data["kind"],
        "raw": sheet.raw / 100,
        "applicable_max": sheet.applicable_max / 100,
        "records": data["records"]["count"],
        "entries": len(made.entries),
        "checkpoint": data["checkpoint"]["size"],
        "published": bool(sha256),
        "version": version,
        "sha256": sha256,
    }
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    print(
        f"{told['institution']} {told['year']} as of {told['as_of']}: {told['raw']:g} of {told['applicable_max']:g} points"
    )
    print(f"  edition {told['rubric']} {told['edition']}, {told['records']} records with {told['entries']} entries,")
    print(f"  all in the tree of the checkpoint over {told['checkpoint']} entries; recomputed from them: the same")
    if sha256:
        print(f"Sealed as version {version}. SHA-256 {sha256}")
    else:
        print("Nothing was written. Add --publish to seal it.")
