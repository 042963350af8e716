"""The content that scores rest on, as the ledger was told of it: parameters, rubrics, law and measures, file by file.

A start tells the log what it finds the first time, and what a new release changed. A file that differs without a new release is
named by `anlan check` and the running audit until somebody puts it back, or says by `anlan content --accept` why it is so.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import transaction

from anlan.assessment.errors import RubricError
from anlan.assessment.load import find_rubric, load_parameters, rubric_codes
from anlan.flow.drifts import Chunk, Drift, Fault
from anlan.ledger.entry import Origin
from anlan.org.attributes import changed
from anlan.org.content_changes import REASON, RELEASE, SUBJECT
from anlan.org.events import note
from anlan.org.replay import told_of
from anlan.org.scope import Actor, as_system
from anlan.org.subjects import CONTENT
from config.content import CONTENT as FOLDER
from config.content import LAW

SYSTEM = Origin(kind="system")
_FOLDERS = ("law", "measures", "rubrics")
_SUFFIXES = (".yaml", ".py")


def tell_content() -> tuple[str, ...]:
    """Tell the log what a new release brought, at the start; return what differs without one, which it is not told.

    The first time everything is told.
    """
    with transaction.atomic(), as_system("content at the start") as by:
        found, told = content_found(), content_told()
        new = changed(told, found)
        if not told:
            _note("baseline", found, by=by)
        elif RELEASE in new:
            _note("release", new, by=by)
        else:
            return tuple(sorted(new))
    return ()


def accept_content(reason: str) -> tuple[str, ...]:
    """Tell the log what differs, with the reason that somebody gave at the command line, and return it."""
    with transaction.atomic(), as_system("command line") as by:
        new = changed(content_told(), content_found())
        if new:
            _note("accept", new | {REASON: reason}, by=by)
    return tuple(sorted(new))


def content_found() -> dict[str, Any]:
    """Return what lies on the disk now: the release, the hash of each file, and each parameter's value by code and day."""
    files = {
        f"file {path.relative_to(FOLDER).as_posix()}": _sha256(path)
        for folder in _FOLDERS
        for path in sorted((FOLDER / folder).rglob("*"))
        if path.suffix in _SUFFIXES
    }
    rubrics = {f"rubric {code}": _sha256(find_rubric(code)) for code in rubric_codes()}
    return {RELEASE: version("anlan"), **files, **rubrics, **_parameters()}


def content_told() -> dict[str, Any]:
    """Return what the log was told of the content, the newest of each; empty before the first start."""
    told = told_of([SUBJECT]).get(SUBJECT)
    return {name: value for name, value in told.values.items() if name != REASON and value is not None} if told else {}


def drift_of_content(*, after: Any = None, limit: int = 0) -> Chunk:
    """Compare the files with what the log was told, as a stage of the walk; nothing before the first start."""
    told, found = content_told(), content_found()
    names = [name for name in changed(told, found) if name != RELEASE] if told else []
    drifts = (
        Drift(
            fault=Fault.COLUMN,
            register=CONTENT,
            record_uid=None,
            institution_id=None,
            number=name,
            column=name,
            row_says=found.get(name),
            entries_say=told.get(name),
        )
        for name in sorted(names)
    )
    return Chunk(drifts=tuple(drifts), last=None, seen=len(found) if told else 0)


def _parameters() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for file in sorted((LAW / "parameters").glob("*.yaml")):
        with suppress(RubricError):  # one that cannot be read any more is named by its hash, and its values as gone
            found |= {
                f"parameter {one.code} from {one.starts_on}": one.value for one in load_parameters(LAW, file.stem)
            }
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _note(step: str, content: Mapping[str, Any], *, by: Actor) -> None:
    note(CONTENT, "content", step, content, at=None, by=by, origin=SYSTEM, changes_rights=False)
