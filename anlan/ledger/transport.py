"""Sending an offer to a witness over HTTP. A witness that is slow, away or verbose holds nobody up for long."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 64 * 1024
Send = Callable[[str, str], tuple[int, str]]


class Unreachable(Exception):
    """The witness did not answer, or answered with what is no text."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A witness stands at one address. Where it sends us elsewhere, that is an answer like any other."""

    def redirect_request(self, *args: object) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_NoRedirect)


def post(url: str, body: str) -> tuple[int, str]:
    """Send text and return status and body. Raises: Unreachable."""
    request = urllib.request.Request(  # noqa: S310  the scheme is checked where the address is read
        url, data=body.encode(), headers={"Content-Type": "text/plain; charset=utf-8"}, method="POST"
    )
    try:
        try:
            with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, answer.read(MOST_BYTES).decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read(MOST_BYTES).decode()
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise Unreachable(str(error)) from error
