"""Errors of the ledger: each carries a stable id beside its sentence."""


class LedgerError(Exception):
    """Base of the errors of this room that a person can mend. `code` is stable; the sentence is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
