"""What can be counted, and the engines that count it.

Holds:   the closed algebra of measures, typed predicates, the plan that fuses all aggregates of a register into one
         grouped scan, its lowering to SQL per dialect, the lake's engines (DuckDB, and runs for a sorted lake; see
         ``opening.open_lake``), the integer expressions of a score, and the catalogue.
Refuses: Django, free SQL text, JSON `extra`, a figure of 0 for want of data.
Imports: `kernel`, SQLGlot's builders, DuckDB; `runs` also pyarrow and numpy. Live database drivers are handed in.
"""
