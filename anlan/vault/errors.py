"""Errors of the vault: a stable id, and a sentence that says what is missing and where it belongs."""


class VaultError(Exception):
    """Base of all errors of this room."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class KeyMissing(VaultError):
    """A key cannot be had: its file is gone, or the key command failed. Nothing is encrypted or opened without it."""


class BrokenSeal(VaultError):
    """A stored value does not open: it was changed, or copied from another row or column."""


class FileBroken(BrokenSeal):
    """A stored file does not open, or holds other bytes than its name says."""


class FileGone(VaultError):
    """A stored file is not where it belongs."""
