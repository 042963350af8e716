"""Puts the signed-in person on stage for the length of a request; an anonymous request acts as nobody.

What the person reads of sensitive records is noted before the answer leaves: without the note there is no answer.

A session that was idle too long or lasted long enough ends here, before anybody acts.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from anlan.org.access import came_from
from anlan.org.access_collecting import gathering
from anlan.org.door import sessions
from anlan.org.models import Person
from anlan.org.posts import actor_for
from anlan.org.scope import acting


class ActingMiddleware:
    """Sets `request.actor` (null when nobody is signed in) and the acting person of the context."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = came_from.set(str(request.META.get("REMOTE_ADDR") or "")[:45])
        try:
            return self._act(request)
        finally:
            came_from.reset(token)

    def _act(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, Person):
            request.actor = None  # type: ignore[attr-defined]
            return self.get_response(request)
        actor = actor_for(user, today=timezone.localdate())
        if sessions.is_over(request, sessions.limits_for(actor), now=timezone.now()):
            sessions.close(request)
            request.actor = None  # type: ignore[attr-defined]
            return self.get_response(request)
        request.actor = actor  # type: ignore[attr-defined]
        with acting(actor), gathering() as gathered:
            answer = self.get_response(request)
            if _tells_content(answer):
                gathered.write(actor)
            return answer


def _tells_content(answer: HttpResponse) -> bool:
    """Tell whether an answer can show what was read: no redirect does, no refusal, no outage."""
    return answer.status_code not in _TELL_NOTHING and answer.status_code < 500


_TELL_NOTHING = frozenset({204, 301, 302, 303, 304, 307, 308, 401, 403, 404, 405})
