"""From figures to points, each with its reason.

Holds:   the rubric (考核细则) as versioned data, its linter, the score arithmetic, the trace from a point to the record
         and the clause, judgements by people.
Refuses: a rubric in code, floating point, a figure that no measure declared, hiding what a cap took away.
Imports: `measures`, `facts`, `exchange`, `flow`, `ledger`, `org`, `kernel`, and the rooms of duties and alarms; never
         `signals`. `arithmetic` imports no Django.
"""
