"""What goes into a package: the records that the acting person may read, their entries in the order of the tree, the files named."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q

from anlan.flow.erasure import tombstones
from anlan.flow.masking import clearance_in, may_read
from anlan.flow.models import Evidence
from anlan.flow.spec import RegisterSpec
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.models import Entry
from anlan.ledger.store import stored_tree
from anlan.ledger.tree import inclusion
from anlan.org.models import Institution
from anlan.org.scope import current_actor

CHUNK = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a package shall hold: registers of one institution, of one year or of all (null), with evidence files or without."""

    institution: Institution
    registers: tuple[RegisterSpec, ...]
    year: int | None = None
    evidence: bool = False


@dataclass(kw_only=True)
class Part:
    """One register's part of a package. Made while the reader acts: scope and clearance are theirs.

    `size` is the tree's that proves it, set once `needed` is known: what came later waits.
    """

    spec: RegisterSpec
    wanted: Wanted
    size: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"entries": 0, "withheld": 0, "erased": 0, "waiting": 0})
    named: set[tuple[str, Any, int]] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> dict[Any, str]:
        """The numbers of the chosen records by uid, and of those that were lawfully erased: their entries go along."""
        rows = self.spec.model.objects.within(self.wanted.institution)
        if self.wanted.year is not None:
            rows = rows.filter(_of_year(self.spec, self.wanted.year))
        return dict(rows.values_list("uid", "number")) | self._erased()

    def _erased(self) -> dict[Any, str]:
        """The erased records that the reader could see. Their dates stand in the headers; when they ended went with the content."""
        stones = tombstones(self.wanted.institution, spec=self.spec)
        found, year = {stone.record_uid: stone.number for stone in stones}, self.wanted.year
        if year is None:
            return found
        told = Entry.objects.filter(record_uid__in=list(found)).exclude(step=ERASE).order_by("version")
        days = dict(told.values_list("record_uid", "occurred_on"))
        return {
            uid: number
            for uid, number in found.items()
            if uid in days and (days[uid].year == year or (self.spec.is_standing and days[uid].year < year))
        }

    @cached_property
    def order(self) -> list[tuple[float, int]]:
        """(position, key) of every entry of the chosen records, in the order of the tree; what waits comes last."""
        uids, found = list(self.numbers), []
        for start in range(0, len(uids), CHUNK):
            rows = Entry.objects.filter(record_uid__in=uids[start : start + CHUNK]).values_list("position__index", "pk")
            found += [(position if position is not None else _LAST, pk) for position, pk in rows]
        return sorted(found)

    @property
    def needed(self) -> int:
        """How many entries a tree must have to hold all of these."""
        return int(max((position for position, _ in self.order if position != _LAST), default=-1)) + 1

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """The columns that the reader may not read; an entry that says one of them goes without its content."""
        if current_actor().is_system:
            return ()
        clearance = clearance_in(self.wanted.institution)
        fields = self.spec.model._meta.concrete_fields
        return tuple(sorted(one.attname for one in fields if not may_read(self.spec, one.name, clearance=clearance)))

    def lines(self, progress: Progress) -> Iterator[bytes]:
        """Yield a line of JSON per entry, and count what goes by. Read it to the end before the counts."""
        for start in range(0, len(self.order), CHUNK):
            chunk, tree = self.order[start : start + CHUNK], stored_tree()
            entries = Entry.objects.in_bulk([pk for _, pk in chunk])
            for position, pk in chunk:
                place = None if position >= self.size else int(position)
                path = [] if place is None else inclusion(tree, place, self.size)
                yield canonical_bytes(self._line(entries[pk], place, path)) + b"\n"
            progress(len(chunk), len(self.order))

    def _line(self, entry: Entry, position: int | None, path: list[bytes]) -> dict[str, Any]:
        said = _said(entry.content, unreadable=self.hidden)
        state = "erased" if entry.content is None else "withheld" if set(said) & set(self.hidden) else "whole"
        is_whole = state == "whole" and entry.salt is not None
        if is_whole:
            self.named |= {(sha256, entry.record_uid, entry.version) for sha256 in said.get("evidence", [])}
        self.counts["entries"] += 1
        self.counts["waiting"] += position is None
        if state != "whole":
            self.counts[state] += 1
        uid = entry.record_uid.hex
        self.versions[uid] = max(self.versions.get(uid, 0), entry.version)
        return {
            "header": entry.header,
            "content": entry.content if is_whole else None,
            "salt": bytes(entry.salt).hex() if is_whole and entry.salt is not None else None,
            "leaf": bytes(entry.leaf).hex(),
            "position": position,
            "path": [one.hex() for one in path],
            "state": state,
        }

    def records(self) -> list[dict[str, Any]]:
        """Return number and versions of each record, by number."""
        rows = [
            {"record": uid.hex, "register": self.spec.code, "number": number, "versions": self.versions[uid.hex]}
            for uid, number in self.numbers.items()
            if uid.hex in self.versions
        ]
        return sorted(rows, key=lambda row: (row["number"], row["record"]))

    def files(self) -> list[dict[str, Any]]:
        """Return name, type and step of the evidence files that the contents in this part name."""
        found, uids = [], list(self.numbers)
        for start in range(0, len(uids), CHUNK):
            rows = Evidence.objects.filter(record_uid__in=uids[start : start + CHUNK])
            found += [
                {
                    "sha256": one.sha256,
                    "name": one.name,
                    "type": one.content_type,
                    "register": one.register,
                    "record": one.record_uid.hex,
                    "version": one.version,
                }
                for one in rows
                if (one.sha256, one.record_uid, one.version) in self.named  # a withheld entry may name the same file
            ]
        return sorted(found, key=lambda row: (row["sha256"], row["record"], row["version"], row["name"]))


_LAST = float("inf")


def _said(content: str | None, *, unreadable: tuple[str, ...]) -> dict[str, Any]:
    """Return the columns that a content says. One that was spoilt in the database might say any: a reader from whom columns are
    hidden does not get it, any other one does, and the verifier names it.
    """
    try:
        said = json.loads(content) if content is not None else {}
    except ValueError:
        said = None
    return said if isinstance(said, dict) else dict.fromkeys(unreadable)


def _of_year(spec: RegisterSpec, year: int) -> Q:
    """Records that happened in the year, or were in force during it."""
    start, end = dt.date(year, 1, 1), dt.date(year, 12, 31)
    if spec.is_standing:
        return Q(occurred_on__lte=end) & (Q(ended_on__isnull=True) | Q(ended_on__gt=start))
    return Q(occurred_on__gte=start, occurred_on__lte=end)
