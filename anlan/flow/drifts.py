"""What the search for drift finds: values that its parts share."""

import json
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from django.db import OperationalError

from anlan.org.attributes import UNREADABLE
from anlan.vault.errors import VaultError
from anlan.vault.ring import SILENT

__all__ = ["BROKEN", "CHUNK", "UNREADABLE", "Chunk", "Drift", "Fault", "Look", "is_of_a_row", "read_json"]

CHUNK = 500
# What a comparison raises that meets something which nobody could have written through the program.
BROKEN = (*UNREADABLE, LookupError, AttributeError, ArithmeticError, VaultError)


class Fault(StrEnum):
    """What is wrong, by stable id."""

    COLUMN = "flow.A001"
    NO_ENTRIES = "flow.A002"
    NO_ROW = "flow.A003"
    ENTRY_GONE = "flow.A004"
    EVIDENCE = "flow.A005"
    FILE_GONE = "flow.A006"
    FILE_CHANGED = "flow.A007"
    UNREADABLE = "flow.A008"
    ENTRY_PLACE = "flow.A009"
    FILE_LOCKED = "flow.A010"
    TIMES = "flow.A011"
    LEDGER = "flow.A088"
    CHECKPOINT = "flow.A089"
    SEAL = "flow.A090"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference. `row_says` and `entries_say` are JSON values, null where a side has nothing; never store or log them."""

    fault: Fault
    register: str
    record_uid: uuid.UUID | None
    institution_id: int | None
    number: str
    column: str = ""
    row_says: Any = None
    entries_say: Any = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells this difference from others; the same when it is found again."""
        return (self.fault.value, self.register, self.record_uid.hex if self.record_uid else self.number, self.column)

    @property
    def place(self) -> str:
        """Where it is, for people and logs: register, number and receipt, never a value."""
        whose = f" ({self.record_uid})" if self.record_uid else ""
        return f"{self.register} {self.number}".rstrip() + whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What one look found. `last` is where the next one goes on; null at the end. `seen` counts what was compared."""

    drifts: tuple[Drift, ...]
    last: Any
    seen: int


class Look(Protocol):
    """Compares one chunk of a stage behind a place; null is the beginning. Whoever calls acts as the system."""

    def __call__(self, *, after: Any = None, limit: int = CHUNK) -> Chunk:
        """Return what was found, and where the next chunk goes on."""
        ...


def is_of_a_row(error: BaseException) -> bool:
    """Tell whether an error of `BROKEN` speaks of a row, and not of a database that is gone or busy, or of keys that cannot be had.

    SQLite's driver raises an operational error too for what it cannot decode as UTF-8.
    """
    if isinstance(error, VaultError):
        return error.code != SILENT
    return not isinstance(error, OperationalError) or "decode" in str(error)


def read_json(text: str) -> dict[str, Any]:
    """Read JSON of an entry; what is none any more counts as empty here, and the check of hashes names the entry."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
