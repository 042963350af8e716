"""Canonical JSON (RFC 8785): the same value gives the same bytes everywhere, so that its hash can be checked by anyone."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import rfc8785


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical UTF-8 JSON of a value.

    Dates and times become ISO 8601 text (times in UTC to the microsecond), decimals their plain text, UUIDs hex.
    Raises: TypeError for any other type; rfc8785.IntegerDomainError beyond 2**53.
    """
    plain, is_simple = value, _is_simple(value)
    if not is_simple:
        plain = _plain(value)
        is_simple = _is_simple(plain)
    if is_simple:
        try:
            return _ENCODER.encode(plain).encode("utf-8")
        except UnicodeEncodeError:  # half of a surrogate pair: the library says which
            pass
    return rfc8785.dumps(plain)


# For values without floats, with ASCII keys and safe integers, RFC 8785 is what the standard library's C encoder writes;
# a property test holds the two equal. It makes a ledger entry a quarter cheaper.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_SAFE_INTEGER = 2**53 - 1


def _is_simple(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_SAFE_INTEGER <= value <= _SAFE_INTEGER)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_simple(item) for key, item in value.items())
    return kind is list and all(_is_simple(item) for item in value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, uuid.UUID):
        return value.hex
    raise TypeError(
        f"{type(value).__name__} has no canonical JSON form; turn it into text, a number, a list or a mapping first."
    )
