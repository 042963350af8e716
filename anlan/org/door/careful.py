"""The HTTP session with which sign-in services are asked, for Authlib and python-cas: secure addresses, limits, no redirects.

Needs the extra `sso` (requests); imported only when a service is asked.
"""

import json
import ssl
import time
from io import BytesIO
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from anlan.org.door.outside import MOST_BYTES, SECONDS, require_secure, silent

SessionKind = TypeVar("SessionKind", bound=requests.Session)


class CarefulAdapter(HTTPAdapter):
    """Refuses plain HTTP beyond this machine, answers over 1 MB, and those that take over ten seconds in all.

    Certificates are held against the system's store, in which a hospital keeps its own authority.
    """

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Give connections the system's trusted certificates."""
        super().init_poolmanager(*args, **options, ssl_context=ssl.create_default_context())

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request and read the whole answer within the limits."""
        require_secure(request.url or "")
        until = time.monotonic() + SECONDS
        answer = super().send(request, *args, **{**options, "stream": True, "timeout": SECONDS})
        body = BytesIO()
        try:
            while chunk := answer.raw.read1(65_536, decode_content=True):
                body.write(chunk)
                if body.tell() > MOST_BYTES or time.monotonic() > until:
                    raise requests.exceptions.ConnectionError("The answer is too long or too slow.")
        except HTTPError as error:
            raise requests.exceptions.ConnectionError("The answer broke off.") from error
        finally:
            answer.raw.close()
        answer.raw = BytesIO(body.getvalue())
        return answer


def careful(session: SessionKind) -> SessionKind:
    """Return the session, made careful."""
    session.max_redirects = 0  # a redirect is refused
    for scheme in ("https://", "http://"):
        session.mount(scheme, CarefulAdapter(max_retries=0))
    return session


def fetch(address: str) -> bytes:
    """Return what an address of the service answers.

    Raises: OutsideRefused for plain HTTP beyond this machine, redirects, errors, and answers beyond 1 MB.
    """
    require_secure(address)
    try:
        with careful(requests.Session()) as session:
            answer = session.get(address)
            answer.raise_for_status()
            return answer.content
    except (requests.RequestException, OSError, ValueError) as error:
        raise silent() from error


def fetch_json(address: str) -> dict[str, Any]:
    """Return an answer in JSON. Raises: OutsideRefused."""
    try:
        said = json.loads(fetch(address))
    except ValueError as error:
        raise silent() from error
    if not isinstance(said, dict):
        raise silent()
    return said
