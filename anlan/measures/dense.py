"""A plan as DuckDB statements without a join: the registers of a range of institutions side by side, row by row.

Thirty joins of a hundred thousand groups cost half as much as the scans that they join. So each register is grouped
together with the *spine*, the ids of the range, which gives every institution a row even without a record; tables of
the same institutions in the same order are then read side by side by a positional join, which costs nothing. The order
is not taken on trust: ``checks`` compares the ids of every row, and what does not fit is put right by ``repair``.

``lake.py`` runs these statements; ``sql.py`` has the form for live databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlglot import exp

from anlan.measures.aggregate import Aggregate, Scan, spanning
from anlan.measures.dialects import Sql, all_of, any_of, bigint, dialect_of, integer
from anlan.measures.packing import BITS, Pack, packs_of
from anlan.measures.plan import Plan
from anlan.measures.sql import KEY, Lowering, Statement, filtered

SPINE = "anlan_spine"
_RECORD = "anlan_is_record"  # true for a record, null for an id of the spine
_MISFITS = "anlan_misfits"  # not 0 where the quick statement's answer for the institution does not hold
_LARGEST = 2**62 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseTable:
    """One register: what ``quick`` takes for granted of the lake's order or of small sums, ``plain`` does not."""

    name: str
    quick: Statement
    plain: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class DensePlan:
    """Statements of one range, all with the parameters ``institution_low`` and ``institution_high``, inclusive.

    ``spine`` and the tables are queries to keep under their names, in this order; ``figures`` reads them and answers as
    ``sql.lower`` does, and in order of institution.
    """

    spine: Statement
    tables: tuple[DenseTable, ...]
    figures: Statement
    key: str

    def checks(self) -> str:
        """Return a query of one row: for each table whether it holds the spine's institutions, in the spine's order."""
        fits = []
        for table in self.tables:
            fit = f"{table.name}.{KEY} IS NOT DISTINCT FROM {SPINE}.{self.key}"
            if table.quick != table.plain:
                fit += f" AND coalesce({table.name}.{_MISFITS}, 0) = 0"
            fits.append(f"bool_and({fit})")
        beside = " ".join(f"POSITIONAL JOIN {table.name}" for table in self.tables)
        return f"SELECT {', '.join(fits)} FROM {SPINE} {beside}"  # noqa: S608  (names of our own schema)

    def repair(self, table: DenseTable) -> str:
        """Return a query that gives the table the spine's institutions, in order."""
        return (
            f"SELECT {SPINE}.{self.key} AS {KEY}, {table.name}.* EXCLUDE ({KEY}) FROM {SPINE} "  # noqa: S608  (the same)
            f"LEFT JOIN {table.name} ON {table.name}.{KEY} = {SPINE}.{self.key} ORDER BY 1"
        )


@lru_cache(maxsize=64)
def lower_dense(plan: Plan, columns: tuple[str, ...], *, is_closed: bool = False) -> DensePlan:
    """Return the plan's statements, with only the named columns in the answer; ``is_closed`` as in ``sql.lower``."""
    return _DenseLowering(plan, dialect_of("duckdb"), is_closed=is_closed).dense(columns)


