"""Registers as columns.

Holds:   the live tables of one institution and the Parquet lake of a region: which table and columns a register offers
         to measures, and the export that keeps the lake equal to the database.
Refuses: writing to a register, showing anything to a person, the JSON `extra` field.
Imports: `flow`, `ledger`, `org`, `kernel`; never `exchange`.
"""
