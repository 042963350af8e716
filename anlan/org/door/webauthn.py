"""Security keys and the readers of telephones and computers (WebAuthn): a challenge out, a signed answer back.

Browsers offer it only over HTTPS or on `localhost`, and never for an address of digits; `usable_at` says so for the screen.
"""

import datetime as dt
import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from anlan.org.credentials import Factor
from anlan.org.door.factors import FactorRefused, confirmed
from anlan.org.door.noted import own_change
from anlan.org.models import Person

MOST_KEYS = 10
NAME_LETTERS = 60


def usable_at(origin: str) -> bool:
    """Tell whether a browser offers security keys at this origin (`https://anlan.example.cn`)."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def begin_registering(person: Person, *, origin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for the browser and the state to keep in the session until the answer comes."""
    user = PublicKeyCredentialUserEntity(
        id=f"person/{person.pk}".encode(), name=person.username, display_name=person.name
    )
    known = [key for _row, key in _keys(person)]
    if len(known) >= MOST_KEYS:
        raise FactorRefused("org.E087", _("At most %(count)d security keys.") % {"count": MOST_KEYS})
    options, state = _server(origin).register_begin(
        user,
        known,
        user_verification=UserVerificationRequirement.PREFERRED,
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
    )
    return dict(options), state


@transaction.atomic
def register(
    person: Person, answer: Mapping[str, Any], state: Mapping[str, Any], *, name: str, origin: str, now: dt.datetime
) -> Factor:
    """Keep the key that answered. Raises: FactorRefused when the answer is not the one that was asked for, or the name too long."""
    named = name.strip() or _("Security key")
    if len(named) > NAME_LETTERS:
        raise FactorRefused(
            "org.E097",
            _("The name of the key has %(is)d characters; %(most)d are allowed. Shorten it.")
            % {"is": len(named), "most": NAME_LETTERS},
        )
    try:
        data = _server(origin).register_complete(state, answer)
    except (ValueError, KeyError, TypeError) as error:
        raise _not_right() from error
    key = data.credential_data
    if key is None or any(known.credential_id == key.credential_id for _row, known in _keys(person)):
        raise _not_right()
    with own_change(person, "add_factor") as beside:
        beside["factor_kind"] = Factor.Kind.WEBAUTHN.value
        return Factor.objects.create(
            person=person,
            kind=Factor.Kind.WEBAUTHN,
            name=named,
            data=bytes(key),
            counter=data.counter,
            created_at=now,
            confirmed_at=now,
            used_at=now,
        )


def begin_showing(person: Person, *, origin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for the browser and the state to keep in the session until the answer comes."""
    keys = [key for _row, key in _keys(person)]
    if not keys:
        raise FactorRefused("org.E088", _("No security key is set up for this account."))
    options, state = _server(origin).authenticate_begin(keys, UserVerificationRequirement.PREFERRED)
    return dict(options), state


def show(person: Person, answer: Mapping[str, Any], state: Mapping[str, Any], *, origin: str, now: dt.datetime) -> None:
    """Take a key's answer. Raises: FactorRefused when it is not right, or its count went back (a copied key)."""
    rows = _keys(person)
    try:
        used = _server(origin).authenticate_complete(state, [key for _row, key in rows], answer)
        count = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError) as error:
        raise _not_right() from error
    row = next(row for row, key in rows if key.credential_id == used.credential_id)
    fresh = Factor.objects.filter(pk=row.pk)
    if count or row.counter:
        fresh = fresh.filter(counter__lt=count)
    if not fresh.update(counter=count, used_at=now):
        raise _not_right()


def _keys(person: Person) -> list[tuple[Factor, AttestedCredentialData]]:
    rows = confirmed(person).filter(kind=Factor.Kind.WEBAUTHN)
    return [(row, AttestedCredentialData(bytes(row.data))) for row in rows]


def _server(origin: str) -> Fido2Server:
    host = urlsplit(origin).hostname or ""
    party = PublicKeyCredentialRpEntity(id=host, name="Anlan 安澜")
    return Fido2Server(party, verify_origin=lambda said: said == origin)


def _not_right() -> FactorRefused:
    return FactorRefused("org.E089", _("The security key's answer is not right. Try again with a key of this account."))
