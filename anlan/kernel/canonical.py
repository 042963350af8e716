"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that hashes agree everywhere.

Beyond JSON's own types these become strings: a date ``2025-03-01``; an aware datetime in UTC with microseconds
``2025-03-01T08:00:00.000000Z``; a UUID in lower case with hyphens; a Decimal in plain notation without needless zeros
(``1.50`` and ``1.5`` are one amount, ``-0`` is ``0``); an enum its value; a tuple an array. Integers outside
±(2^53 - 1) become strings as well, because RFC 8785 numbers are IEEE doubles. Floats, naive datetimes, sets and bytes
have no canonical form here: they are refused.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import rfc8785

from anlan.kernel.errors import NotCanonical

_EXACT = 2**53 - 1


def canonical_json(value: object) -> bytes:
    """Return the value's canonical JSON in UTF-8.

    Raises: NotCanonical, naming the place in the value and its type.
    """
    try:
        return rfc8785.dumps(_plain(value, "$"))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(f"The value cannot be written as canonical JSON: {error}. Mend the text in it.") from error


def canonical_hash(value: object) -> bytes:
    """Return SHA-256 of the value's canonical JSON."""
    return hashlib.sha256(canonical_json(value)).digest()


def _plain(value: object, place: str) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, place)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, Mapping):
        return {_key(key, place): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    return _text(value, place)


def _text(value: object, place: str) -> str:
    match value:
        case uuid.UUID():
            return str(value)
        case Decimal() if value.is_finite():
            return _amount(value)
        case datetime.datetime() if value.tzinfo is not None:
            moment = value.astimezone(datetime.UTC).replace(tzinfo=None)
            return moment.isoformat(timespec="microseconds") + "Z"
        case datetime.datetime():
            raise NotCanonical(f"{place} is a datetime without a time zone. Give it one.")
        case datetime.date():
            return value.isoformat()
    raise NotCanonical(
        f"{place} is a {type(value).__name__}, which has no canonical form. Use text, an integer or a Decimal."
    )


def _amount(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"{place} has the key {key!r}. Keys of canonical JSON are text.")
    return key
