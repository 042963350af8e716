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


class Contradiction(OrgError):
    """A change contradicts what is there or what a unit, person or post is. `field` names the answer that is wrong; empty for the whole."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(code, message)
        self.field = field
