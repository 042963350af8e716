"""Rows of the organisation against their ledger entries: whoever changes a person, a post or a unit by SQL is named here.

The entries of one subject, merged in order, tell every attribute of its row. `anlan.flow` calls this a chunk at a time, in
`anlan check` and in the running audit. Before the baseline of an older database is made, only what entries tell is compared.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby
from typing import Any

from anlan.ledger.content import plain_content
from anlan.ledger.models import Entry
from anlan.org.attributes import Attributes, Kind, is_attribute
from anlan.org.digests import DigestKeyGone
from anlan.org.scope import as_system
from anlan.org.subjects import MARK, PERSON, subject_uid
from anlan.vault.errors import VaultError

_OF_FACTOR = ("remove_factor", "name")  # in entries of earlier releases: the factor's name, not the person's


class Wrong(Enum):
    """What may be wrong with a row or an entry."""

    ATTRIBUTE = auto()
    NO_ENTRIES = auto()
    NO_ROW = auto()
    ENTRY_GONE = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. `name` says which row it is, `home` is the unit under which it is filed, where that is known."""

    wrong: Wrong
    register: str
    subject: uuid.UUID | None
    name: str
    home: int | None = None
    attribute: str = ""
    row_says: Any = None
    entries_say: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look found. `last` is the key behind which the next one goes on; null at the end."""

    differences: tuple[Difference, ...]
    last: int | None
    seen: int


@dataclass(slots=True, kw_only=True)
class Told:
    """What the entries of one subject say, merged. `wanting` are versions that are gone, or whose content is."""

    values: Attributes = field(default_factory=dict)
    version: int = 0
    wanting: tuple[int, ...] = ()
    last_step: str = ""


def is_baselined() -> bool:
    """Tell whether the log says that every row of the organisation has entries that tell it whole."""
    with as_system("mark of the baseline"):
        return Entry.objects.filter(record_uid=MARK).exists()


def look_at(kind: Kind, *, after: int | None, limit: int) -> Looked:
    """Compare the rows of a kind behind a key with their entries, in a fixed number of queries."""
    keys = list(kind.model._base_manager.filter(pk__gt=after or 0).order_by("pk").values_list("pk", flat=True)[:limit])
    last = keys[-1] if len(keys) == limit else None
    try:
        differences = tuple(_of_chunk(kind, keys)) if keys else ()
    except (DigestKeyGone, VaultError) as error:
        differences = (
            Difference(
                wrong=Wrong.UNREADABLE, register=kind.register, subject=None, name=f"[{error.code}] key of digests"
            ),
        )
        last = None
    return Looked(differences=differences, last=last, seen=len(keys))


def without_row(kinds: Iterable[Kind], found: Iterable[tuple[str, uuid.UUID, int]]) -> Iterator[Difference]:
    """Name the subjects, of (register, subject, unit) of entries, that have no row though none of their entries ends them."""
    by_register: dict[str, dict[uuid.UUID, int]] = {}
    for register, subject, home in found:
        by_register.setdefault(register, {})[subject] = home
    for kind in kinds:
        subjects = by_register.get(kind.register, {})
        told = told_of(subjects)
        keys = {one.values["id"]: subject for subject, one in told.items() if isinstance(one.values.get("id"), int)}
        found_keys = kind.model._base_manager.filter(pk__in=list(keys)).values_list(kind.key_column, flat=True)
        there = {subject_uid(kind.register, _plain(key)) for key in found_keys}
        for subject, one in told.items():
            if subject in there or one.last_step in kind.ends or not one.values.get("id"):
                continue
            yield Difference(
                wrong=Wrong.NO_ROW,
                register=kind.register,
                subject=subject,
                name=kind.name(one.values),
                home=subjects[subject],
            )


def _plain(key: Any) -> str | int:
    return key.hex if isinstance(key, uuid.UUID) else key


def told_of(subjects: Collection[uuid.UUID]) -> dict[uuid.UUID, Told]:
    """Merge the entries of each subject, in one query. Subjects without entries are left out."""
    fields = ("record_uid", "version", "step", "register", "uid", "content")
    rows = Entry.objects.filter(record_uid__in=list(subjects)).order_by("record_uid", "version").values_list(*fields)
    return {subject: _merged(list(group)) for subject, group in groupby(rows, key=lambda row: row[0])}


def _merged(rows: list[tuple[Any, ...]]) -> Told:
    told = Told(version=rows[-1][1], last_step=rows[-1][2])
    versions, wanting = set(), set()
    for _subject, version, step, register, uid, stored in rows:
        versions.add(version)
        content = _read(plain_content(uid, stored))
        if content is None:
            wanting.add(version)
            continue
        told.values.update(
            (name, value) for name, value in content.items() if register != PERSON or (step, name) != _OF_FACTOR
        )
    told.wanting = tuple(sorted(wanting | (set(range(1, told.version + 1)) - versions)))
    return told


def _read(text: str | None) -> Attributes | None:
    try:
        said = json.loads(text) if text is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _of_chunk(kind: Kind, keys: Collection[int]) -> Iterator[Difference]:
    rows, bad = kind.read(keys)
    told = told_of([subject_uid(kind.register, kind.key(row)) for row in rows.values()])
    homes, is_whole = kind.homes(keys), is_baselined()
    for key in sorted({*bad, *keys} - ({*rows} - {*bad})):  # not to be read, or pointing to a row that is gone
        yield Difference(
            wrong=Wrong.UNREADABLE, register=kind.register, subject=None, name=f"row {key}", home=homes.get(key)
        )
    for key, row in rows.items():
        if key in bad:
            continue
        subject = subject_uid(kind.register, kind.key(row))
        for one in _of_row(kind, row, told.get(subject), is_whole=is_whole):
            yield Difference(register=kind.register, subject=subject, name=kind.name(row), home=homes.get(key), **one)
    for key, name, says, follows in kind.broken(keys):
        row = rows.get(key, {"id": key, "code": ""})
        subject = subject_uid(kind.register, kind.key(row))
        said = {"attribute": name, "row_says": says, "entries_say": follows}
        yield Difference(
            wrong=Wrong.ATTRIBUTE,
            register=kind.register,
            subject=subject,
            name=kind.name(row),
            home=homes.get(key),
            **said,
        )


def _of_row(kind: Kind, row: Attributes, told: Told | None, *, is_whole: bool) -> Iterator[Mapping[str, Any]]:
    if told is None:
        if is_whole:
            yield {"wrong": Wrong.NO_ENTRIES}
        return
    if told.last_step in kind.ends:
        yield {"wrong": Wrong.ATTRIBUTE, "attribute": told.last_step, "row_says": "is there", "entries_say": "ended it"}
    for version in told.wanting:
        yield {"wrong": Wrong.ENTRY_GONE, "attribute": "version", "entries_say": version}
    attributes = {name for name in told.values if is_attribute(kind, name)}
    for name in sorted({*row, *attributes} if is_whole else attributes):
        said, says = told.values.get(name), row.get(name)
        if says != said or isinstance(says, bool) is not isinstance(said, bool):
            yield {"wrong": Wrong.ATTRIBUTE, "attribute": name, "row_says": says, "entries_say": said}
