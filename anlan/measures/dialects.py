"""Where the four SQL dialects differ: months of a date, sets of months, division, literals.

Everything else is built once in ``sql.py``. The base class is the portable form, which DuckDB, PostgreSQL and Spark
narrow; SQLite has dates as ISO text and no bit aggregate.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from anlan.measures.errors import UnknownDialect
from anlan.measures.predicate import Scalar

Sql = exp.Expr


def integer(value: int) -> Sql:
    """Return an integer literal."""
    return exp.Literal.number(value) if value >= 0 else exp.Paren(this=exp.Neg(this=exp.Literal.number(-value)))


def bracket(sql: Sql) -> Sql:
    """Return ``sql`` in parentheses where an operator beside it could take it apart."""
    return exp.Paren(this=sql) if isinstance(sql, exp.Binary | exp.Not | exp.Between | exp.Is | exp.In) else sql


def bigint(sql: Sql) -> Sql:
    """Return ``sql`` as a 64-bit integer."""
    return exp.cast(sql, "bigint")


class Dialect:
    """The portable form; ``name`` is SQLGlot's name of the dialect."""

    name = ""

    def text(self, sql: Sql) -> str:
        """Return the statement's text."""
        return sql.sql(dialect=self.name, pretty=True)

    def literal(self, value: Scalar) -> Sql:
        """Return a literal of a predicate."""
        match value:
            case bool():
                return exp.true() if value else exp.false()
            case int():
                return integer(value)
            case Decimal():
                return exp.Literal.number(str(value))
            case datetime.date():
                return exp.cast(exp.Literal.string(value.isoformat()), "date")
            case _:
                return exp.Literal.string(value)

    def parameter(self, name: str) -> Sql:
        """Return a named parameter, bound when the statement runs."""
        return exp.Placeholder(this=name)

    def day_parameter(self, name: str) -> Sql:
        """Return a named parameter that is a date."""
        return self.parameter(name)

    def month(self, day: Sql) -> Sql:
        """Return the month of a date, 1 to 12, as an integer."""
        return exp.cast(exp.Extract(this=exp.var("MONTH"), expression=day), "int")

    def year(self, day: Sql) -> Sql:
        """Return the year of a date as an integer."""
        return exp.cast(exp.Extract(this=exp.var("YEAR"), expression=day), "int")

    def day_of_month(self, day: Sql) -> Sql:
        """Return the day of the month of a date as an integer."""
        return exp.cast(exp.Extract(this=exp.var("DAY"), expression=day), "int")

    def bit(self, position: Sql) -> Sql:
        """Return the integer with one bit set; positions count from 0."""
        return exp.BitwiseLeftShift(this=integer(1), expression=bracket(position))

    def union_of_bits(self, mask: Sql) -> Sql:
        """Return the aggregate that joins masks of one bit."""
        return exp.Anonymous(this="BIT_OR", expressions=[mask])

    def bit_count(self, mask: Sql) -> Sql:
        """Return how many of the low twelve bits are set: copies side by side, every fourth bit, digits summed."""
        spread = exp.Paren(this=exp.Mul(this=bracket(mask), expression=integer(0x200040008001)))
        digits = exp.Paren(this=exp.BitwiseAnd(this=spread, expression=integer(0x111111111111111)))
        return exp.Mod(this=digits, expression=integer(15))

    def quotient(self, above: Sql, below: Sql) -> Sql:
        """Return the integer quotient rounded towards zero; ``below`` is never 0."""
        return exp.Div(this=bracket(above), expression=bracket(below), typed=True)

    def smaller(self, left: Sql, right: Sql) -> Sql:
        """Return the smaller of two integers, neither of them null."""
        return exp.Anonymous(this="LEAST", expressions=[left, right])

    def larger(self, left: Sql, right: Sql) -> Sql:
        """Return the larger of two integers, neither of them null."""
        return exp.Anonymous(this="GREATEST", expressions=[left, right])

    def hundredths(self, amount: Sql) -> Sql:
        """Return a decimal amount in hundredths, as an integer."""
        return bigint(exp.Anonymous(this="ROUND", expressions=[exp.Mul(this=bracket(amount), expression=integer(100))]))

    def flag(self, column: Sql) -> Sql:
        """Return a boolean column as 0 or 1."""
        return exp.cast(column, "int")


