"""`anlan keys`: which keys encrypt columns and files, how much lies under each, and their rotation while Anlan runs."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.org.jobs import Job

HELP = "show the keys of encrypted columns and files, rotate them on line, encrypt plain files, retire old keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what",
        choices=("status", "rotate", "encrypt", "retire"),
        nargs="?",
        default="status",
        help="what to do (default status: show them)",
    )
    parser.add_argument("--now", action="store_true", help="with rotate and encrypt: renew here, not in the worker")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def run(args: argparse.Namespace) -> int:
    """Do it; 2 when something is encrypted under a key that is missing."""
    from anlan.org import keys

    said: dict[str, Any] = {}
    if args.what in ("rotate", "encrypt"):
        job = keys.rotate() if args.what == "rotate" else keys.renew_again()
        said["job"] = str(job.uid)
        if args.now:
            said["renewed"] = _renew_here(job, quiet=args.json)
    elif args.what == "retire":
        said["still_used"] = list(keys.retire())
    uses, unknown = keys.key_uses(), keys.unknown_total()
    said["keys"] = [{"id": use.id, "current": use.is_current, "values": use.total, "used": use.used} for use in uses]
    said["unknown"] = unknown
    print(json.dumps(said, ensure_ascii=False, indent=2)) if args.json else _print(said)
    return 2 if unknown else 0


def _renew_here(job: "Job", *, quiet: bool) -> int:
    """Carry out the renewal in this process. A worker that runs beside may have taken the job already; both are safe."""
    from django.utils import timezone

    from anlan.org.jobs import Job, run_next
    from config.language import as_on_pages

    with as_on_pages():
        while Job.objects.filter(pk=job.pk, state=Job.State.WAITING).exists() and run_next(now=timezone.now()):
            pass
    job.refresh_from_db()
    if job.state == Job.State.FAILED and not quiet:
        print(f"The renewal failed: {job.error}")
    return int((job.result or {}).get("renewed", 0))


def _print(said: dict[str, Any]) -> None:
    for key in said["keys"]:
        mark = "current" if key["current"] else "old"
        print(f"{key['id']:14} {mark:8} {key['values']:>10,} values")
        for name, count in key["used"].items():
            print(f"    {name:50} {count:>10,}")
    if said["unknown"]:
        print(f"{said['unknown']:,} values lie under keys that are missing. Restore the keys from a backup.")
    if "renewed" in said:
        print(f"{said['renewed']:,} values were renewed. Old keys are retired a minute later, once nothing uses them.")
    elif "job" in said:
        print(
            "The worker renews the values; `anlan keys` shows how far it is. The old key is retired when nothing uses it."
        )
    if said.get("still_used"):
        print(f"Still in use: {', '.join(said['still_used'])}. They are not retired.")
