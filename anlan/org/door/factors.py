"""Second factors of a person: enrol, show, lose. Codes from a telephone, security keys (`webauthn`), recovery codes.

A secret is kept encrypted under the installation's key, which lies outside the database; a recovery code only as its hash.
"""

import datetime as dt
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from anlan.org.credentials import Factor
from anlan.org.door import pace, totp
from anlan.org.door.noted import own_change
from anlan.org.errors import OrgError
from anlan.org.models import Person
from anlan.org.scope import Actor

RECOVERY_CODES = 10
# Without 0 O 1 l I: recovery codes are read from paper. 57^12 is 70 bits.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NONCE = 12


class FactorRefused(OrgError):
    """A code or key was not accepted. `wait_seconds` says how long the next attempt must wait."""

    def __init__(self, code: str, message: str, *, wait_seconds: int = 0) -> None:
        super().__init__(code, message)
        self.wait_seconds = wait_seconds


def has_factor(person: Person) -> bool:
    """Tell whether the person has a second factor that counts. Recovery codes alone are none."""
    return confirmed(person).exclude(kind=Factor.Kind.RECOVERY).exists()


def confirmed(person: Person) -> QuerySet[Factor]:
    """Return the person's factors that count, oldest first."""
    return Factor.objects.filter(person=person, confirmed_at__isnull=False).order_by("pk")


# ── codes from a telephone ────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def begin_totp(person: Person, *, now: dt.datetime) -> bytes:
    """Return the secret that waits to be confirmed, making one when there is none.

    Raises: FactorRefused when the person has a telephone already.
    """
    fresh = {"data": _close(person, totp.new_secret()), "created_at": now}
    # a page that is opened twice at once finds the secret of the other request
    row, _made = Factor.objects.select_for_update().get_or_create(person=person, kind=Factor.Kind.TOTP, defaults=fresh)
    if row.confirmed_at is not None:
        raise FactorRefused("org.E080", _("A telephone is set up already. Remove it first to set up another."))
    return _open(person, bytes(row.data))


@transaction.atomic
def confirm_totp(person: Person, code: str, *, now: dt.datetime) -> Factor:
    """Let the telephone count once it has shown a right code. Raises: FactorRefused."""
    _require_patience(person, now=now)
    row = Factor.objects.select_for_update().filter(
        person=person, kind=Factor.Kind.TOTP, confirmed_at__isnull=True
    ).first()  # fmt: skip
    if row is None:
        raise FactorRefused("org.E081", _("Nothing waits to be confirmed. Begin again."))
    step = totp.matching_step(_open(person, bytes(row.data)), code, unix_seconds=now.timestamp())
    if step is None:
        raise _wrong()
    with own_change(person, "add_factor") as beside:
        beside["factor_kind"] = row.kind
        row.confirmed_at, row.counter, row.used_at = now, step, now
        row.save(update_fields=["confirmed_at", "counter", "used_at"])
    return row


def show_code(person: Person, code: str, *, now: dt.datetime) -> str:
    """Take a code from a telephone or a recovery code and return the kind that it was. Each code serves once.

    Raises: FactorRefused, also while the person must wait after wrong codes.
    """
    _require_patience(person, now=now)
    bare = code.replace(" ", "").replace("-", "")
    kind = _take_totp(person, bare, now) if bare.isdigit() else _take_recovery(person, bare)
    if not kind:
        pace.factor_failed(person.pk, now=now)
        raise _wrong()
    pace.forget_factor(person.pk)
    return kind


def code_of_today(person: Person, *, now: dt.datetime) -> str:
    """Return the code that the telephone of a synthetic person would show now; empty for everybody else.

    The demo city must be usable without a telephone. Only the demo makes synthetic people.
    """
    row = Factor.objects.filter(person=person, kind=Factor.Kind.TOTP).first() if person.is_synthetic else None
    if row is None:
        return ""
    current = totp.step_at(now.timestamp())
    step = row.counter + 1 if row.counter in range(current, current + totp.WINDOW) else current  # a code serves once
    return totp.code_at(_open(person, bytes(row.data)), step)


