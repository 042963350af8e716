"""What measures know of the tables they read: registers, their columns, and the institution table.

The live database and the Parquet lake hold the same columns under these names. The facts room builds the schema from
the registers' declarations; tests write it out by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from anlan.measures.errors import BadDefinition, UnknownColumn, UnknownRegister

ColumnType = Literal["int", "bool", "text", "date", "decimal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One typed column. A measure may name no other."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTable:
    """One register as a table of records.

    ``date`` is the day a record belongs to; a standing register's record is in force from it until ``ended``
    (exclusive; null = open). ``counted`` names the flag of records that count; the empty string says that every row of
    the table counts.
    """

    code: str
    table: str
    columns: tuple[Column, ...]
    is_standing: bool = False
    date: str = "occurred_on"
    institution: str = "institution_id"
    ended: str = "ended_on"
    counted: str = "is_counted"
    _types: Mapping[str, ColumnType] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        types: dict[str, ColumnType] = {self.institution: "int", self.date: "date"}
        if self.is_standing:
            types[self.ended] = "date"
        if self.counted:
            types[self.counted] = "bool"
        types.update((column.name, column.type) for column in self.columns)
        object.__setattr__(self, "_types", types)

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type.

        Raises: UnknownColumn, naming the register and the nearest column.
        """
        try:
            return self._types[column]
        except KeyError:
            raise UnknownColumn(register=self.code, column=column, known=self._types) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionTable:
    """The table with one row per institution; every figure is joined to it, so none is lost for want of records."""

    table: str = "org_institution"
    key: str = "unit_id"
    columns: tuple[Column, ...] = ()

    def type_of(self, column: str) -> ColumnType:
        """Return the type of an institution's attribute.

        Raises: UnknownColumn, naming the table and the nearest column.
        """
        for known in self.columns:
            if known.name == column:
                return known.type
        raise UnknownColumn(register=self.table, column=column, known=[known.name for known in self.columns])


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The institution table and the registers by code."""

    institution: InstitutionTable
    registers: tuple[RegisterTable, ...]

    def __post_init__(self) -> None:
        codes = [register.code for register in self.registers]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise BadDefinition(f"Registers declared twice in one schema: {', '.join(twice)}. Keep one of each.")

    def register(self, code: str) -> RegisterTable:
        """Return the register's table.

        Raises: UnknownRegister, naming the nearest register.
        """
        for register in self.registers:
            if register.code == code:
                return register
        raise UnknownRegister(register=code, known=[register.code for register in self.registers])
