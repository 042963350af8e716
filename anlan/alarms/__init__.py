"""Alarm → escalation → acknowledgement. Not built yet: this room holds its place in the layers.

Holds:   alarms, who is told next when nobody answers, and the delivery channels, one per file.
Refuses: counting a message as delivered before the channel's answer says so.
Imports: `measures`, `facts`, `exchange`, `flow`, `ledger`, `org`, `kernel`; never `duties`.
"""
