"""Errors of files in and out: a stable id and a sentence that says what to do."""


class ExchangeError(Exception):
    """Base of all errors of this room."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = str(message)


class BadFile(ExchangeError):
    """The file as a whole cannot be read: not a spreadsheet, locked, too large, or not this register's."""


class NotReady(ExchangeError):
    """The import is not in a state from which it can be committed or cancelled."""


class CannotUndo(ExchangeError):
    """A record of the import moved on since, or the import was undone already."""
