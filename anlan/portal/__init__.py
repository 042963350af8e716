"""The public's face: pages and addresses that need no account.

Holds:   receipts and the stand-alone verifier, the ledger's checkpoint and tiles, and the witness's door. Disclosure pages,
         complaints and surveys have their place here; they are not built yet.
Refuses: anything internal, sensitive or sealed, imports from `web` and `api`.
Imports: every room below; never `web` or `api`.
"""
