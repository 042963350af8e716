"""Errors of the flow: a stable id, a sentence that says what happened, to which thing, and what to do."""

from collections.abc import Mapping
from typing import Any


class FlowError(Exception):
    """Base of all errors of this room. `fields` maps a column to its messages where the fault has a place."""

    def __init__(self, code: str, message: str, *, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.fields = dict(fields or {})


class DeclarationError(FlowError):
    """A register's class is declared wrongly; raised while Django loads the models."""


class WrongState(FlowError):
    """The step does not start from the record's state."""


class Refused(FlowError):
    """The acting person may not take the step."""


class InvalidData(FlowError):
    """A value is missing, unknown or wrong; see `fields`."""


class Conflict(FlowError):
    """Somebody else changed the record in the meantime, or a record with the same key exists."""


class BadEvidence(FlowError):
    """A file is too large, empty, or not what its name says."""
