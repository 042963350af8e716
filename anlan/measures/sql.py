"""A plan as one SQL statement: the institution table, flatly joined to one grouped scan per register.

The lake has a form of its own, without joins: ``dense.py``.
Text is built with SQLGlot's expression builders, never by transpiling, and cached by plan, dialect and whether
the period is closed. Days, months and the institution are named parameters. Nesting: one sub-select per register side
by side, and one level around them for each level of outputs. One institution gets its aggregates only, side by side:
``program.py`` does the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from anlan.measures.aggregate import Aggregate, Days, Scan, shifted, spanning
from anlan.measures.dialects import Dialect, Sql, all_of, bigint, bracket_or, dialect_of, integer
from anlan.measures.errors import BadDefinition
from anlan.measures.expression import Attr, Bound, Fig, Number, Ref, Slot
from anlan.measures.expression_sql import ExpressionLowering, Leaf
from anlan.measures.plan import Plan
from anlan.measures.predicate import Always, And, Compare, IsIn, Predicate, conjunction
from anlan.measures.predicate_sql import PredicateLowering, within_any
from anlan.measures.program import program_of

KEY = "institution_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL text with named parameters; the result has institution_id, then the columns that its maker says, in no order."""

    text: str
    parameters: tuple[str, ...]
    dialect: str


@lru_cache(maxsize=256)
def lower(plan: Plan, dialect: str, *, is_closed: bool = False) -> Statement:
    """Return the statement of every institution: institution_id, then ``plan.columns()``.

    ``is_closed`` promises that the as-of day is not before the period's end, so that the ends of the due months need no
    comparison of their own.
    Units:  see ``evaluate``.
    Raises: UnknownDialect.
    """
    return Lowering(plan, dialect_of(dialect), is_closed=is_closed).statement()


@lru_cache(maxsize=256)
def lower_one(plan: Plan, dialect: str, *, is_closed: bool = False) -> Statement:
    """Return the statement of one institution (parameter ``institution``): the row that ``program_of(plan)`` takes.

    Aggregates only, one ungrouped scan of each register through its index; the arithmetic follows in Python.
    Raises: UnknownDialect.
    """
    return Lowering(plan, dialect_of(dialect), is_closed=is_closed, is_one=True).row_statement()


def lower_scans(plan: Plan, dialect: str, *, is_closed: bool = False) -> tuple[Statement, ...]:
    """Return each register's grouped scan as a statement of its own, for benchmarks and for explaining a plan."""
    lowering = Lowering(plan, dialect_of(dialect), is_closed=is_closed)
    return tuple(lowering.scan_statement(scan) for scan in plan.scans)


