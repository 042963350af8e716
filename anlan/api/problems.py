"""Errors as problems in JSON: a stable id, a sentence, and messages per field. Bad input never ends in a server error."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from anlan.assessment.errors import AssessmentError, UnknownInstitution, UnknownRubric, UnknownRule
from anlan.flow.errors import BadEvidence, Conflict, FlowError, InvalidData, Refused, WrongState
from anlan.flow.reading import NotThere
from anlan.kernel.parameter import UnknownParameter
from anlan.org.errors import NotAllowed

MISSING = "api.E001"
STRANGER = "api.E002"
FORGED = "api.E003"
UNCHANGED = "api.E004"
UNREADABLE = "api.E005"
INVALID = "api.E006"
OTHER_USE = "api.E007"
UNPROVEN = "api.E008"
ERASED = "api.E009"

_STATUS: tuple[tuple[type[FlowError], int], ...] = (
    (InvalidData, 422),
    (BadEvidence, 422),
    (Refused, 403),
    (WrongState, 409),
    (Conflict, 409),
)


class ProblemSchema(Schema):
    """What went wrong. `id` is stable; `fields` maps a field to its messages where the fault has a place."""

    id: str
    message: str
    fields: dict[str, list[str]] = {}


class Problem(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, id: str, message: str, *, fields: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.id, self.message, self.fields = status, id, message, dict(fields or {})

    def body(self) -> ProblemSchema:
        """Return what the response says."""
        fields = {name: [str(line) for line in lines] for name, lines in self.fields.items()}
        return ProblemSchema(id=self.id, message=str(self.message), fields=fields)


class Missing(Problem):
    """What is hidden and what does not exist answer alike."""

    def __init__(self) -> None:
        super().__init__(404, MISSING, _("There is nothing here, or it is not for you."))


def answer(problem: Problem) -> HttpResponse:
    """Return the response of a problem."""
    body = problem.body()
    return HttpResponse(body.model_dump_json(), status=problem.status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    """Let the API answer every error that its rooms raise with a problem."""
    for kind, translate in _TRANSLATIONS.items():
        api.add_exception_handler(kind, _handler(translate))


def _handler(translate: Any) -> Any:
    def handle(_request: HttpRequest, error: Any) -> HttpResponse:
        return answer(translate(error))

    return handle


def _from_flow(error: FlowError) -> Problem:
    if error.code == "flow.E010":  # an unknown step is an unknown address
        return Missing()
    if error.code == "flow.E086":
        return Problem(409, OTHER_USE, error.message, fields=error.fields)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    return Problem(status, error.code, error.message, fields=error.fields)


def _from_assessment(error: AssessmentError) -> Problem:
    if isinstance(error, UnknownRubric | UnknownRule | UnknownInstitution):
        return Missing()
    return Problem(422, error.id, str(error))


def _from_validation(error: ValidationError) -> Problem:
    """A wrong path is a missing thing; a wrong query or body is bad data. The first part of a place names where it was read."""
    fields: dict[str, list[str]] = {}
    for entry in error.errors:
        place = [str(part) for part in entry["loc"]]
        if place[0] == "path":
            return Missing()
        named = [part for part in place[1:] if part not in ("query", "body", "data")] or place[-1:]
        fields.setdefault(".".join(named), []).append(str(entry["msg"]))
    return Problem(422, INVALID, _("Some values are not right."), fields=fields)


def _from_http(error: HttpError) -> Problem:
    return Problem(error.status_code, UNREADABLE, str(error))


def _from_stranger(_error: AuthenticationError) -> Problem:
    return Problem(401, STRANGER, _("Sign in first."))


def _missing(_error: Exception) -> Problem:
    return Missing()


def _as_is(problem: Problem) -> Problem:
    return problem


_TRANSLATIONS: dict[type[Exception], Any] = {
    Problem: _as_is,
    FlowError: _from_flow,
    NotThere: _missing,
    NotAllowed: _missing,
    AssessmentError: _from_assessment,
    UnknownParameter: lambda error: Problem(422, "kernel.E004", str(error)),
    ValidationError: _from_validation,
    HttpError: _from_http,
    AuthenticationError: _from_stranger,
}
