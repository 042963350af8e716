"""Conditions on records as masks over a batch; equal parts of several conditions are reckoned once.

Days are bound before: a condition that comes here compares with literals and columns only (``bound``). What the footer
proves of a whole row group is put in by ``simplified``, so that a column nobody needs any more is not even decoded.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np

from anlan.measures.aggregate import shifted
from anlan.measures.errors import BadDefinition
from anlan.measures.predicate import (
    ALWAYS,
    Always,
    And,
    ColumnName,
    Compare,
    IsIn,
    IsNull,
    IsTrue,
    Not,
    Or,
    Predicate,
    Scalar,
    Symbol,
    conjunction,
)  # fmt: skip
from anlan.measures.runs.batch import Batch, Integers, Mask, Numbers, Words

NEVER = Not(part=ALWAYS)
EPOCH = datetime.date(1970, 1, 1).toordinal()
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
Step = Callable[[Batch, Sequence[Mask]], Mask]


def bound(predicate: Predicate, *, day: Callable[[str], datetime.date], years_back: int) -> Predicate:
    """Return the predicate with every symbol replaced by its day, moved ``years_back``."""
    match predicate:
        case Compare(column=column, op=op, operand=Symbol() as symbol):
            return Compare(column=column, op=op, operand=day(shifted(symbol.value, years_back)))
        case And(parts=parts):
            return And(parts=tuple(bound(part, day=day, years_back=years_back) for part in parts))
        case Or(parts=parts):
            return Or(parts=tuple(bound(part, day=day, years_back=years_back) for part in parts))
        case Not(part=part):
            return Not(part=bound(part, day=day, years_back=years_back))
    return predicate


def atoms_of(predicate: Predicate) -> Iterator[Predicate]:
    """Yield every comparison and test of the predicate, repeats included."""
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from atoms_of(part)
        case Not(part=part):
            yield from atoms_of(part)
        case Always():
            return
        case _:
            yield predicate


def simplified(predicate: Predicate, proofs: Mapping[Predicate, bool]) -> Predicate:
    """Return the predicate without the atoms whose truth is proven; ``ALWAYS`` or ``NEVER`` where nothing is left."""
    match predicate:
        case And(parts=parts):
            found = [simplified(part, proofs) for part in parts]
            return NEVER if NEVER in found else conjunction(found)
        case Or(parts=parts):
            found = [part for part in (simplified(part, proofs) for part in parts) if part != NEVER]
            if ALWAYS in found or not parts:
                return ALWAYS
            return NEVER if not found else found[0] if len(found) == 1 else Or(parts=tuple(found))
        case Not(part=part):
            inner = simplified(part, proofs)
            return inner.part if isinstance(inner, Not) else Not(part=inner)
    if predicate in proofs:
        return ALWAYS if proofs[predicate] else NEVER
    return predicate


class Conditions:
    """A program of masks: ``place`` adds a condition, ``run`` reckons all of them over a batch."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._places: dict[object, int] = {}

    def place(self, predicate: Predicate) -> int:
        """Return where ``run`` leaves the predicate's mask."""
        match predicate:
            case And(parts=parts):
                return self._joined(operator.and_, [self.place(part) for part in parts])
            case Or(parts=parts):
                return self._joined(operator.or_, [self.place(part) for part in parts])
            case Not(part=part):
                inner = self.place(part)
                return self._add(predicate, lambda batch, masks: ~masks[inner])
        return self._add(predicate, atom(predicate))

    def run(self, batch: Batch) -> list[Mask]:
        """Return the masks of all places."""
        masks: list[Mask] = []
        for step in self._steps:
            masks.append(step(batch, masks))
        return masks

    def _joined(self, join: Callable[[Mask, Mask], Mask], places: list[int]) -> int:
        """Join two by two from the left, so that conditions that begin alike share their beginning."""

        def pair(left: int, right: int) -> int:
            return self._add((join, left, right), lambda batch, masks: join(masks[left], masks[right]))

        return reduce(pair, places)

    def _add(self, key: object, step: Step) -> int:
        if key not in self._places:
            self._places[key] = len(self._steps)
            self._steps.append(step)
        return self._places[key]


