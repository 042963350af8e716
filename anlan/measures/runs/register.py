"""The files of one register as streams of row groups that ascend by institution, and the totals of a range of institutions.

What a footer decides is decided once, for all threads (``Register``). Each thread then walks the row groups that hold its
institutions, once and in order (``Walk``); what a row group holds beyond the range waits for the next range.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from anlan.kernel.period import Period
from anlan.measures.aggregate import Scan
from anlan.measures.errors import LakeUnsuited
from anlan.measures.predicate import columns_of
from anlan.measures.runs.batch import Batch, is_readable
from anlan.measures.runs.grouping import Ids, Signed
from anlan.measures.runs.places import Places
from anlan.measures.runs.scanning import KINDS, Found, Reading, ScanReader
from anlan.measures.runs.zones import Zone, proof_of, zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A row group that counts: where it is, the first and last institution in it, and how to read it."""

    file: int
    group: int
    low: int
    high: int
    reading: Reading


class Register:
    """One scan and the row groups that it needs.

    Raises: LakeUnsuited, saying why.
    """

    def __init__(self, scan: Scan, files: Sequence[Path], *, period: Period, as_of: datetime.date) -> None:
        self.scan = scan
        self._reader = ScanReader(scan, period=period, as_of=as_of)
        self._files = [_File(path, scan) for path in files]
        pieces = [piece for number, file in enumerate(self._files) for piece in file.pieces(number, self._reader)]
        self.streams = _streams(pieces)
        for alias in (
            alias for alias, each in zip(scan.aliases, scan.aggregates, strict=True) if each.kind == "distinct"
        ):
            holders = [stream for stream in self.streams if any(alias in piece.reading.aliases for piece in stream)]
            if len(holders) > 1:
                raise LakeUnsuited(
                    f"Values of {scan.register.code} are counted across files that are not in one order."
                )

    def open(self, file: int) -> Any:
        """Open the file for one thread; its footer is not parsed again."""
        return self._files[file].open()


class _File:
    def __init__(self, path: Path, scan: Scan) -> None:
        self._path, self._register = path, scan.register
        self._footer = pq.read_metadata(path)
        self._schema = self._footer.schema.to_arrow_schema()
        missing = sorted(set(scan.columns()) - set(self._schema.names))
        if missing:
            raise LakeUnsuited(f"{path} has no column {', '.join(missing)}.")
        unread = [name for name in scan.columns() if not is_readable(self._schema.field(name).type)]
        if unread:
            raise LakeUnsuited(f"{path}: runs do not read the types of {', '.join(unread)}.")
        self._texts = [name for name in scan.columns() if _is_text(self._schema.field(name).type)]

    def open(self) -> Any:
        return pq.ParquetFile(self._path, metadata=self._footer, memory_map=True, read_dictionary=self._texts)

    def pieces(self, number: int, reader: ScanReader) -> Iterator[Piece]:
        """Yield the row groups in which the footer leaves something to count."""
        places = {name: place for place, name in enumerate(self._schema.names)}
        compared = {name: places[name] for atom in reader.atoms for name in columns_of(atom)}
        for group in range(self._footer.num_row_groups):
            row_group = self._footer.row_group(group)
            if row_group.num_rows == 0:
                continue
            key = zone_of(row_group.column(places[self._register.institution]), row_group.num_rows)
            if key is None or key.nulls:
                raise LakeUnsuited(f"{self._path} does not say which institutions a row group holds.")
            found = {name: zone_of(row_group.column(place), row_group.num_rows) for name, place in compared.items()}
            zones: Mapping[str, Zone] = {name: zone for name, zone in found.items() if zone is not None}
            reading = reader.reading(tuple(proof_of(atom, zones) for atom in reader.atoms))
            if reading is not None:
                yield Piece(file=number, group=group, low=key.low, high=key.high, reading=reading)


def _is_text(kind: Any) -> bool:
    return str(kind) in ("string", "large_string") or str(kind).startswith("dictionary")


