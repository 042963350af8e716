"""The append-only log: what was done, to which record, by whom, when it was recorded.

Holds:   the entry format (canonical JSON, salted content hash, leaf hash), `append`, reading entries back; the
         Merkle tree in tiles, the sequencer, signed checkpoints, the check and the proof of a record; witnesses, ours and we as one;
         the destruction of erased content. Receipts have their place here; they are not built yet.
Refuses: updates and deletes of entries, deciding whether a step is allowed, appends by anyone but `flow` and `org`.
Imports: `kernel`. People and institutions stand in entries as ids and codes, so `org` lies above and may append.
"""
