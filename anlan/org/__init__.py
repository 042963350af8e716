"""Who there is and who may see what.

Holds:   the tree commission → institution → department, posts, people, roles, sign-in, scope by subtree × role ×
         sensitivity; what an administrator changes of them; jobs (lease queue). Grids (网格) will live here; their place is kept.
Refuses: an unscoped query (it raises), a default password, records of work (those are registers), a role by name.
Imports: `ledger` (changes of units, people and posts are entries), `kernel`.
"""
