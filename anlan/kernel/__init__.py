"""Values that every room speaks in, and nothing that remembers.

Holds:   period, working-day calendar arithmetic, unit, points (integers in hundredths), dated parameter, citation,
         canonical JSON (RFC 8785).
Refuses: Django, the database, the clock (`today` and `now` are arguments), any name of a register or a country.
Imports: the standard library and small pure libraries; no other room.
"""
