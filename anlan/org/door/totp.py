"""One-time codes by the clock (RFC 6238, SHA-1, six digits, thirty seconds): what every authenticator on a telephone reckons."""

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
WINDOW = 1  # steps before and after that count: a telephone's clock may be half a minute wrong


def new_secret() -> bytes:
    """Return a new secret of 160 bits, as the RFC asks."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step (Unix seconds divided by thirty)."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(unix_seconds: float) -> int:
    """Return the time step of a moment."""
    return int(unix_seconds // STEP_SECONDS)


def matching_step(secret: bytes, code: str, *, unix_seconds: float) -> int | None:
    """Return the time step whose code was typed; null when none near the moment has it. Every candidate is compared."""
    typed, now, found = code.replace(" ", ""), step_at(unix_seconds), None
    for step in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed.encode()):
            found = step
    return found


def in_letters(secret: bytes) -> str:
    """Return the secret as a person types it into a telephone: base32 in groups of four."""
    text = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """Return the `otpauth://` address that a QR code shows to a telephone."""
    query = {"secret": in_letters(secret).replace(" ", ""), "issuer": issuer}
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{urlencode(query, quote_via=quote)}"
