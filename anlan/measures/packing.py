"""Aggregates that differ only in one value, such as one sum for each rule, as a few aggregates of 64-bit numbers.

Each value has *bits* of its own in the number; what a group holds is taken apart after grouping. A set of months always
fits its bits. A sum fits them while the sum of all its records does, and that is checked group by group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from anlan.measures.aggregate import Aggregate, Scan
from anlan.measures.predicate import And, ColumnName, Compare, Predicate, Symbol, conjunction

BITS, PLACES = 15, 4  # four times fifteen bits of a signed number of 64
_LEAST = 3  # fewer aggregates are not worth a pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """At most ``PLACES`` aggregates: ``shared`` without its own condition, each with its condition and alias.

    No record meets two of the conditions.
    """

    shared: Aggregate
    conditions: tuple[Compare, ...]
    aliases: tuple[str, ...]


def packs_of(scan: Scan) -> tuple[Pack, ...]:
    """Return how the scan's aggregates can be packed; those that are in no pack stay as they are."""
    groups: dict[tuple[Aggregate, str], dict[Compare, str]] = {}
    for aggregate, alias in zip(scan.aggregates, scan.aliases, strict=True):
        for condition, shared in _splits(aggregate):
            groups.setdefault((shared, condition.column), {}).setdefault(condition, alias)
    packs: list[Pack] = []
    packed: set[str] = set()
    for (shared, _), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        left = [(condition, alias) for condition, alias in group.items() if alias not in packed]
        if len(left) < _LEAST:
            continue
        packed.update(alias for _, alias in left)
        for start in range(0, len(left), PLACES):
            conditions, aliases = zip(*left[start : start + PLACES], strict=True)
            packs.append(Pack(shared=shared, conditions=conditions, aliases=aliases))
    return tuple(packs)


def _splits(aggregate: Aggregate) -> Iterator[tuple[Compare, Aggregate]]:
    """Every equality with a constant that the aggregate demands, and the aggregate without it."""
    if aggregate.kind not in ("sum", "mask"):
        return
    parts: tuple[Predicate, ...] = aggregate.where.parts if isinstance(aggregate.where, And) else (aggregate.where,)
    for part in parts:
        if isinstance(part, Compare) and part.op == "=" and not isinstance(part.operand, ColumnName | Symbol):
            yield part, replace(aggregate, where=conjunction(other for other in parts if other != part))