def _take_totp(person: Person, code: str, now: dt.datetime) -> str:
    row = confirmed(person).filter(kind=Factor.Kind.TOTP).first()
    if row is None:
        return ""
    step = totp.matching_step(_open(person, bytes(row.data)), code, unix_seconds=now.timestamp())
    if step is None:
        return ""
    # One UPDATE decides: of two requests with the same code, one wins. A counter that no code of now can have reached is void.
    unused = Q(counter__lt=step) | Q(counter__gt=totp.step_at(now.timestamp()) + totp.WINDOW)
    fresh = Factor.objects.filter(unused, pk=row.pk).update(counter=step, used_at=now)
    return Factor.Kind.TOTP.value if fresh else ""


# ── recovery codes ────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def new_recovery_codes(person: Person, *, now: dt.datetime) -> list[str]:
    """Replace the person's recovery codes and return the new ones; they are shown once and kept as hashes."""
    codes = ["".join(secrets.choice(_LETTERS) for _i in range(12)) for _j in range(RECOVERY_CODES)]
    with own_change(person, "recovery_codes") as beside:
        beside["count"] = len(codes)
        Factor.objects.filter(person=person, kind=Factor.Kind.RECOVERY).delete()
        Factor.objects.bulk_create(
            Factor(person=person, kind=Factor.Kind.RECOVERY, data=_hash(person, code), created_at=now, confirmed_at=now)
            for code in codes
        )
    return ["-".join(code[place : place + 4] for place in range(0, 12, 4)) for code in codes]


def _take_recovery(person: Person, code: str) -> str:
    wanted = _hash(person, code)
    for row in confirmed(person).filter(kind=Factor.Kind.RECOVERY):
        if hmac.compare_digest(bytes(row.data), wanted):
            with own_change(person, "use_recovery_code", only_if_changed=True):
                return Factor.Kind.RECOVERY.value if Factor.objects.filter(pk=row.pk).delete()[0] else ""
    return ""


# ── losing one ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def remove(person: Person, factor_id: int, actor: Actor) -> Factor:
    """Remove a factor of one's own. Raises: FactorRefused for the last one of a person whose post asks for one."""
    row = confirmed(person).exclude(kind=Factor.Kind.RECOVERY).filter(pk=factor_id).first()
    if row is None:
        raise FactorRefused("org.E082", _("This factor is gone already."))
    others = confirmed(person).exclude(kind=Factor.Kind.RECOVERY).exclude(pk=row.pk)
    if actor.needs_second_factor and not others.exists():
        raise FactorRefused(
            "org.E083", _("Your post asks for a second factor. Set up another before you remove this one.")
        )
    removed = Factor(person=person, kind=row.kind, name=row.name)
    with own_change(person, "remove_factor") as beside:
        beside |= {"factor_kind": row.kind, "factor_name": row.name}
        row.delete()
        if not others.exists():
            Factor.objects.filter(person=person).delete()
    return removed


def remove_all(person: Person) -> int:
    """Remove every factor of a person, recovery codes included, and return how many there were."""
    pace.forget_factor(person.pk)
    return Factor.objects.filter(person=person).delete()[0]


def _require_patience(person: Person, *, now: dt.datetime) -> None:
    seconds = pace.factor_wait_seconds(person.pk, now=now)
    if seconds:
        text = _("Too many wrong codes. Try again in %(seconds)d seconds.") % {"seconds": seconds}
        raise FactorRefused("org.E085", text, wait_seconds=seconds)


def _wrong() -> FactorRefused:
    return FactorRefused("org.E084", _("The code is not right, or it was used already. Wait for the next one."))


def _key() -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"anlan.org.door.factors")
    return derived.derive(settings.SECRET_KEY.encode())


def _close(person: Person, secret: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key()).encrypt(nonce, secret, f"factor/{person.pk}".encode())


def _open(person: Person, stored: bytes) -> bytes:
    try:
        return AESGCM(_key()).decrypt(stored[:_NONCE], stored[_NONCE:], f"factor/{person.pk}".encode())
    except InvalidTag as error:
        text = _("This factor was set up under another key of the installation. Ask your administrator to reset it.")
        raise FactorRefused("org.E086", text) from error


def _hash(person: Person, code: str) -> bytes:
    return salted_hmac("anlan.org.recovery", f"{person.pk}/{code}", algorithm="sha256").digest()
