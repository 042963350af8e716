"""Rules for every page: it opens in Chinese, a one-time password is changed first, what one may not see does not exist."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse

from anlan.org.errors import NotAllowed


class OpensInOurLanguage(LocaleMiddleware):
    """Django's locale middleware without the browser's wish: pages open in Chinese until somebody switches.

    The API keeps the wish, since a program says what it wants.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language from the cookie, else the project's own."""
        if not request.path.startswith("/api/") and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            request.META["HTTP_ACCEPT_LANGUAGE"] = settings.LANGUAGE_CODE
        super().process_request(request)


class GateMiddleware:
    """Sends a person with a one-time password to the password page; turns NotAllowed into 404.

    The API answers such a person itself, with a problem that a program can read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_page = not request.path.startswith("/api/")
        if is_page and getattr(request.user, "must_change_password", False) and request.path not in self._open_paths():
            return _whole_page(request, redirect("web:password"))
        return _whole_page(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Answer 404 where a room refused: a refusal would tell that the thing is there."""
        if isinstance(error, NotAllowed):
            raise Http404 from error

    @staticmethod
    def _open_paths() -> set[str]:
        return {reverse(f"web:{name}") for name in ("password", "sign-out", "language", "theme")}


def _whole_page(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Let the browser go where a fragment was sent away to: a sign-in form has no place inside a panel."""
    away = answer.get("Location", "")
    doors = (reverse("web:sign-in"), reverse("web:password"))
    if not getattr(request, "htmx", False) or not away.startswith(doors):
        return answer
    whole = HttpResponse(status=204)
    whole["HX-Redirect"] = away if away.startswith(doors[1]) else doors[0]
    return whole
