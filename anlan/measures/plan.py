"""The planner: measures and outputs in, one fused scan per register out.

Equal aggregates are computed once; each scan asks only for the columns that it needs; the range of days is pushed down
to the scan when every aggregate has one. A plan is a value made once per rubric edition and reused: its SQL text is
cached by identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from anlan.measures import algebra
from anlan.measures.aggregate import Aggregate, Days, Scan
from anlan.measures.catalogue import Measure
from anlan.measures.compilation import compile_figure
from anlan.measures.errors import BadDefinition, BadExpression, DuplicateMeasure, UnknownFigure
from anlan.measures.expression import Fig, Number, Ref, Slot, walk
from anlan.measures.predicate import And, Predicate, conjunction
from anlan.measures.schema import RegisterTable, Schema

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,47}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A named expression over figures and other outputs, such as the points of a category."""

    name: str
    expression: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFigure:
    """A figure and the expression of each of its parts over the slots of the scans."""

    name: str
    figure: algebra.Figure
    parts: tuple[tuple[str, Number], ...]

    def column(self, part: str) -> str:
        """Return the name of the part's column in the result."""
        return f"{self.name}_{part}" if part else self.name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What ``sql.lower`` turns into one statement: scans, figures, and outputs in levels.

    An output reads figures and outputs of earlier levels only, so the nesting of the statement is the number of levels.
    """

    schema: Schema
    scans: tuple[Scan, ...]
    figures: tuple[PlannedFigure, ...]
    levels: tuple[tuple[Output, ...], ...]

    def columns(self) -> tuple[str, ...]:
        """Return the result's columns after institution_id, in order: parts of figures, then outputs."""
        return _columns(self)

    def figure(self, name: str) -> PlannedFigure:
        """Return the planned figure.

        Raises: UnknownFigure, naming the nearest.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise UnknownFigure(name=name, known=[figure.name for figure in self.figures])


@lru_cache(maxsize=64)
def _columns(plan: Plan) -> tuple[str, ...]:
    figures = [figure.column(part) for figure in plan.figures for part, _ in figure.parts]
    return (*figures, *(output.name for level in plan.levels for output in level))


def make_plan(measures: Iterable[Measure], *, schema: Schema, outputs: Iterable[Output] = ()) -> Plan:
    """Return the plan of all measures and of the outputs computed from them.

    Raises: UnknownRegister, UnknownColumn, BadDefinition, DuplicateMeasure; BadExpression when an output names an
    unknown figure, part or output, or when outputs refer to each other in a circle.
    """
    fusion = _Fusion()
    figures: dict[str, PlannedFigure] = {}
    for measure in measures:
        if measure.code in figures:
            raise DuplicateMeasure(code=measure.code)
        parts = compile_figure(measure.definition, schema=schema, want=fusion.want)
        figures[measure.code] = PlannedFigure(name=measure.code, figure=measure.definition, parts=parts)
    listed = tuple(outputs)
    _check_names(figures, listed)
    for output in listed:
        _check_references(output, figures)
    planned = tuple(figures.values())
    return Plan(schema=schema, scans=fusion.scans(), figures=planned, levels=_levels(listed))


def narrowed(plan: Plan, columns: Iterable[str]) -> Plan:
    """Return the plan of the named columns and of what they need, and nothing else.

    A heat map of a nation asks for the points of eight categories: what only the other columns need is not read.
    Raises: UnknownFigure for a column that the plan does not have.
    """
    outputs = {output.name: output for level in plan.levels for output in level}
    figures = {figure.column(part): figure for figure in plan.figures for part, _ in figure.parts}
    wanted: set[str] = set()
    asked: set[str] = set()
    queue = list(columns)
    while queue:
        name = queue.pop()
        if name in figures:
            asked.add(figures[name].name)
        elif name not in outputs:
            raise UnknownFigure(name=name, known=plan.columns())
        elif name not in wanted:
            wanted.add(name)
            nodes = tuple(walk(outputs[name].expression))
            queue += [node.name for node in nodes if isinstance(node, Ref)]
            asked.update(node.name for node in nodes if isinstance(node, Fig))
    kept = tuple(figure for figure in plan.figures if figure.name in asked)
    levels = tuple(tuple(output for output in level if output.name in wanted) for level in plan.levels)
    return Plan(
        schema=plan.schema,
        scans=_narrowed_scans(plan, kept),
        figures=kept,
        levels=tuple(level for level in levels if level),
    )


def _narrowed_scans(plan: Plan, kept: tuple[PlannedFigure, ...]) -> tuple[Scan, ...]:
    parts = [expression for figure in kept for _, expression in figure.parts]
    slots = {(node.scan, node.name) for part in parts for node in walk(part) if isinstance(node, Slot)}
    scans = []
    for scan in plan.scans:
        pairs = zip(scan.aggregates, scan.aliases, strict=True)
        needed = {aggregate: alias for aggregate, alias in pairs if (scan.register.code, alias) in slots}
        if needed:
            scans.append(_scan(scan.register, needed))
    return tuple(scans)


class _Fusion:
    """Collects aggregates by register while definitions are compiled."""

    def __init__(self) -> None:
        self._wanted: dict[RegisterTable, dict[Aggregate, str]] = {}

    def want(self, register: RegisterTable, aggregate: Aggregate) -> Slot:
        """Return the slot of the aggregate; an equal one asked for before shares it."""
        wanted = self._wanted.setdefault(register, {})
        alias = wanted.setdefault(aggregate, f"{aggregate.kind}_{len(wanted) + 1}")
        return Slot(register.code, alias)

    def scans(self) -> tuple[Scan, ...]:
        """Return one scan per register, in order of first use."""
        return tuple(_scan(register, wanted) for register, wanted in self._wanted.items())


def _scan(register: RegisterTable, wanted: Mapping[Aggregate, str]) -> Scan:
    aggregates = tuple(wanted)
    shared = _shared_conditions(aggregates)
    return Scan(
        register=register,
        aggregates=aggregates,
        aliases=tuple(wanted.values()),
        days=_pushed_days(aggregates),
        where=conjunction(shared),
    )


def _shared_conditions(aggregates: tuple[Aggregate, ...]) -> list[Predicate]:
    """Conditions that every aggregate demands, of the same year: the scan demands them once."""
    first, *others = aggregates
    if any(other.years_back != first.years_back for other in others):
        return []
    sets = [_atoms(other.where) for other in others]
    return [atom for atom in _atoms(first.where) if all(atom in atoms for atoms in sets)]


def _atoms(predicate: Predicate) -> tuple[Predicate, ...]:
    return predicate.parts if isinstance(predicate, And) else (predicate,)


def _pushed_days(aggregates: tuple[Aggregate, ...]) -> tuple[Days, ...]:
    """The ranges of days outside which no aggregate counts anything; empty when one of them looks everywhere."""
    ranges: list[Days] = []
    for aggregate in aggregates:
        if aggregate.days is None:
            return ()
        if aggregate.days not in ranges:
            ranges.append(aggregate.days)
    return tuple(ranges)


def _check_names(figures: Mapping[str, PlannedFigure], outputs: tuple[Output, ...]) -> None:
    columns = [figure.column(part) for figure in figures.values() for part, _ in figure.parts]
    columns += [output.name for output in outputs]
    for name in columns:
        if not _NAME.fullmatch(name):
            raise BadDefinition(
                f'"{name}" cannot name a column. Begin with a letter and use at most 48 letters, digits, ".", "-", "_".'
            )
    # SQLite compares the names of columns without regard to case
    folded = [name.lower() for name in ("institution_id", *columns)]
    twice = sorted({name for name in columns if folded.count(name.lower()) > 1})
    if twice:
        raise BadDefinition(f"Figures or outputs share one name: {', '.join(twice)}. Rename one of each.")


def _check_references(output: Output, figures: Mapping[str, PlannedFigure]) -> None:
    for node in walk(output.expression):
        if not isinstance(node, Fig):
            continue
        if node.name not in figures:
            raise BadExpression(f'Output "{output.name}": {UnknownFigure(name=node.name, known=figures)}')
        parts = [part for part, _ in figures[node.name].parts]
        if node.part not in parts:
            raise BadExpression(
                f'Output "{output.name}": figure "{node.name}" has no part "{node.part}". '
                f"Its parts: {', '.join(parts) or 'none'}."
            )


def _levels(outputs: tuple[Output, ...]) -> tuple[tuple[Output, ...], ...]:
    needs = {
        output.name: {node.name for node in walk(output.expression) if isinstance(node, Ref)} for output in outputs
    }
    for name, wanted in needs.items():
        if missing := sorted(wanted - needs.keys()):
            raise BadExpression(f'Output "{name}": {UnknownFigure(name=missing[0], known=needs)}')
    placed: set[str] = set()
    levels: list[tuple[Output, ...]] = []
    while len(placed) < len(outputs):
        level = tuple(output for output in outputs if output.name not in placed and needs[output.name] <= placed)
        if not level:
            circle = ", ".join(sorted(needs.keys() - placed))
            raise BadExpression(f"Outputs refer to each other in a circle: {circle}. Break it.")
        levels.append(level)
        placed.update(output.name for output in level)
    return tuple(levels)
