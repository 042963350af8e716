"""Files in and out.

Holds:   spreadsheet templates, reading XLSX and CSV, the dry run that names each bad cell, committing a batch all or
         nothing, undoing it, archive packages that prove themselves.
Refuses: a write past `perform()`'s rules, formulas, archives that unpack beyond their limits, guessing at a bad cell.
Imports: `flow`, `ledger`, `org`, `kernel`; never `facts`. Spreadsheet libraries are imported lazily.
"""
