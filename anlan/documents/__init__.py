"""Official papers (公文). Not built yet: this room holds its place in the layers.

Holds:   kinds of paper, numbering, layout, and the way issue → sign-for → reply.
Refuses: executing code from a template, text that no record or figure supports.
Imports: `assessment`, `signals` and the rooms below them.
"""
