"""What can be counted, and the engines that count it.

Holds:   the closed algebra of measures, typed predicates, the plan that fuses all aggregates of a register into one
         grouped scan, its lowering to SQL per dialect, the integer expressions of a score, and the catalogue.
Refuses: Django, free SQL text, JSON `extra`, a figure of 0 for want of data.
Imports: `kernel`, and SQLGlot's builders; database drivers are handed in.
"""
