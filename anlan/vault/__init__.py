"""Secrets at rest: how a value is encrypted, where its key lies, and the column types that do both.

Holds:   the cipher of a value (AES-256-GCM or SM4-GCM, bound to its place), the key ring outside the database, encrypted columns
         with exact look-up, encrypted files and their folders, the encrypted stream of a backup.
Refuses: a new key where an old one is missing, plain text in an encrypted column, any other search than for the whole value,
         a part of a file that does not open as a whole.
Imports: `kernel`, Django's fields. It knows no register, no record and no person.
"""