class Lowering:
    """One lowering: collects the parameters used while it builds the statement."""

    def __init__(self, plan: Plan, dialect: Dialect, *, is_closed: bool, is_one: bool = False) -> None:
        self._plan, self._dialect, self._is_closed, self._is_one = plan, dialect, is_closed, is_one
        self._used: dict[str, None] = {}
        self._outputs = {output.name: output.expression for level in plan.levels for output in level}
        self._numbers = ExpressionLowering(dialect=dialect, leaf=self._leaf, resolve=self._resolve)

    def statement(self) -> Statement:
        return self._finished(self._levels(self._figures()))

    def row_statement(self) -> Statement:
        """Return the statement of one institution; without a group a scan gives one row even where nothing is recorded."""
        program, table = program_of(self._plan), self._plan.schema.institution
        key = exp.column(table.key, table="i")
        query = exp.select(exp.alias_(key, KEY)).from_(exp.alias_(exp.to_table(table.table), "i", table=True))
        leaves: tuple[Leaf, ...] = (*program.attributes, *program.slots)
        for index, leaf in enumerate(leaves):
            query = query.select(exp.alias_(self._leaf(leaf), f"x{index}"), copy=False)
        for scan in self._plan.scans:
            query = query.join(self._scan(scan).subquery(scan.register.code, copy=False), join_type="cross", copy=False)
        return self._finished(query.where(self._is_the_one(key.copy()), copy=False))

    def scan_statement(self, scan: Scan) -> Statement:
        """Return one register's grouped scan."""
        self._used = {}
        return self._finished(self._scan(scan))

    def _finished(self, query: Sql) -> Statement:
        text = self._dialect.text(query)
        return Statement(text=text, parameters=tuple(self._used), dialect=self._dialect.name)

    def _levels(self, query: exp.Select) -> exp.Select:
        for index, level in enumerate(self._plan.levels):
            alias = f"level_{index}"
            columns = [self._named(self._numbers.number(output.expression), output.name) for output in level]
            star = exp.Column(this=exp.Star(), table=exp.to_identifier(alias))
            query = exp.select(star, *columns).from_(query.subquery(alias, copy=False), copy=False)
        return query

    def _figures(self) -> exp.Select:
        table = self._plan.schema.institution
        key = exp.column(table.key, table="i")
        query = self._parts(table.table)
        for scan in self._plan.scans:
            alias = scan.register.code
            on = exp.EQ(this=exp.column(KEY, table=alias), expression=key.copy())
            query = query.join(self._scan(scan).subquery(alias, copy=False), on=on, join_type="left", copy=False)
        return query

    def _parts(self, institutions: str) -> exp.Select:
        """The key and every part of every figure, from the table of institutions; the registers are not joined yet."""
        key = exp.column(self._plan.schema.institution.key, table="i")
        query = exp.select(exp.alias_(key, KEY)).from_(exp.alias_(exp.to_table(institutions), "i", table=True))
        for figure in self._plan.figures:
            for part, expression in figure.parts:
                column = self._named(self._numbers.number(expression), figure.column(part))
                query = query.select(column, copy=False)
        return query

    def _scan(self, scan: Scan) -> exp.Select:
        query = exp.select(*self._aggregates(scan)).from_(exp.to_table(scan.register.table))
        if where := self._where(scan):
            query = query.where(where, copy=False)
        return query if self._is_one else query.group_by(exp.column(scan.register.institution), copy=False)

    def _aggregates(self, scan: Scan) -> list[Sql]:
        """Every aggregate under its alias, after the key where they are grouped by it."""
        key, pushed = exp.column(scan.register.institution), spanning(scan.days)
        columns: list[Sql] = []
        if not self._is_one:
            columns.append(key if scan.register.institution == KEY else exp.alias_(key, KEY))
        for aggregate, alias in zip(scan.aggregates, scan.aliases, strict=True):
            columns.append(exp.alias_(self._aggregate(scan, aggregate, pushed), alias))
        return columns

    def _where(self, scan: Scan) -> Sql | None:
        """What every record of the scan must meet."""
        register, pushed = scan.register, spanning(scan.days)
        lowering = self._conditions(scan.aggregates[0].years_back)
        conditions: list[Sql | None] = [
            self._within_reach(exp.column(register.institution)),
            exp.column(register.counted) if register.counted else None,
            *(lowering.within(pushed) if pushed else [self._within_any(scan.days, lowering)]),
            self._optional(scan.where, lowering),
        ]
        return all_of([condition for condition in conditions if condition is not None])

    def _within_any(self, ranges: tuple[Days, ...], lowering: PredicateLowering) -> Sql | None:
        """Several ranges of days. Of one institution's records too few lie outside of an open one to ask each of them."""
        if self._is_one and any(days.lower is None for days in ranges):
            return None
        return within_any(ranges, lowering)

    def _optional(self, where: Predicate, lowering: PredicateLowering) -> Sql | None:
        return None if isinstance(where, Always) else bracket_or(lowering.condition(where))

    def _aggregate(self, scan: Scan, aggregate: Aggregate, pushed: Days | None) -> Sql:
        where = self._own_conditions(scan, aggregate, pushed)
        value = filtered(self._aggregate_value(scan, aggregate), where)
        return bigint(value) if aggregate.kind in ("sum", "months") else value

    def _own_conditions(self, scan: Scan, aggregate: Aggregate, pushed: Days | None) -> Sql | None:
        """What the aggregate demands of a record beyond what the scan demands of all; None for nothing."""
        lowering = self._conditions(aggregate.years_back)
        shared = scan.where.parts if isinstance(scan.where, And) else (scan.where,)
        own = aggregate.where.parts if isinstance(aggregate.where, And) else (aggregate.where,)
        left = [part for part in own if part not in shared]
        # a row store tests in the order that is written: first what few records meet and one comparison tells
        first = [part for part in left if _picks_few(part)] if self._is_one else []
        conditions = [self._optional(conjunction(first), lowering)]
        if aggregate.days is not None:
            conditions += lowering.within(aggregate.days, pushed=pushed)
        conditions.append(self._optional(conjunction(part for part in left if part not in first), lowering))
        return all_of([condition for condition in conditions if condition is not None])

    def _aggregate_value(self, scan: Scan, aggregate: Aggregate) -> Sql:
        match aggregate.kind:
            case "count":
                return exp.Count(this=exp.Star())
            case "distinct":
                return exp.Count(this=exp.Distinct(expressions=[exp.column(aggregate.column)]))
            case "sum":
                return exp.Sum(this=self._summand(scan, aggregate))
            case "mask":
                return self._dialect.union_of_bits(self._bit(aggregate))
            case "months":
                return exp.Sum(this=self._months_in_force(scan, aggregate))

    def _summand(self, scan: Scan, aggregate: Aggregate) -> Sql:
        """The integer of a record that a sum adds."""
        column: Sql = exp.column(aggregate.column)
        is_decimal = scan.register.type_of(aggregate.column) == "decimal"
        return self._dialect.hundredths(column) if is_decimal else column

    def _bit(self, aggregate: Aggregate) -> Sql:
        """The bit of a record's month or quarter."""
        if aggregate.days is None:
            raise BadDefinition("Periods covered need a window of days. Give the aggregate one.")
        day = exp.column(aggregate.days.column)
        before: Sql = exp.Sub(this=self._dialect.month(day), expression=integer(1))
        if aggregate.per == "quarter":
            before = self._dialect.quotient(before, integer(3))
        return self._dialect.bit(before)

    def _months_in_force(self, scan: Scan, aggregate: Aggregate) -> Sql:
        """Due months from the one in which the record begins to the one before it ends; see ``month_index``."""
        dialect, register = self._dialect, scan.register
        begun: Sql = self._month_index(exp.column(register.date))
        if aggregate.is_whole:
            is_late = exp.GT(this=dialect.day_of_month(exp.column(register.date)), expression=integer(1))
            step = exp.Case(ifs=[exp.If(this=is_late, true=integer(1))], default=integer(0))
            begun = exp.Add(this=begun, expression=step)
        first = self._integer_parameter(shifted("first_month", aggregate.years_back))
        after = self._integer_parameter(shifted("after_due_months", aggregate.years_back))
        ended = exp.Coalesce(this=self._month_index(exp.column(register.ended)), expressions=[after.copy()])
        span = exp.Sub(this=dialect.smaller(ended, after), expression=dialect.larger(begun, first))
        return dialect.larger(span, integer(0))

    def _month_index(self, day: Sql) -> Sql:
        year = exp.Mul(this=self._dialect.year(day), expression=integer(12))
        return exp.Add(this=year, expression=self._dialect.month(day.copy()))

    def _conditions(self, years_back: int) -> PredicateLowering:
        return PredicateLowering(dialect=self._dialect, day=self._day, years_back=years_back)

    def _day(self, name: str) -> Sql:
        stem, _, years = name.rpartition("_")
        stem, years = (stem, years) if years.isdigit() else (name, "")
        if self._is_closed and stem in ("as_of", "month_due_end", "quarter_due_end"):
            name = f"period_end_{years}" if years else "period_end"
        self._used[name] = None
        return self._dialect.day_parameter(name)

    def _integer_parameter(self, name: str) -> Sql:
        self._used[name] = None
        return exp.cast(self._dialect.parameter(name), "bigint")

    def _within_reach(self, key: Sql) -> Sql | None:
        """What holds a scan to the institutions asked for; None for all of them. A lake has ranges of its own."""
        return self._is_the_one(key) if self._is_one else None

    def _is_the_one(self, key: Sql) -> Sql:
        return exp.EQ(this=key, expression=self._plain_parameter("institution"))

    def _plain_parameter(self, name: str) -> Sql:
        self._used[name] = None
        return self._dialect.parameter(name)

    def _named(self, sql: Sql, name: str) -> Sql:
        return exp.alias_(sql, exp.to_identifier(name, quoted=True))

    def _leaf(self, node: Leaf) -> Sql:
        match node:
            case Slot(scan, name):
                return exp.column(name, table=scan)
            case Attr(column, is_bool):
                value = exp.column(column, table="i")
                return bigint(self._dialect.flag(value) if is_bool else value)
            case Bound(parameter):
                return self._integer_parameter(parameter)
            case Fig(name, part):
                return exp.column(exp.to_identifier(self._plan.figure(name).column(part), quoted=True))
            case Ref(name):
                return exp.column(exp.to_identifier(name, quoted=True))

    def _resolve(self, node: Fig | Ref) -> Number:
        if isinstance(node, Ref):
            return self._outputs[node.name]
        return dict(self._plan.figure(node.name).parts)[node.part]


def filtered(aggregate: Sql, where: Sql | None) -> Sql:
    """Return the aggregate over the records that meet the condition."""
    return aggregate if where is None else exp.Filter(this=aggregate, expression=exp.Where(this=where))


def _picks_few(part: Predicate) -> bool:
    return isinstance(part, IsIn) or (isinstance(part, Compare) and part.op == "=")
