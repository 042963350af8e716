"""Writes a package. `anlan archive` and the job behind the button call `write_archive`; the reader acts meanwhile."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from anlan.exchange.archive.container import Container, Target
from anlan.exchange.archive.contents import Part, Progress, Wanted
from anlan.exchange.archive.readme import README, register_table
from anlan.exchange.errors import NotReady
from anlan.flow.evidence import open_evidence
from anlan.ledger.models import TreeHead
from anlan.ledger.receipt import signed_head
from anlan.ledger.signing import own_signer
from anlan.ledger.standalone import anlan_verify
from anlan.ledger.store import log_hash
from anlan.org.access import note_export
from anlan.org.policy import require
from anlan.org.scope import Actor, acting
from anlan.vault.errors import BrokenSeal, FileGone

FORMAT = anlan_verify.PACKAGE
MAKERS = ("can:import", "can:audit")  # the office, which answers for all registers of its institution, and an auditor
_READ = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a package holds: counts by name (records, entries, withheld, erased, waiting, evidence) and its size in bytes."""

    counts: dict[str, int]
    size: int


def write_archive(wanted: Wanted, target: Path, *, by: Actor, progress: Progress = lambda _done, _all: None) -> Written:
    """Write the package of what the actor may read to a file, plain, whole or not at all, and note that they took it.

    Raises: as `write_package`.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as stream:
            written = write_package(wanted, stream, by=by, progress=progress)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    note_package(wanted, written, by=by)
    return written


def write_package(
    wanted: Wanted, stream: Target, *, by: Actor, progress: Progress = lambda _done, _all: None
) -> Written:
    """Write the package of what the actor may read to a stream that can go back to what it wrote.

    The same records at the same checkpoint give the same bytes. `progress` is told entries done and all.
    Raises: NotAllowed for who holds no such post; NotReady before the first signed checkpoint; BadFile beyond 4 GB; BadNote or
    KeyMissing without a key.
    """
    require(by, MAKERS, institution=wanted.institution)
    with acting(by):
        counts = _write(Container(stream), wanted, by, progress)
    return Written(counts=counts, size=stream.tell())


def note_package(wanted: Wanted, written: Written, *, by: Actor) -> None:
    """Leave a note of who took what, outside the ledger."""
    register = wanted.registers[0].code if len(wanted.registers) == 1 else ""
    what = f"archive package, {wanted.year or 'all years'}, {'with' if wanted.evidence else 'without'} evidence"
    note_export(by, what, written.counts["records"], register=register, institution=wanted.institution)


def _parts(wanted: Wanted) -> tuple[list[Part], TreeHead]:
    """Return a part for each register that has records, and the head that proves them, cosigned if there is such a one."""
    parts = [part for spec in wanted.registers if (part := Part(spec=spec, wanted=wanted)).numbers]
    head = signed_head(max((part.needed for part in parts), default=0))
    if head is None:
        raise NotReady("exchange.E041", _("There is no signed checkpoint yet. Try again in a few seconds."))
    for part in parts:
        part.size = head.size
    return parts, head


def _write(zip_: Container, wanted: Wanted, by: Actor, progress: Progress) -> dict[str, int]:
    parts, head = _parts(wanted)
    signer = own_signer()
    zip_.add("README.txt", [README.encode()])
    zip_.add("anlan_verify.py", [Path(anlan_verify.__file__).read_bytes()])
    zip_.add("checkpoint.txt", [head.checkpoint.encode()])
    zip_.add("log.pub", [f"{signer.verifier}\n".encode()])
    zip_.add("registers.json", [_json([register_table(part.spec) for part in parts])])
    tell = _Told(progress, sum(len(part.order) for part in parts))
    for part in parts:
        zip_.add(f"entries/{part.spec.code}.jsonl", part.lines(tell.more))
    zip_.add("records.json", [_json([row for part in parts for row in part.records()])])
    files = [row for part in parts for row in part.files()]
    zip_.add("evidence.json", [_json(files)])
    hashes = sorted({row["sha256"] for row in files}) if wanted.evidence else []
    present = sum(_add_file(zip_, digest) for digest in hashes)
    counts = {name: sum(part.counts[name] for part in parts) for name in ("entries", "withheld", "erased", "waiting")}
    counts |= {"records": sum(len(part.versions) for part in parts), "evidence": present}
    manifest = _json(_manifest(wanted, parts, by, counts, zip_.files))
    zip_.add("manifest.json", [manifest])
    digest = base64.b64encode(hashlib.sha256(manifest).digest()).decode()
    zip_.add("manifest.sig", [str(signer.sign(f"{FORMAT}\n{signer.name}\n{digest}\n")).encode()])
    zip_.close()
    return counts


def _manifest(
    wanted: Wanted, parts: list[Part], by: Actor, counts: dict[str, int], files: dict[str, dict[str, int | str]]
) -> dict[str, Any]:
    signer = own_signer()
    return {
        "format": FORMAT,
        "log": {"name": signer.name, "key": str(signer.verifier)},
        "tree_hash": log_hash().name,
        "scope": {
            "institution": wanted.institution.code,
            "registers": [spec.code for spec in wanted.registers],
            "year": wanted.year,
            "evidence": wanted.evidence,
        },
        "reader": ["system"] if by.is_system else sorted({grant.role.code for grant in by.grants}),
        "withheld": {part.spec.code: list(part.hidden) for part in parts if part.hidden},
        "contents": counts,
        "files": files,
    }


class _Told:
    """Sums the entries of all parts for one bar of progress."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def more(self, done: int, _all: int) -> None:
        self._done += done
        self._progress(self._done, self._total)


def _add_file(zip_: Container, digest: str) -> bool:
    """Add a file of evidence; tell whether it could be. The verifier names one that is missing: `evidence-gone`."""
    try:
        stream = open_evidence(digest)
    except (FileGone, BrokenSeal):
        return False
    with stream:
        zip_.add(f"evidence/{digest}", iter(lambda: stream.read(_READ), b""))
    return True


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
