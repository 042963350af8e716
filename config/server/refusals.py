"""Answers that the server gives itself, before a worker is taken: too large, too slow, too many. Made once and kept."""

from dataclasses import dataclass
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy

from config.outage import PROBLEM, problem
from config.server.limits import MIB

Headers = list[tuple[bytes, bytes]]
CHINESE, ENGLISH = "zh-hans", "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not served. `id` is stable; `most_mb` stands in the message where it names a size."""

    status: int
    id: str
    title: Any
    message: Any
    retry_seconds: int = 0
    most_mb: int = 0


UNCLEAR = Refusal(
    status=400,
    id="server.E087",
    title=gettext_lazy("The request cannot be read"),
    message=gettext_lazy(
        "The request says in two ways how long it is. Nothing was saved; a proxy on the way may be at fault."
    ),
)
TOO_SLOW = Refusal(
    status=408,
    id="server.E083",
    title=gettext_lazy("The request came too slowly"),
    message=gettext_lazy("The request did not arrive in time. Nothing was saved; look at your network and try again."),
)
TOO_MANY = Refusal(
    status=429,
    id="server.E084",
    title=gettext_lazy("Too many requests at once"),
    message=gettext_lazy("Too many requests of your address are open. Nothing was saved; wait a little and try again."),
    retry_seconds=10,
)
FULL = Refusal(
    status=503,
    id="server.E085",
    title=gettext_lazy("The server is busy"),
    message=gettext_lazy("The server has no room for this request at the moment. Nothing was saved; try again soon."),
    retry_seconds=10,
)

NO_ROOM = Refusal(
    status=503,
    id="server.E086",
    title=gettext_lazy("The server is busy"),
    message=gettext_lazy(
        "The server has no room for this answer at the moment. What you sent was worked on; look, then try again soon."
    ),
    retry_seconds=10,
)


def too_large(most: int) -> Refusal:
    """Return the refusal of a body that is larger than `most` bytes."""
    return Refusal(
        status=413,
        id="api.E413",
        title=gettext_lazy("The request is too large"),
        message=gettext_lazy("A request may have %(most)d MB in all. Nothing was saved; send fewer files at a time."),
        most_mb=most // MIB,
    )


def answer(refusal: Refusal, *, path: str, headers: Headers) -> tuple[Headers, bytes]:
    """Return headers and body of a refusal: a problem for programs, a page for people. The connection ends with it."""
    is_api = path.startswith("/api/")
    body = _made(refusal.id, refusal.most_mb, _language(headers, is_api=is_api), is_api, refusal)
    kind = PROBLEM if is_api else "text/html; charset=utf-8"
    said: Headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
        (b"connection", b"close"),
    ]
    if refusal.retry_seconds:
        said.append((b"retry-after", str(refusal.retry_seconds).encode()))
    return said, body


@lru_cache(maxsize=64)
def _made(_id: str, _most: int, language: str, is_api: bool, refusal: Refusal) -> bytes:
    with translation.override(language):
        message = str(refusal.message)
        if refusal.most_mb:
            message = message % {"most": refusal.most_mb}
        if is_api:
            return problem(refusal.id, message).encode()
        return render_to_string("refused.html", {"title": refusal.title, "message": message}).encode()


def _language(headers: Headers, *, is_api: bool) -> str:
    """Pages speak Chinese until somebody switches; a program says what it wants, as in `anlan.web.middleware`."""
    said = {name.lower(): value.decode("latin-1") for name, value in headers}
    try:
        cookie = SimpleCookie(said.get(b"cookie", "")).get(settings.LANGUAGE_COOKIE_NAME)
    except CookieError:
        cookie = None
    wish = cookie.value if cookie else said.get(b"accept-language", "") if is_api else ""
    return ENGLISH if wish.startswith(ENGLISH) else CHINESE
