"""Who asks: the session of the staff screens. Writes carry the CSRF token in the header `X-CSRFToken`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from anlan.api.problems import FORGED, UNCHANGED, Problem
from anlan.org.scope import Actor


class StaffSession(APIKeyCookie):
    """The session cookie of a person who has signed in and has no password to change."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=False)  # checked below, after a stranger was turned away

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the person; null for a stranger. Raises: Problem for a forged write and for a one-time password."""
        person = request.user
        if not person.is_authenticated:
            return None
        if person.must_change_password:
            raise Problem(403, UNCHANGED, _("Change the one-time password first."))
        if check_csrf(request):
            raise Problem(403, FORGED, _("The CSRF token is missing or wrong. Send the cookie's value as X-CSRFToken."))
        return person


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that the middleware put on stage."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
