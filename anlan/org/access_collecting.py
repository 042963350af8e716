"""What one request shows of sensitive records, gathered while they are read and written to the access log before the answer leaves.

The flow tells here of every sensitive record that it loads for a person, so that no page has to think of it. A request
notes a record once, and a list as one row. Without a request (a job, a command) nothing is gathered.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from anlan.org.access import note_read
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting_now


@dataclass(slots=True)
class _Seen:
    """What a request loaded and showed of one sensitive register. An institution is a row or a key."""

    loaded: dict[uuid.UUID, Any] = field(default_factory=dict)
    named: dict[uuid.UUID, str] = field(default_factory=dict)  # records that are shown each by itself, and what of them
    told: set[uuid.UUID] = field(default_factory=set)  # records of which the request wrote a row that says more
    unnamed: int = 0  # rows that were read without their receipts
    lists: list[tuple[Any, int, str]] = field(default_factory=list)


class Gathered:
    """What a request showed so far, by register."""

    def __init__(self) -> None:
        self._registers: dict[str, _Seen] = {}

    def load(self, register: str, record_uid: uuid.UUID | None, institution: Any, count: int = 1) -> None:
        """Take in a record that was loaded, by its receipt, or so many rows without one."""
        seen = self._registers.setdefault(register, _Seen())
        if record_uid is None:
            seen.unnamed += count
        elif not isinstance(seen.loaded.get(record_uid), Institution):
            seen.loaded[record_uid] = institution

    def show(self, register: str, record_uid: uuid.UUID, institution: Any, what: str) -> None:
        """Take in a record that is shown by itself; of several parts of it the last that has a name is noted."""
        self.load(register, record_uid, institution)
        named = self._registers[register].named
        named[record_uid] = what or named.get(record_uid, "")

    def tell(self, register: str, record_uid: uuid.UUID) -> None:
        """Take in that the request wrote a row of its own for a record, such as the opening of its names."""
        self._registers.setdefault(register, _Seen()).told.add(record_uid)

    def list(self, register: str, institution: Any, count: int, what: str) -> None:
        """Take in a list of so many records."""
        self._registers.setdefault(register, _Seen()).lists.append((institution, count, what))

    def write(self, actor: Actor) -> None:
        """Write the rows of the access log. Raises: DatabaseError when they cannot be written; then nothing may be shown."""
        for register, seen in self._registers.items():
            _write_lists(actor, register, seen)
            _write_records(actor, register, seen)


def _write_lists(actor: Actor, register: str, seen: _Seen) -> None:
    for institution, count, what in seen.lists:
        note_read(actor, register, institution=_institution(institution), count=count, what=what)


def _write_records(actor: Actor, register: str, seen: _Seen) -> None:
    """One row for each record shown by itself or alone; the others of a register are a list."""
    named = {uid: what for uid, what in seen.named.items() if uid not in seen.told}
    others = {uid: at for uid, at in seen.loaded.items() if uid not in seen.named and uid not in seen.told}
    if len(others) == 1 and not seen.unnamed:
        named[next(iter(others))] = ""
        others = {}
    for uid, what in named.items():
        note_read(actor, register, institution=_institution(seen.loaded[uid]), record_uid=uid, what=what)
    if count := len(others) + seen.unnamed:
        places = {getattr(at, "pk", at) for at in others.values()}
        at = next(iter(others.values())) if len(places) == 1 and not seen.unnamed else None
        note_read(actor, register, institution=_institution(at), count=count)


def _institution(at: Any) -> Any:
    """Return the institution with its unit, from a row or from a key; null for none."""
    if at is None or isinstance(at, Institution):
        return at
    return Institution.objects.select_related("unit").filter(pk=at).first()


_gathering: ContextVar[Gathered | None] = ContextVar("anlan_gathering", default=None)


@contextmanager
def gathering() -> Iterator[Gathered]:
    """Gather what is read within the block; the caller writes it before the answer leaves."""
    gathered = Gathered()
    token = _gathering.set(gathered)
    try:
        yield gathered
    finally:
        _gathering.reset(token)


@contextmanager
def unseen() -> Iterator[None]:
    """Load records within the block for a look-up or a count of which nobody is shown the content. For the flow alone."""
    token = _gathering.set(None)
    try:
        yield
    finally:
        _gathering.reset(token)


def gathered_for_person() -> Gathered | None:
    """Return where a person's reading is gathered; null without a request, and where the system reads for itself."""
    gathered = _gathering.get()
    if gathered is None:
        return None
    actor = acting_now()
    return None if actor is None or actor.is_system else gathered
