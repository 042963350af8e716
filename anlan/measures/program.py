"""The arithmetic of a plan as one compiled Python function: what the live database's aggregates become for one institution.

A statement of three hundred nested columns costs a database more than the scans that feed it, and more at each run than
Python needs for the same integers. `interpret.py` stays the reference; the tests hold both to one answer.
The function's text is built from the closed algebra only: integers, and names that are made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from anlan.measures.errors import BadExpression
from anlan.measures.expression import (
    Add,
    And,
    Attr,
    BitCount,
    Bound,
    Case,
    Compare,
    Condition,
    Const,
    Fig,
    FloorDiv,
    IfUnknown,
    IsUnknown,
    Max,
    Min,
    Mul,
    Node,
    Not,
    Number,
    Or,
    Ref,
    Slot,
    Sub,
    walk,
)  # fmt: skip
from anlan.measures.expression_facts import condition_may_be_unknown, may_be_unknown
from anlan.measures.plan import Plan

Row = Sequence[int | None]
_JOINED = {
    Add: "{} + {}",
    Sub: "{} - {}",
    Mul: "{} * {}",
    Min: "{0} if {0} <= {1} else {1}",
    Max: "{0} if {0} >= {1} else {1}",
}
_COMPARED = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """`run(row, bounds)` turns one row of aggregates into the values of ``plan.columns()``, in their order.

    Shape: ``row`` is institution_id, then `attributes`, then `slots`; ``bounds`` has an integer for each of `bounds`.
    """

    attributes: tuple[Attr, ...]
    slots: tuple[Slot, ...]
    bounds: tuple[str, ...]
    text: str
    run: Callable[[Row, Mapping[str, int]], Row]


@lru_cache(maxsize=64)
def program_of(plan: Plan) -> Program:
    """Return the plan's program, made once. Raises: BadExpression for a node that is none of the algebra's."""
    leaves = dict.fromkeys(
        node for root in _roots(plan) for node in walk(root) if isinstance(node, Attr | Slot | Bound)
    )
    attributes = tuple(node for node in leaves if isinstance(node, Attr))
    slots = tuple(node for node in leaves if isinstance(node, Slot))
    bounds = tuple(node.parameter for node in leaves if isinstance(node, Bound))
    writer = _Writer(plan)
    text = writer.function(attributes, slots, bounds)
    space: dict[str, Callable[[Row, Mapping[str, int]], Row]] = {}
    exec(compile(text, "<program of a plan>", "exec"), {"__builtins__": {}}, space)  # noqa: S102  our own text, see above
    return Program(attributes=attributes, slots=slots, bounds=bounds, text=text, run=space["run"])


def _roots(plan: Plan) -> Iterator[Number]:
    for figure in plan.figures:
        yield from (expression for _, expression in figure.parts)
    for level in plan.levels:
        yield from (output.expression for output in level)


class _Writer:
    """Writes a line per distinct node, so that equal parts of the tree are reckoned once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._lines: list[str] = []
        self._names: dict[Node, str] = {}
        self._figures = {(figure.name, part): node for figure in plan.figures for part, node in figure.parts}
        self._outputs = {output.name: output.expression for level in plan.levels for output in level}

    def function(self, attributes: tuple[Attr, ...], slots: tuple[Slot, ...], bounds: tuple[str, ...]) -> str:
        leaves: tuple[Number, ...] = (*attributes, *slots)
        for index, leaf in enumerate(leaves):
            self._names[leaf] = f"x{index}"
        for index, name in enumerate(bounds):
            self._names[Bound(name)] = f"b{index}"
        head = ["def run(row, bounds):", f"    (_, {''.join(f'{self._names[leaf]}, ' for leaf in leaves)}) = row"]
        head += [f"    {self._names[Bound(name)]} = bounds[{name!r}]" for name in bounds]
        columns = [self._number(root) for root in _roots(self._plan)]
        return "\n".join([*head, *self._lines, f"    return ({''.join(f'{column}, ' for column in columns)})", ""])

    def _resolve(self, node: Fig | Ref) -> Number:
        return self._outputs[node.name] if isinstance(node, Ref) else self._figures[node.name, node.part]

    def _number(self, node: Number) -> str:
        if isinstance(node, Fig | Ref):
            return self._number(self._resolve(node))
        return self._names[node] if node in self._names else self._kept(node, self._number_text(node))

    def _condition(self, node: Condition) -> str:
        return self._names[node] if node in self._names else self._kept(node, self._condition_text(node))

    def _kept(self, node: Node, text: str) -> str:
        self._names[node] = name = f"t{len(self._names)}"
        self._lines.append(f"    {name} = {text}")
        return name

    def _number_text(self, node: Number) -> str:
        match node:
            case Const(value=value):
                return str(value)
            case Add(left, right) | Sub(left, right) | Mul(left, right) | Min(left, right) | Max(left, right):
                first, second = self._number(left), self._number(right)
                return self._guarded((left, right), _JOINED[type(node)].format(first, second))
            case FloorDiv(left, right):
                above, below = self._number(left), self._number(right)
                return f"None if {above} is None or not {below} else {above} // {below}"
            case IfUnknown(part, otherwise):
                known, other = self._number(part), self._number(otherwise)
                return f"{other} if {known} is None else {known}"
            case Case(branches=branches, otherwise=otherwise):
                taken = "".join(f"{self._number(then)} if {self._condition(when)} else " for when, then in branches)
                return taken + self._number(otherwise)
            case BitCount(masks=masks):
                joined = " & ".join(f"({self._number(mask)} or 0)" for mask in masks)
                return f"(4095 & {joined}).bit_count()" if masks else "0"
        raise BadExpression(f"{node!r} is not a number of the algebra. See anlan.measures.expression.")

    def _condition_text(self, node: Condition) -> str:
        match node:
            case Compare(op, left, right):
                first, second = self._number(left), self._number(right)
                return self._guarded((left, right), f"{first} {_COMPARED[op]} {second}")
            case And(parts):
                return self._kleene(parts, decisive="False", word="and")
            case Or(parts):
                return self._kleene(parts, decisive="True", word="or")
            case Not(part):
                name = self._condition(part)
                return f"None if {name} is None else not {name}"
            case IsUnknown(part):
                return f"{self._condition(part) if isinstance(part, Condition) else self._number(part)} is None"
        raise BadExpression(f"{node!r} is not a condition of the algebra. See anlan.measures.expression.")

    def _guarded(self, parts: Iterable[Number], text: str) -> str:
        """Unknown where a part is."""
        doubtful = [self._number(part) for part in parts if may_be_unknown(part, self._resolve)]
        return f"None if {' or '.join(f'{name} is None' for name in doubtful)} else {text}" if doubtful else text

    def _kleene(self, parts: tuple[Condition, ...], *, decisive: str, word: str) -> str:
        names = [self._condition(part) for part in parts]
        plain = f" {word} ".join(names) or ("True" if word == "and" else "False")
        doubtful = [
            name for name, part in zip(names, parts, strict=True) if condition_may_be_unknown(part, self._resolve)
        ]
        if not doubtful:
            return plain
        decided = " or ".join(f"{name} is {decisive}" for name in names)
        return (
            f"{decisive} if {decided} else None if {' or '.join(f'{name} is None' for name in doubtful)} else {plain}"
        )