class _DenseLowering(Lowering):
    """Lowers each register's scan with the spine among its records."""

    def dense(self, columns: Sequence[str]) -> DensePlan:
        """Return every statement."""
        table = self._plan.schema.institution
        self._used = {}
        within = self._within_reach(exp.column(table.key))
        spine = exp.select("*").from_(exp.to_table(table.table)).where(within).order_by(exp.column(table.key))
        spine_statement = self._finished(spine)
        tables = tuple(self._dense_table(scan) for scan in self._plan.scans)
        self._used = {}
        return DensePlan(
            spine=spine_statement, tables=tables, figures=self._finished(self._beside(columns)), key=table.key
        )

    def _beside(self, columns: Sequence[str]) -> exp.Select:
        query = self._parts(SPINE)
        for scan in self._plan.scans:
            beside = exp.alias_(exp.to_table(_name(scan)), scan.register.code, table=True)
            query.append("joins", exp.Join(this=beside, method="POSITIONAL"))
        named = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns]
        return exp.select(exp.column(KEY), *named).from_(self._levels(query).subquery("sheet", copy=False))

    def _dense_table(self, scan: Scan) -> DenseTable:
        plain = self.scan_statement(scan)
        quick = plain
        if _counts_values_only(scan):
            quick = self._run_lengths(scan)
        elif packs := packs_of(scan):
            quick = self._packed(scan, packs)
        return DenseTable(name=_name(scan), quick=quick, plain=plain)

    def _scan(self, scan: Scan) -> exp.Select:
        columns = self._aggregates(scan)
        if _counts_values_only(scan) or packs_of(scan):
            columns.append(exp.alias_(integer(0), _MISFITS))
        return self._grouped(columns, self._records(scan), scan)

    def _records(self, scan: Scan) -> exp.Select:
        records = exp.select("*", exp.alias_(exp.true(), _RECORD)).from_(exp.to_table(scan.register.table))
        if where := self._where(scan):
            records = records.where(where, copy=False)
        return records

    def _grouped(self, columns: Sequence[Sql], records: exp.Select, scan: Scan) -> exp.Select:
        ids = exp.alias_(exp.column(self._plan.schema.institution.key), scan.register.institution)
        union = exp.Union(this=records, expression=exp.select(ids).from_(SPINE), distinct=False, by_name=True)
        query = exp.select(*columns).from_(union.subquery("records", copy=False))
        return query.group_by(exp.column(scan.register.institution), copy=False)

    def _run_lengths(self, scan: Scan) -> Statement:
        """Count values that differ from the record before: in a lake sorted by institution and value, the distinct ones.

        A record that comes after a larger one is counted as misplaced; then the answer does not hold.
        """
        self._used = {}
        aggregate, key = scan.aggregates[0], scan.register.institution
        value, earlier_key, earlier = exp.column(aggregate.column), exp.column("earlier_key"), exp.column("earlier")
        known = exp.Not(this=exp.Is(this=value, expression=exp.null()))
        conditions = [part for part in (self._where(scan), known) if part is not None]
        previous = [exp.alias_(_previous(key), "earlier_key"), exp.alias_(_previous(aggregate.column), "earlier")]
        ordered = exp.select(exp.column(key), value, *previous).from_(exp.to_table(scan.register.table))
        ordered = ordered.where(all_of(conditions), copy=False)
        other = exp.NullSafeNEQ(this=exp.column(key), expression=earlier_key)
        same = exp.EQ(this=exp.column(key), expression=earlier_key.copy())
        is_first = any_of([other, exp.NEQ(this=value.copy(), expression=earlier)])
        below = exp.And(this=same, expression=exp.LT(this=value.copy(), expression=earlier.copy()))
        is_misplaced = any_of([exp.LT(this=exp.column(key), expression=earlier_key.copy()), below])
        compared = exp.select(
            exp.column(key), exp.alias_(is_first, "is_first"), exp.alias_(is_misplaced, "is_misplaced")
        )
        columns = [
            exp.alias_(exp.column(key), KEY),
            exp.alias_(_count_where("is_first"), scan.aliases[0]),
            exp.alias_(_count_where("is_misplaced"), _MISFITS),
        ]
        return self._finished(self._grouped(columns, compared.from_(ordered.subquery("ordered", copy=False)), scan))

    def _packed(self, scan: Scan, packs: tuple[Pack, ...]) -> Statement:
        """Group with the packed aggregates, then take them apart.

        Negative numbers and sums too large for their bits are counted as misfits.
        """
        self._used = {}
        taken_apart: dict[str, Sql] = {}
        numbers: list[Sql] = []
        for index, pack in enumerate(packs):
            name = f"pack_{index}"
            numbers.append(exp.alias_(self._pack(scan, pack), name))
            for place, alias in enumerate(pack.aliases):
                moved = exp.BitwiseRightShift(this=exp.column(name), expression=integer(place * BITS))
                low = exp.BitwiseAnd(this=exp.Paren(this=moved), expression=integer(2**BITS - 1))
                taken_apart[alias] = exp.alias_(low, alias)
        sums = dict.fromkeys(pack.shared for pack in packs if pack.shared.kind == "sum")
        misfit = any_of([self._is_misfit(scan, shared) for shared in sums]) if sums else exp.false()
        pairs = zip(scan.aggregates, scan.aliases, strict=True)
        kept = [(aggregate, alias) for aggregate, alias in pairs if alias not in taken_apart]
        rest = replace(scan, aggregates=tuple(each for each, _ in kept), aliases=tuple(alias for _, alias in kept))
        columns = [*self._aggregates(rest), *numbers, exp.alias_(exp.cast(misfit, "int"), _MISFITS)]
        grouped = self._grouped(columns, self._records(scan), scan).subquery("packed", copy=False)
        outer = [taken_apart.get(alias, exp.column(alias)) for alias in scan.aliases]
        return self._finished(exp.select(exp.column(KEY), *outer, exp.column(_MISFITS)).from_(grouped))

    def _pack(self, scan: Scan, pack: Pack) -> Sql:
        """Multiply each record's number by the place of the condition that it meets; a record that meets none is null."""
        lowering = self._conditions(pack.shared.years_back)
        places = [
            exp.If(this=lowering.condition(condition), true=bigint(integer(2 ** (place * BITS))))
            for place, condition in enumerate(pack.conditions)
        ]
        where = self._own_conditions(scan, pack.shared, spanning(scan.days))
        if pack.shared.kind == "mask":
            bit = bigint(self._bit(pack.shared))
            return filtered(self._dialect.union_of_bits(exp.Mul(this=bit, expression=exp.Case(ifs=places))), where)
        low = exp.BitwiseAnd(this=bigint(self._summand(scan, pack.shared)), expression=integer(2**BITS - 1))
        total = exp.Sum(this=exp.Mul(this=exp.Paren(this=low), expression=exp.Case(ifs=places)))
        return exp.TryCast(this=filtered(total, where), to=exp.DataType.build("bigint"))

    def _is_misfit(self, scan: Scan, shared: Aggregate) -> Sql:
        """Tell whether the sum over all packed records exceeds the bits of one; a negative number reads as a huge one."""
        size = exp.BitwiseAnd(this=bigint(self._summand(scan, shared)), expression=integer(_LARGEST))
        total = filtered(exp.Sum(this=size), self._own_conditions(scan, shared, spanning(scan.days)))
        return exp.GTE(this=exp.Coalesce(this=total, expressions=[integer(0)]), expression=integer(2**BITS))

    def _aggregate_value(self, scan: Scan, aggregate: Aggregate) -> Sql:
        if aggregate.kind == "count":
            return exp.Count(this=exp.column(_RECORD))
        return super()._aggregate_value(scan, aggregate)

    def _months_in_force(self, scan: Scan, aggregate: Aggregate) -> Sql:
        months = super()._months_in_force(scan, aggregate)
        return exp.Case(ifs=[exp.If(this=exp.column(_RECORD), true=months)])

    def _within_reach(self, key: Sql) -> Sql | None:
        low, high = self._plain_parameter("institution_low"), self._plain_parameter("institution_high")
        return exp.Between(this=key, low=low, high=high)


def _name(scan: Scan) -> str:
    return f"anlan_groups_{scan.register.code}"


def _counts_values_only(scan: Scan) -> bool:
    return [aggregate.kind for aggregate in scan.aggregates] == ["distinct"]


def _previous(column: str) -> Sql:
    return exp.Window(this=exp.Anonymous(this="LAG", expressions=[exp.column(column)]))


def _count_where(flag: str) -> Sql:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=exp.column(flag)))
