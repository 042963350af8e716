"""Rules for every page: it opens in Chinese, what is owed at the door comes first, what one may not see does not exist."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from anlan.org.door import sessions
from anlan.org.door.factors import has_factor
from anlan.org.door.outside import offered
from anlan.org.door.passwords import is_expired
from anlan.org.errors import NotAllowed
from anlan.org.models import Person
from anlan.org.scope import Actor

ENROLMENT = ["factors", "factor-telephone", "factor-qr", "factor-new-key"]


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
    """Sends a person to the page of what they owe at the door (a new password, a second factor); turns NotAllowed into 404.

    The API answers such a person itself, with a problem that a program can read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            not request.path.startswith("/api/")
            and (door := owed_by(request))
            and request.path not in _open_paths(door)
        ):
            return _whole_page(request, redirect(f"web:{door}"))
        return _whole_page(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Answer 404 where a room refused: a refusal would tell that the thing is there."""
        if isinstance(error, NotAllowed):
            raise Http404 from error


def owed_by(request: HttpRequest) -> str:
    """Return the page on which the person must do something before anything else; empty when they may go on.

    A one-time or old password comes first, then the second factor: shown in this session, or set up.
    """
    person = request.user
    if not isinstance(person, Person):
        return ""
    has_password_to_change = person.must_change_password or is_expired(person, now=timezone.now())
    if has_password_to_change and request.session.get(sessions.CAME) != sessions.OUTSIDE:
        return "password"
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or not actor.needs_second_factor or request.session.get(sessions.FACTOR):
        return ""
    return "factor" if has_factor(person) else "factors"


def _open_paths(door: str) -> set[str]:
    names = ["password", "again", "factor", "factor-key", "sign-out", "language", "theme"]
    names += ENROLMENT if door == "factors" else []
    services = {reverse(f"web:{way}", args=(one.code,)) for one in offered() for way in ("outside", "outside-back")}
    return {reverse(f"web:{name}") for name in names} | services


def _whole_page(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Let the browser go where a fragment was sent away to: a sign-in form has no place inside a panel."""
    away = answer.get("Location", "")
    doors = (reverse("web:sign-in"), reverse("web:again"), reverse("web:password"), reverse("web:factors"))
    if not getattr(request, "htmx", False) or not away.startswith(doors):
        return answer
    whole = HttpResponse(status=204)
    whole["HX-Redirect"] = away if away.startswith(doors[1:]) else doors[0]
    return whole
