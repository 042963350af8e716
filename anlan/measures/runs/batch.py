"""The columns of one row group as NumPy arrays: what conditions and aggregates read.

Each column is turned once, when it is first asked for. Nulls stand in a mask of their own; the values below them mean
nothing. Texts are codes into a list of words, decimals integers of their scale, dates days since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Integers = NDArray[np.signedinteger[Any]] | NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Integers, dates or decimals. ``valid`` is None where no value is null; ``scale`` counts decimal places."""

    values: Integers
    valid: Mask | None
    scale: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts: ``words[codes[row]]``. ``valid`` is None where no value is null."""

    codes: Integers
    valid: Mask | None
    words: Sequence[str]


def is_readable(kind: Any) -> bool:
    """Return whether columns of the Arrow type can be read here; DuckDB reads the others."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind):
        return bool(pa.types.is_decimal128(kind) and kind.precision <= 18)
    readable = (
        pa.types.is_integer,
        pa.types.is_boolean,
        pa.types.is_date32,
        pa.types.is_string,
        pa.types.is_large_string,
    )
    return any(test(kind) for test in readable) and kind != pa.uint64()


class Batch:
    """One row group in memory."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.rows: int = table.num_rows
        self._arrays: dict[str, Any] = {}
        self._valid: dict[str, Mask | None] = {}
        self._words: dict[str, Words] = {}

    def numbers(self, column: str) -> Numbers:
        """Return a column of integers, dates, decimals or flags (0 and 1)."""
        array = self._array(column)
        if pa.types.is_boolean(array.type):
            return Numbers(values=_bits(array, 1).view(np.uint8), valid=self.valid(column))
        if pa.types.is_decimal(array.type):
            # two 64-bit halves, the lower first: with at most 18 digits it holds the number
            halves = np.frombuffer(array.buffers()[1], np.int64)
            return Numbers(
                values=halves[2 * array.offset : 2 * (array.offset + len(array)) : 2],
                valid=self.valid(column),
                scale=array.type.scale,
            )
        return Numbers(values=_plain(array), valid=self.valid(column))

    def flags(self, column: str) -> Mask:
        """Return where a boolean column is true; it is not where the column is null."""
        truth = _bits(self._array(column), 1)
        valid = self.valid(column)
        return truth if valid is None else truth & valid

    def texts(self, column: str) -> Words:
        """Return a column of texts."""
        if column not in self._words:
            array = self._array(column)
            if not pa.types.is_dictionary(array.type):
                array = array.dictionary_encode()
            words = array.dictionary.to_pylist()
            self._words[column] = Words(codes=_plain(array.indices), valid=self.valid(column), words=words)
        return self._words[column]

    def is_text(self, column: str) -> bool:
        """Return whether the column holds texts."""
        kind = self._table.schema.field(column).type
        return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))

    def is_decimal(self, column: str) -> bool:
        """Return whether the column holds decimals."""
        return bool(pa.types.is_decimal(self._table.schema.field(column).type))

    def valid(self, column: str) -> Mask | None:
        """Return where the column is not null; None where it is null nowhere."""
        if column not in self._valid:
            array = self._array(column)
            if pa.types.is_dictionary(array.type):
                array = array.indices
            self._valid[column] = _bits(array, 0) if array.null_count else None
        return self._valid[column]

    def _array(self, column: str) -> Any:
        if column not in self._arrays:
            chunks = self._table.column(column)
            self._arrays[column] = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
        return self._arrays[column]


def _bits(array: Any, buffer: int) -> Mask:
    """A bitmap of the array: buffer 0 holds what is valid, buffer 1 the values of a boolean column."""
    packed = np.frombuffer(array.buffers()[buffer], np.uint8)
    return np.unpackbits(packed, count=array.offset + len(array), bitorder="little")[array.offset :].view(np.bool_)


def _plain(array: Any) -> Integers:
    kind = np.dtype(np.int32 if pa.types.is_date32(array.type) else str(array.type))
    values: Integers = np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]
    return values
