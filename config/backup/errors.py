"""What can go wrong with a backup, with a stable id."""


class BackupError(Exception):
    """A backup cannot be made, read or restored. `code` is stable; the sentence says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
