"""Sign-in services outside (OIDC, CAS), off unless `ANLAN_SSO` names a file. Whom they know is mapped to a person who is there already.

Nobody is made and no right is given here: an administrator ties a subject to a person, or the file says that a claim is the user name.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.org.credentials import OutsideIdentity
from anlan.org.errors import Contradiction, OrgError
from anlan.org.models import Person

_log = logging.getLogger("anlan.door")
SECONDS = 10
MOST_BYTES = 2**20
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KNOWN = {"code", "name", "kind", "server", "client_id", "client_secret_file", "match", "claim", "second_factor"}
_NEEDED = {"oidc": ("server", "client_id", "client_secret_file"), "cas": ("server",)}


class OutsideRefused(OrgError):
    """The service outside did not vouch for anybody whom we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One service. `server` is the issuer (OIDC) or the base address (CAS).

    `match` is `link` (an administrator tied the subject to a person) or `username` (`claim` is the user name).
    With `trusts_factor` the service's own second factor counts as ours.
    """

    code: str
    name: str
    kind: str
    server: str
    client_id: str = ""
    client_secret: str = ""
    match: str = "link"
    claim: str = ""
    trusts_factor: bool = False


def providers() -> dict[str, Provider]:
    """Return the services by code; none when no file is named. Raises: OutsideRefused for a file that cannot be used."""
    return _load(settings.ANLAN_SSO) if settings.ANLAN_SSO else {}


def offered() -> tuple[Provider, ...]:
    """Return the services for the sign-in page. A file that cannot be used is logged; passwords go on working."""
    try:
        return tuple(providers().values())
    except OutsideRefused as error:
        _log.error("%s", error)
        return ()


def person_for(provider: Provider, subject: str, claims: Mapping[str, Any]) -> Person:
    """Return the person behind a subject. Raises: OutsideRefused when there is none; nobody is made."""
    found = Person.objects.filter(outside_identities__provider=provider.code, outside_identities__subject=subject)
    person = found.first()
    if person is None and provider.match == "username":
        name = claims.get(provider.claim) if provider.claim else subject
        person = Person.objects.filter(username=name).first() if isinstance(name, str) and name else None
    if person is None or not person.is_active:
        text = _("“%(name)s” knows you, but no account here is tied to it. Ask your administrator.")
        raise OutsideRefused("org.E090", text % {"name": provider.name})
    return person


@transaction.atomic
def link(person: Person, provider: str, subject: str) -> OutsideIdentity:
    """Tie a subject to a person. Whether the caller may is decided before. Raises: Contradiction."""
    if provider not in providers():
        if not providers():
            raise Contradiction("org.E091", "provider", _("No sign-in service is set up; ANLAN_SSO names their file."))
        known = ", ".join(providers())
        raise Contradiction("org.E091", "provider", _("The sign-in service is one of: %(known)s.") % {"known": known})
    subject = subject.strip()
    if not 0 < len(subject) <= 200:
        raise Contradiction("org.E092", "subject", _("Give the subject as the service names it."))
    taken = OutsideIdentity.objects.filter(provider=provider, subject=subject).exclude(person=person)
    if taken.exists():
        raise Contradiction("org.E093", "subject", _("This subject is tied to another person."))
    made, _new = OutsideIdentity.objects.update_or_create(
        provider=provider, person=person, defaults={"subject": subject, "linked_at": timezone.now()}
    )
    return made


def is_linked(person: Person, provider: str) -> bool:
    """Tell whether a person is tied to a service."""
    return OutsideIdentity.objects.filter(person=person, provider=provider).exists()


def unlink(person: Person, provider: str) -> int:
    """Untie a person from a service and return how many ties there were."""
    return OutsideIdentity.objects.filter(person=person, provider=provider).delete()[0]


def require_secure(address: str) -> None:
    """Raise OutsideRefused for an address that is neither HTTPS nor on this machine."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not is_here:
        raise OutsideRefused("org.E094", _("A sign-in service is asked over https only."))


def silent() -> OutsideRefused:
    """Return the error for a service that does not answer as it should."""
    text = _(
        "The sign-in service does not answer as it should. Sign in with user name and password, or try again later."
    )
    return OutsideRefused("org.E095", text)


@lru_cache(maxsize=4)
def _load(path: str) -> dict[str, Provider]:
    import yaml

    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        found = [_provider(entry) for entry in entries]
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        raise OutsideRefused("org.E096", f"The file {path} named by ANLAN_SSO cannot be used: {error}") from error
    return {one.code: one for one in found}


def _provider(entry: dict[str, Any]) -> Provider:
    if unknown := set(entry) - _KNOWN:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(_KNOWN))}")
    kind, code = str(entry["kind"]), str(entry["code"])
    if kind not in _NEEDED or not _CODE.fullmatch(code):
        raise ValueError(f'"{code}": `kind` is oidc or cas, `code` has small letters, digits and -')
    if wanting := [name for name in _NEEDED[kind] if not entry.get(name)]:
        raise ValueError(f'"{code}" lacks {", ".join(wanting)}')
    if entry.get("match", "link") not in ("link", "username") or entry.get("second_factor", "own") not in (
        "own",
        "trusted",
    ):
        raise ValueError(f'"{code}": `match` is link or username, `second_factor` is own or trusted')
    secret = entry.get("client_secret_file")
    return Provider(
        code=code,
        name=str(entry.get("name", code)),
        kind=kind,
        server=str(entry["server"]).rstrip("/"),
        client_id=str(entry.get("client_id", "")),
        client_secret=Path(secret).read_text(encoding="utf-8").strip() if secret else "",
        match=str(entry.get("match", "link")),
        claim=str(entry.get("claim", "preferred_username" if kind == "oidc" else "")),
        trusts_factor=entry.get("second_factor") == "trusted",
    )
