"""Who asks: the session of the staff screens. Writes carry the CSRF token in the header `X-CSRFToken`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from anlan.api.problems import FORGED, UNCHANGED, UNPROVEN, Problem
from anlan.org.door import sessions
from anlan.org.door.passwords import is_expired
from anlan.org.scope import Actor


class StaffSession(APIKeyCookie):
    """The session cookie of a person who has signed in and owes nothing at the door."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=False)  # checked below, after a stranger was turned away

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the person; null for a stranger. Raises: Problem for a forged write and for what is owed at the door."""
        person = request.user
        if not person.is_authenticated:
            return None
        came_by_password = request.session.get(sessions.CAME) != sessions.OUTSIDE
        if came_by_password and (person.must_change_password or is_expired(person, now=timezone.now())):
            raise Problem(403, UNCHANGED, _("Change the password first."))
        if actor_of(request).needs_second_factor and not request.session.get(sessions.FACTOR):
            raise Problem(403, UNPROVEN, _("Show your second factor first."))
        if check_csrf(request):
            raise Problem(403, FORGED, _("The CSRF token is missing or wrong. Send the cookie's value as X-CSRFToken."))
        return person


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that the middleware put on stage."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
