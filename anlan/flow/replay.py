"""From ledger entries back to the row: what a record must say if nobody but `perform` ever changed it.

An entry's content holds the columns that its step changed, as JSON values. Folded in order they give the row. The running
audit compares every row with it, and a sealed score is recomputed from it without any database. Pure: no queries here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Keys of a content that are no columns of any row.
BESIDE_COLUMNS = frozenset({"evidence", "evidence_files", "parties", "step_reason"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One entry, read: the header as JSON gives it, and the content; null where a lawful erasure destroyed it."""

    header: Mapping[str, Any]
    content: Mapping[str, Any] | None

    @property
    def version(self) -> int:
        """Which version of the record the entry made."""
        return int(self.header["version"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A record as its entries tell it.

    `values` maps columns to JSON values; a column that no entry names is empty. With `is_partial` a content was erased, so
    that such a column is unknown instead. `files` gives per version the evidence: SHA-256, and name, type, size and the SHA-256 of
    the upload where the entry tells them. `missing` are the versions between 1 and the newest that no entry tells of, `emptied` those whose
    entry has no content.
    """

    first: Mapping[str, Any]
    version: int
    values: Mapping[str, Any]
    files: Mapping[int, tuple[tuple[str, ...], ...]]
    missing: tuple[int, ...]
    is_partial: bool
    emptied: tuple[int, ...] = ()

    @property
    def batch(self) -> str:
        """The receipt of the import that brought the record (hex); empty for none."""
        return str((self.first.get("source") or {}).get("batch", ""))


def replay(entries: Iterable[Said]) -> Replayed:
    """Fold the entries of one record, oldest first. Raises: ValueError when there is none."""
    told = list(entries)
    if not told:
        raise ValueError("A record without entries cannot be replayed; ask for one that the ledger knows.")
    values: dict[str, Any] = {}
    files: dict[int, tuple[tuple[str, ...], ...]] = {}
    is_partial = False
    for said in told:
        if said.content is None:
            is_partial = True
            values = {}
            continue
        values.update((name, value) for name, value in said.content.items() if name not in BESIDE_COLUMNS)
        if "evidence" in said.content:
            files[said.version] = files_of(said.content)
    versions = {said.version for said in told}
    return Replayed(
        first=told[0].header,
        version=told[-1].version,
        values=values,
        files=files,
        missing=tuple(sorted(set(range(1, told[-1].version + 1)) - versions)),
        is_partial=is_partial,
        emptied=tuple(said.version for said in told if said.content is None),
    )


def files_of(content: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the evidence of one content, sorted: (SHA-256, name, type, size, SHA-256 of the upload); older entries tell less."""
    hashes: Sequence[str] = content.get("evidence", ())
    if not isinstance(hashes, list):
        return ()  # none, or what nobody could have written through the program
    told: Sequence[Sequence[Any]] = content.get("evidence_files", [[]] * len(hashes))
    return tuple(sorted((sha256, *map(str, rest)) for sha256, rest in zip(hashes, told, strict=False)))


def reason_key(columns: Collection[str]) -> str:
    """Return the key under which a content gives the reason of a step; a register may have a column `reason` of its own."""
    return "step_reason" if "reason" in columns else "reason"
