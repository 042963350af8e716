"""Programmes as obligations. Not built yet: this room holds its place in the layers.

Holds:   programme (方案) → duties (任务) and quotas with owners and dates, and their progress.
Refuses: scoring (see `assessment`), sending messages (see `alarms`).
Imports: `measures`, `facts`, `exchange`, `flow`, `ledger`, `org`, `kernel`; never `alarms`.
"""
