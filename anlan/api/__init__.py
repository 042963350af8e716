"""The programs' face: REST under one OpenAPI description. Thin: parse, one call into a room, answer.

Holds:   routes, their schemas, and stable error ids.
Refuses: rules of its own, an operation without an entry in the access policy, imports from `web` and `portal`.
Imports: every room below; never `web` or `portal`.
"""
