"""One-time codes by the clock (RFC 6238, SHA-1, six digits, thirty seconds), reckoned by pyotp: what every authenticator shows."""

import base64
import hmac

import pyotp

STEP_SECONDS = 30
DIGITS = 6
SECRET_LETTERS = 32  # of base32: 160 bits, as the RFC asks
WINDOW = 1  # steps before and after that count: a telephone's clock may be half a minute wrong


def new_secret() -> bytes:
    """Return a new secret of 160 bits."""
    return base64.b32decode(pyotp.random_base32(SECRET_LETTERS))


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step (Unix seconds divided by thirty)."""
    return _totp(secret).generate_otp(step)


def step_at(unix_seconds: float) -> int:
    """Return the time step of a moment."""
    return int(unix_seconds // STEP_SECONDS)


def matching_step(secret: bytes, code: str, *, unix_seconds: float) -> int | None:
    """Return the time step whose code was typed; null when none near the moment has it. Every candidate is compared.

    pyotp's own `verify` tells only whether one matched; which it was decides that a code serves once.
    """
    typed, now, found = code.replace(" ", ""), step_at(unix_seconds), None
    for step in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed.encode()):
            found = step
    return found


def in_letters(secret: bytes) -> str:
    """Return the secret as a person types it into a telephone: base32 in groups of four."""
    text = _base32(secret)
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """Return the `otpauth://` address that a QR code shows to a telephone."""
    return _totp(secret).provisioning_uri(name=account, issuer_name=issuer)


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(_base32(secret), digits=DIGITS, interval=STEP_SECONDS)


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode("ascii").rstrip("=")
