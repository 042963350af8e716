"""Signing in through a service outside: to its door, and back. The session then begins as after a password."""

import hmac
import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anlan.org.door import again, cas, oidc, sessions
from anlan.org.door.factors import has_factor
from anlan.org.door.outside import OutsideRefused, Provider, offered, person_for
from anlan.org.models import Person
from anlan.web.second_step import let_in, origin_of, wait_for

KEY = "outside"


@never_cache
@login_not_required
@require_POST
def begin(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the browser to the service's door."""
    service, is_again = _find(provider), isinstance(request.user, Person)
    try:
        if service.kind == "oidc":
            address, kept = oidc.begin(service, back=_back(request, service), is_again=is_again)
        else:
            kept = {"state": secrets.token_urlsafe(32)}
            address = cas.begin(service, back=_back(request, service, kept["state"]), is_again=is_again)
    except OutsideRefused as error:
        return _away(request, error.message)
    request.session[KEY] = {"provider": service.code, "is_again": is_again, **kept}
    return HttpResponseRedirect(address)


@never_cache
@login_not_required
@require_GET
def back(request: HttpRequest, provider: str) -> HttpResponse:
    """Take what the service says, and let in the person whom it vouches for."""
    service = _find(provider)
    kept: dict[str, Any] = request.session.pop(KEY, {})
    try:
        subject, claims = _vouched(request, service, kept)
        person = person_for(service, subject, claims)
    except OutsideRefused as error:
        return _away(request, error.message)
    is_again = bool(kept.get("is_again"))
    is_shown = _was_asked(service, claims, is_again=is_again)
    if is_again and not is_shown:
        text = _("“%(name)s” let you in without asking you once more. Sign out there, then come in again.")
        messages.warning(request, text % {"name": service.name})
    return _let_in(request, person, service, is_shown=is_shown)


def _was_asked(service: Provider, claims: dict[str, Any], *, is_again: bool) -> bool:
    """Tell whether the service asked the person just now. A service that does not say when is believed that it asked as it was told."""
    told = oidc.asked_just_now(claims, now=timezone.now(), within=again.SECONDS) if service.kind == "oidc" else None
    return is_again if told is None else told


def _vouched(request: HttpRequest, service: Provider, kept: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return subject and claims. Raises: OutsideRefused, also for an answer to a question that this browser never asked."""
    said = {name: str(value) for name, value in request.GET.items()}
    state = str(kept.get("state", ""))
    if kept.get("provider") != service.code or not hmac.compare_digest(said.get("state", "").encode(), state.encode()):
        raise OutsideRefused("org.E097", _("The sign-in took too long or was begun elsewhere. Begin again."))
    if service.kind == "oidc":
        return oidc.finish(service, said, kept, back=_back(request, service))
    return cas.finish(service, said, back=_back(request, service, state), is_again=bool(kept.get("is_again")))


def _let_in(request: HttpRequest, person: Person, service: Provider, *, is_shown: bool) -> HttpResponse:
    now = timezone.now()
    if has_factor(person) and not service.trusts_factor:
        wait_for(request, person, next="", moment=now.timestamp(), came=sessions.OUTSIDE)
        return redirect("web:factor")
    factor = "outside" if service.trusts_factor else ""
    let_in(request, person, factor=factor, now=now, came=sessions.OUTSIDE, is_shown=is_shown)
    return redirect("web:start")


def _find(code: str) -> Provider:
    found = next((one for one in offered() if one.code == code), None)
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, service: Provider, state: str = "") -> str:
    path = reverse("web:outside-back", args=(service.code,))
    return origin_of(request) + path + (f"?state={state}" if state else "")


def _away(request: HttpRequest, message: str) -> HttpResponse:
    messages.error(request, message)
    return redirect("web:sign-in")