def atom(predicate: Predicate) -> Step:
    """Return the step of a predicate without parts. A comparison with null is false."""
    match predicate:
        case Always():
            return lambda batch, masks: np.ones(batch.rows, np.bool_)
        case IsTrue(column=column):
            return lambda batch, masks: batch.flags(column)
        case IsNull(column=column):
            return lambda batch, masks: _is_null(batch, column)
        case Compare(column=column, op=op, operand=ColumnName(name=other)):
            return lambda batch, masks: _compared_columns(batch, column, op, other)
        case Compare(column=column, op=op, operand=operand) if not isinstance(operand, Symbol):
            value = operand  # bound here: a name narrowed by the pattern is wide again inside the function
            return lambda batch, masks: _compared(batch, column, op, value)
        case IsIn(column=column, values=values):
            return lambda batch, masks: _is_one_of(batch, column, values)
    raise BadDefinition(f"{predicate!r} is not a bound predicate of the algebra. See anlan.measures.predicate.")


def _is_null(batch: Batch, column: str) -> Mask:
    valid = batch.valid(column)
    return np.zeros(batch.rows, np.bool_) if valid is None else ~valid


def _known(mask: Mask, valid: Mask | None) -> Mask:
    return mask if valid is None else mask & valid


def _compared(batch: Batch, column: str, op: str, value: Scalar | ColumnName) -> Mask:
    if isinstance(value, str):
        return _where_words(batch.texts(column), lambda word: bool(OPERATORS[op](word, value)))
    numbers = batch.numbers(column)
    op, limit = _limit(op, value, numbers.scale)
    return _known(OPERATORS[op](numbers.values, limit), numbers.valid)


def _is_one_of(batch: Batch, column: str, values: Sequence[Scalar]) -> Mask:
    if isinstance(values[0], str):
        return _where_words(batch.texts(column), frozenset(values).__contains__)
    return reduce(operator.or_, [_compared(batch, column, "=", value) for value in values])


def _where_words(texts: Words, is_met: Callable[[str], bool]) -> Mask:
    """Ask once for each word, not once for each record."""
    met = np.fromiter(map(is_met, texts.words), np.bool_, len(texts.words))
    codes = np.flatnonzero(met)
    if len(codes) == 1:
        return _known(texts.codes == codes[0], texts.valid)
    if not len(codes):
        return np.zeros(len(texts.codes), np.bool_)
    return _known(met.take(texts.codes, mode="clip"), texts.valid)


def _limit(op: str, value: Scalar | ColumnName, scale: int) -> tuple[str, int]:
    """The comparison of integers that says the same: 2.5 hours and more are 3 and more."""
    if isinstance(value, datetime.date):
        return op, value.toordinal() - EPOCH
    if not isinstance(value, int | Decimal):
        raise BadDefinition(f"A number cannot be compared with {value!r}. Compare it with a number.")
    exact = Decimal(value).scaleb(scale)
    floor = int(exact // 1) - (1 if exact < 0 and exact % 1 else 0)
    if exact == floor:
        return op, floor
    if op in ("<", "<="):
        return "<=", floor
    if op in (">", ">="):
        return ">", floor
    # nothing equals a fraction: every 64-bit integer lies above this one
    return (">" if op == "<>" else "<"), -(2**63) - 1


def _compared_columns(batch: Batch, column: str, op: str, other: str) -> Mask:
    if batch.is_text(column):
        left_texts, right_texts = batch.texts(column), batch.texts(other)
        ranks = {word: rank for rank, word in enumerate(sorted({*left_texts.words, *right_texts.words}))}
        left, right = _ranked(left_texts, ranks), _ranked(right_texts, ranks)
    else:
        left, right = batch.numbers(column), batch.numbers(other)
    first, second = _of_one_scale(left, right)
    return _known(_known(OPERATORS[op](first, second), left.valid), right.valid)


def _ranked(texts: Words, ranks: Mapping[str, int]) -> Numbers:
    if not texts.words:
        return Numbers(values=np.zeros(len(texts.codes), np.int64), valid=texts.valid)
    by_code = np.array([ranks[word] for word in texts.words], np.int64)
    return Numbers(values=by_code.take(texts.codes, mode="clip"), valid=texts.valid)


def _of_one_scale(left: Numbers, right: Numbers) -> tuple[Any, Any]:
    if left.scale == right.scale:
        return left.values, right.values
    scale = max(left.scale, right.scale)  # as Python's integers: hundredths of a 64-bit number need more than 64 bits
    return _times(left.values, 10 ** (scale - left.scale)), _times(right.values, 10 ** (scale - right.scale))


def _times(values: Integers, factor: int) -> Any:
    return values.astype(object) * factor