class Sqlite(Dialect):
    """Dates are ISO text; booleans are 0 and 1; a set of months is a sum of distinct powers of two."""

    name = "sqlite"

    def literal(self, value: Scalar) -> Sql:
        if isinstance(value, datetime.date):
            return exp.Literal.string(value.isoformat())
        if isinstance(value, bool):
            return integer(int(value))
        return super().literal(value)

    def _piece(self, day: Sql, start: int, length: int) -> Sql:
        piece = exp.Anonymous(this="SUBSTR", expressions=[day, integer(start), integer(length)])
        return exp.cast(piece, "int")

    def month(self, day: Sql) -> Sql:
        return self._piece(day, 6, 2)

    def year(self, day: Sql) -> Sql:
        return self._piece(day, 1, 4)

    def day_of_month(self, day: Sql) -> Sql:
        return self._piece(day, 9, 2)

    def union_of_bits(self, mask: Sql) -> Sql:
        return exp.Sum(this=exp.Distinct(expressions=[mask]))

    def smaller(self, left: Sql, right: Sql) -> Sql:
        return exp.Anonymous(this="MIN", expressions=[left, right])

    def larger(self, left: Sql, right: Sql) -> Sql:
        return exp.Anonymous(this="MAX", expressions=[left, right])

    def flag(self, column: Sql) -> Sql:
        return column


class Postgres(Dialect):
    """Text goes through a driver that formats with percent signs, so those in literals are doubled."""

    name = "postgres"

    def literal(self, value: Scalar) -> Sql:
        if isinstance(value, str):
            return exp.Literal.string(value.replace("%", "%%"))
        return super().literal(value)

    def day_parameter(self, name: str) -> Sql:
        return exp.cast(self.parameter(name), "date")

    def bit_count(self, mask: Sql) -> Sql:
        return exp.Anonymous(this="BIT_COUNT", expressions=[exp.cast(bracket(mask), "bit(12)")])


class DuckDb(Dialect):
    """The engine of the lake."""

    name = "duckdb"

    def month(self, day: Sql) -> Sql:
        return exp.Anonymous(this="MONTH", expressions=[day])

    def year(self, day: Sql) -> Sql:
        return exp.Anonymous(this="YEAR", expressions=[day])

    def day_of_month(self, day: Sql) -> Sql:
        return exp.Anonymous(this="DAY", expressions=[day])

    def bit(self, position: Sql) -> Sql:
        return exp.BitwiseLeftShift(this=exp.cast(integer(1), "int"), expression=bracket(exp.cast(position, "int")))

    def bit_count(self, mask: Sql) -> Sql:
        return exp.Anonymous(this="BIT_COUNT", expressions=[mask])

    def quotient(self, above: Sql, below: Sql) -> Sql:
        return exp.IntDiv(this=bracket(above), expression=bracket(below))


class Spark(Dialect):
    """For regions that own a cluster; tested by text."""

    name = "spark"

    def bit(self, position: Sql) -> Sql:
        return exp.Anonymous(this="SHIFTLEFT", expressions=[integer(1), position])

    def bit_count(self, mask: Sql) -> Sql:
        return exp.Anonymous(this="BIT_COUNT", expressions=[mask])

    def quotient(self, above: Sql, below: Sql) -> Sql:
        return exp.IntDiv(this=bracket(above), expression=bracket(below))


_DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (Sqlite(), Postgres(), DuckDb(), Spark())}


def dialect_of(name: str) -> Dialect:
    """Return the dialect.

    Raises: UnknownDialect.
    """
    try:
        return _DIALECTS[name]
    except KeyError:
        raise UnknownDialect(dialect=name, known=_DIALECTS) from None


def any_of(parts: Sequence[Sql]) -> Sql:
    """Return the disjunction of at least one condition."""
    result = parts[0]
    for part in parts[1:]:
        result = exp.Or(this=bracket(result), expression=bracket(part))
    return result


def all_of(parts: Sequence[Sql]) -> Sql | None:
    """Return the conjunction; None for no condition."""
    result: Sql | None = None
    for part in parts:
        result = bracket_or(part) if result is None else exp.And(this=result, expression=bracket_or(part))
    return result


def bracket_or(sql: Sql) -> Sql:
    """Return ``sql`` in parentheses where it is a disjunction."""
    return exp.Paren(this=sql) if isinstance(sql, exp.Or) else sql
