"""How a record may change: the one door through which every write goes.

Holds:   `Register` and `StandingRegister`, `Flow`, `Step`, `Privacy`, `perform()`, deadlines, numbering, evidence
         files, the timeline and the to-do centre; honest times, lawful erasure and what holds a record.
Refuses: a write outside `perform()`, logic in `save` or in signals, any register by name.
Imports: `ledger`, `org`, `kernel`.
"""
