"""`anlan verify score.json --package PKG.zip`: recompute a sealed score offline and say what differs. `verify` calls it.

Needs nothing of the operator: a fresh ANLAN_HOME without a database will do. Without `--package`, the package is made from this
installation's own database.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.assessment.seal_format import Package
    from anlan.assessment.seal_verify import Verification

MARKS = {"holds": "✓", "waits": "…", "fails": "✗"}
CODES = {"holds": 0, "waits": 1, "fails": 2}
WORDS = {
    "holds": "Proven: the score follows from the sealed entries by the sealed rules.",
    "waits": "Not proven in full: what is marked … could not be checked yet.",
    "fails": "NOT PROVEN: what is marked ✗ differs from what was sealed.",
}


def verify_path(path: Path, args: argparse.Namespace) -> int:
    """Return 0 when the score is proven, 1 when something could not be checked yet, 2 when something differs."""
    from anlan.assessment.seal_format import BadSeal
    from anlan.assessment.seal_verify import verify_score
    from config.commands.verify_file import own_key_if

    raw = path.read_bytes()
    try:
        package = _package(args.package, raw)
        found = verify_score(raw, package, key=_key(args.key) or own_key_if(package.key))
    except BadSeal as error:
        _print(args, None, [{"name": "file", "outcome": "fails", "said": str(error)}], "fails")
        return 2
    steps = [{"name": step.name, "outcome": str(step.outcome), "said": step.said} for step in found.steps]
    _print(args, found.score, steps, str(found.outcome), withheld=_is_only_withheld(found))
    return CODES[str(found.outcome)]


def _is_only_withheld(found: "Verification") -> int:
    """Return how many records were withheld where nothing else waits or differs."""
    waiting = [step.name for step in found.steps if str(step.outcome) != "holds"]
    return found.withheld if waiting == ["points"] else 0


def _package(file: Path | None, raw: bytes) -> "Package":
    from anlan.assessment.seal_format import read_package

    if file is not None:
        return read_package(file.read_bytes())
    return _own_package(raw)


def _own_package(raw: bytes) -> "Package":
    """Make the package from our own database. Raises: BadInput when it knows no such seal."""
    import hashlib

    from anlan.assessment.models import Seal
    from anlan.assessment.seal_export import package_of
    from config.faults import BadInput
    from config.readiness import require_prepared

    require_prepared()
    seal = Seal.objects.filter(sha256=hashlib.sha256(raw).hexdigest()).first()
    if seal is None:
        raise BadInput("This installation did not publish this text. Give its package: --package FILE.zip.")
    return package_of(seal)


def _key(text: str) -> str:
    from config.arguments import text_of

    return text_of(Path(text)).strip() if text and Path(text).is_file() else text.strip()


def _print(
    args: argparse.Namespace, score: Any, steps: list[dict[str, str]], outcome: str, *, withheld: int = 0
) -> None:
    if args.json:
        told = {"file": args.target, "outcome": outcome, "steps": steps}
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if score is not None:
        totals, institution = score["totals"], score["institution"]
        print(f"Score of {institution['code']} {institution['name']['zh']}, {score['year']} as of {score['as_of']}")
        print(
            f"  {score['rubric']['code']}, edition {score['rubric']['edition']}; version {score['version']}, {score['kind']}"
        )
        print(f"  {totals['raw'] / 100:g} of {totals['applicable_max'] / 100:g} points")
    for step in steps:
        print(f"  {MARKS[step['outcome']]} {step['name']}: {step['said']}")
    print(WORDS[outcome] if not withheld else f"Proven; not recomputed, {withheld} records withheld.")
