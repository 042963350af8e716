"""CAS, the sign-in service of many universities and their hospitals: a ticket in the address, asked after at the server."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml  # document types are refused before it sees a document

from anlan.org.door.outside import Provider, fetch, require_secure, silent

_SPACE = "{http://www.yale.edu/tp/cas}"


def begin(provider: Provider, *, back: str) -> str:
    """Return the address to send the browser to. `back` carries our own state, which the server hands back unchanged."""
    require_secure(provider.server)
    return f"{provider.server}/login?{urlencode({'service': back})}"


def finish(provider: Provider, said: Mapping[str, str], *, back: str) -> tuple[str, dict[str, Any]]:
    """Return the user and the attributes behind a ticket. Raises: OutsideRefused when the server does not vouch for it."""
    ticket = said.get("ticket", "")
    if not ticket:
        raise silent()
    raw = fetch(f"{provider.server}/p3/serviceValidate?{urlencode({'service': back, 'ticket': ticket})}")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise silent()
    try:
        success = Xml.fromstring(raw).find(f"{_SPACE}authenticationSuccess")  # noqa: S314  no document type, so no entities
    except Xml.ParseError as error:
        raise silent() from error
    user = success.findtext(f"{_SPACE}user", "").strip() if success is not None else ""
    if success is None or not user:
        raise silent()
    found = success.find(f"{_SPACE}attributes")
    return user, {one.tag.rpartition("}")[2]: one.text or "" for one in (found if found is not None else ())}
