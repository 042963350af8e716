"""What leaves below `/api/` is for programs: an error that another part of the server worded for people becomes a problem in JSON."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from anlan.api.problems import MISSING, UNREADABLE, Problem, answer

KEPT_HEADERS = ("Allow", "Retry-After")


class ApiAnswersMiddleware:
    """Answers unknown addresses, wrong methods and unreadable requests below `/api/` with `application/problem+json`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = self.get_response(request)
        is_ours = request.path == "/api" or request.path.startswith("/api/")
        if not is_ours or found.status_code < 400 or "json" in found.get("Content-Type", ""):
            return found
        told = answer(_problem(found.status_code))
        for name in KEPT_HEADERS:
            if name in found:
                told[name] = found[name]
        return told


def _problem(status: int) -> Problem:
    words = {
        400: (UNREADABLE, _("The request cannot be read.")),
        404: (MISSING, _("There is nothing here, or it is not for you.")),
        405: ("api.E405", _("This address does not take this method. The header `Allow` names those that it takes.")),
        413: ("api.E413", _("The request is too large.")),
        415: ("api.E415", _("The body is of a type that this address does not take.")),
        429: ("api.E429", _("Too many requests. Wait as long as the header `Retry-After` says.")),
    }
    if status not in words:
        return Problem(status, f"api.E{status}", _("The request was refused."))
    id, message = words[status]
    return Problem(status, id, message)