def _streams(pieces: Sequence[Piece]) -> tuple[tuple[Piece, ...], ...]:
    """As few streams as there are row groups side by side; within a stream institutions ascend."""
    streams: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.low, piece.high, piece.file, piece.group)):
        fitting = next((stream for stream in streams if stream[-1].high <= piece.low), None)
        if fitting is None:
            streams.append([piece])
        else:
            fitting.append(piece)
    if len(streams) > max(4, 2 * len({piece.file for piece in pieces})):
        raise LakeUnsuited("The records are not sorted by institution.")
    return tuple(tuple(stream) for stream in streams)


class Walk:
    """One thread's way through a register: ``totals`` is asked for ranges that ascend."""

    def __init__(self, register: Register, institutions: Ids) -> None:
        self._scan = register.scan
        self._streams = [_Stream(register, pieces, institutions) for pieces in register.streams]

    def totals(self, places: Places) -> dict[str, Signed]:
        """Return the number of every alias for every institution of the range, 0 where it has no record.

        Raises: LakeUnsuited.
        """
        found: dict[str, Signed] = {}
        for stream in self._streams:
            for each, first, end in stream.until(places.high):
                where, kept = places.of(each.ids[first:end])
                for alias, numbers in each.totals.items():
                    part = numbers[first:end] if kept is None else numbers[first:end][kept]
                    self._merge(found, alias, where, part, len(places))
        return found

    def _merge(self, found: dict[str, Signed], alias: str, where: Any, part: Signed, size: int) -> None:
        kind = self._kind(alias)
        if alias not in found:
            found[alias] = np.zeros(size, KINDS[kind])
        if kind == "mask":
            found[alias][where] |= part
        else:
            found[alias][where] += part

    def _kind(self, alias: str) -> str:
        return self._scan.aggregates[self._scan.aliases.index(alias)].kind


class _Stream:
    """The row groups of a stream that hold one of the institutions, read one after the other."""

    def __init__(self, register: Register, pieces: Sequence[Piece], institutions: Ids) -> None:
        self._register = register
        first = np.searchsorted(institutions, [piece.low for piece in pieces], side="left")
        end = np.searchsorted(institutions, [piece.high for piece in pieces], side="right")
        self._pieces = [piece for piece, is_asked in zip(pieces, first < end, strict=True) if is_asked]
        self._next, self._at = 0, 0
        self._found: Found | None = None
        self._open: tuple[int, Any] | None = None
        self._tails: dict[str, tuple[int, frozenset[object]]] = {}

    def until(self, high: int) -> Iterator[tuple[Found, int, int]]:
        """Yield what was found for institutions up to ``high``: a row group's totals, from run to run."""
        while self._found is not None or self._has_next(high):
            found = self._found or self._read()
            end = int(np.searchsorted(found.ids, high, side="right"))
            if end > self._at:
                yield found, self._at, end
            self._found, self._at = (found, end) if end < len(found.ids) else (None, 0)
            if self._found is not None:
                return

    def _has_next(self, high: int) -> bool:
        return self._next < len(self._pieces) and self._pieces[self._next].low <= high

    def _read(self) -> Found:
        piece = self._pieces[self._next]
        self._next += 1
        if self._open is None or self._open[0] != piece.file:
            self._open = (piece.file, self._register.open(piece.file))
        table = self._open[1].read_row_group(piece.group, columns=list(piece.reading.columns), use_threads=False)
        found = piece.reading.found(Batch(table))
        self._count_once(found)
        return found

    def _count_once(self, found: Found) -> None:
        """An institution that goes on from the row group before must not have a value counted twice."""
        for alias, values in found.distinct.items():
            known = self._tails.get(alias)
            last = values.last
            if known is not None and known[0] == found.ids[0]:
                found.totals[alias][0] -= len(known[1] & values.first)
                if len(found.ids) == 1:
                    last |= known[1]
            self._tails[alias] = (int(found.ids[-1]), last)
