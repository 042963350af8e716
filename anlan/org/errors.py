"""Errors of the organisation: each carries a stable id beside its sentence."""


class OrgError(Exception):
    """Base of all errors of this room. `code` is stable; the sentence is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Unscoped(OrgError):
    """A query or a write was made with nobody acting: fail closed."""


class NotAllowed(OrgError):
    """The acting person may not do this. Views answer 404, so that nothing is learned."""
