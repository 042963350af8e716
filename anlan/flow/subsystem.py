"""The subsystems that registers belong to: their names and icons, declared by content. Menus and manuals group by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from anlan.flow.errors import DeclarationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """One subsystem. `name` and `purpose` may be lazy translations; `icon` is a name of the vendored sprite."""

    code: str
    name: Any
    purpose: Any
    icon: str = "folder"


_subsystems: dict[str, Subsystem] = {}


def declare_subsystem(subsystem: Subsystem) -> Subsystem:
    """Enter a subsystem. Raises: DeclarationError when another one has the code."""
    known = _subsystems.setdefault(subsystem.code, subsystem)
    if known is not subsystem:
        raise DeclarationError("flow.E105", f'Subsystem "{subsystem.code}" is declared twice; give one another code.')
    return subsystem


def all_subsystems() -> Mapping[str, Subsystem]:
    """Return the declared subsystems by code, in order of declaration."""
    return MappingProxyType(_subsystems)


def find_subsystem(code: str) -> Subsystem:
    """Return the subsystem; one that nobody declared is named by its code."""
    return _subsystems.get(code) or Subsystem(code=code, name=code, purpose="")
