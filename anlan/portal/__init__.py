"""The public's face. Not built yet: this room holds its place in the layers.

Holds:   disclosure pages, complaints and surveys for people without an account, in words for everyone.
Refuses: anything internal, sensitive or sealed, imports from `web` and `api`.
Imports: every room below; never `web` or `api`.
"""
