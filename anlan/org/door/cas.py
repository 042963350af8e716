"""CAS, the sign-in service of many universities and their hospitals: a ticket in the address, asked after by python-cas.

Needs the extra `sso`, which is imported only when a service is asked.
"""

from collections.abc import Mapping
from typing import Any

from anlan.org.door.outside import Provider, require_secure, silent

_SPACE = "{http://www.yale.edu/tp/cas}"


def begin(provider: Provider, *, back: str, is_again: bool = False) -> str:
    """Return the address to send the browser to. `back` carries our own state, which the server hands back unchanged.

    With `is_again` the server asks its user, also one whom it knows in this browser.
    """
    require_secure(provider.server)
    return str(_client(provider, back, is_again=is_again).get_login_url())


def finish(
    provider: Provider, said: Mapping[str, str], *, back: str, is_again: bool = False
) -> tuple[str, dict[str, Any]]:
    """Return the user and the attributes behind a ticket; with `is_again` one for which the server just asked its user.

    Raises: OutsideRefused when the server does not vouch for it.
    """
    import requests

    ticket = said.get("ticket", "")
    if not ticket:
        raise silent()
    require_secure(provider.server)
    client = _client(provider, back, is_again=is_again)
    try:
        raw: bytes = client.get_verification_response(ticket)
    except requests.RequestException as error:
        raise silent() from error
    user = _vouched(raw)
    known, attributes, _pgt = client.verify_response(raw)
    if not user or known is None or known.strip() != user:
        raise silent()
    return user, attributes or {}


def _vouched(raw: bytes) -> str:
    """Return the user that the answer names in its place; python-cas looks for one at any depth and takes entities.

    Raises: OutsideRefused for what is no well-formed answer of CAS, or declares a document type.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise silent() from error
    is_success = root.tag == f"{_SPACE}serviceResponse" and [one.tag for one in root] == [
        f"{_SPACE}authenticationSuccess"
    ]
    if not is_success:
        raise silent()
    users = root[0].findall(f"{_SPACE}user")
    if len(users) != 1 or len(users[0]):  # two users, or a name that is cut short by an element in it
        raise silent()
    return str(users[0].text or "").strip()


def _client(provider: Provider, back: str, *, is_again: bool) -> Any:
    import requests
    from cas import CASClientV3

    from anlan.org.door.careful import careful

    session = careful(requests.Session())
    session.hooks["response"].append(lambda answer, **_options: answer.raise_for_status())
    if is_again:
        session.params = {
            "renew": "true"
        }  # python-cas asks for it at the door alone, where the browser could leave it out
    return CASClientV3(service_url=back, server_url=f"{provider.server}/", renew=is_again, session=session)
