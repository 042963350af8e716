"""Asks for the password, and the second factor where there is one, before a view that changes how somebody comes in, or decides much."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from anlan.org.door import again
from anlan.org.door.factors import has_factor
from anlan.org.models import Person

View = Callable[..., HttpResponseBase]


def asks_again(view: View) -> View:
    """Let the view go on only where both were shown within five minutes; else lead there and back to the page."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person: Person = request.user  # type: ignore[assignment]
        if again.is_fresh(request, person, now=timezone.now()):
            return view(request, *args, **kwargs)
        return _lead(request)

    return asked


def asks_again_with_factor(view: View) -> View:
    """Do the same for a view that asks for the password itself: only somebody with a second factor is led away."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person: Any = request.user
        return asks_again(view)(request, *args, **kwargs) if has_factor(person) else view(request, *args, **kwargs)

    return asked


def safe_next(request: HttpRequest, wanted: str) -> str:
    """Return the page that was wanted, or the account's page where it lies elsewhere."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("web:me")


def _lead(request: HttpRequest) -> HttpResponse:
    """Lead to the question. What was sent is not kept: afterwards the page from which it came opens, to send it again."""
    wanted = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
    address = f"{reverse('web:again')}?{urlencode({'next': safe_next(request, wanted)})}"
    if request.content_type == "application/json":
        return JsonResponse({"next": address})
    return redirect(address)
