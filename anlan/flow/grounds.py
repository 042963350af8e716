"""The legal grounds on which a record may be erased: instrument and article, declared by content. A request names one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from anlan.flow.errors import DeclarationError, InvalidData


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One ground. `text` says the case in plain words; `is_verified` is false until a person compared it with the source."""

    code: str
    instrument: Any
    article: Any
    text: Any
    clause: str
    is_verified: bool = False


_grounds: dict[str, Ground] = {}


def declare_ground(ground: Ground) -> Ground:
    """Enter a ground. Raises: DeclarationError when another one has the code."""
    known = _grounds.setdefault(ground.code, ground)
    if known is not ground:
        raise DeclarationError("flow.E106", f'Ground "{ground.code}" is declared twice; give one another code.')
    return ground


def all_grounds() -> Mapping[str, Ground]:
    """Return the declared grounds by code, in order of declaration."""
    return MappingProxyType(_grounds)


def find_ground(code: str) -> Ground:
    """Return the ground. Raises: InvalidData naming the known ones."""
    if code not in _grounds:
        message = f'There is no legal ground "{code}"; the known ones are: {", ".join(_grounds)}.'
        raise InvalidData("flow.E051", message, fields={"ground": [message]})
    return _grounds[code]
