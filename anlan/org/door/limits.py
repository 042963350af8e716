"""How long a session may be idle and how long it may last in all, by role. Written `*=120/12 mfa=30/8 reviewer=20/8`:
minutes idle and hours in all, for everyone, for roles that need a second factor, and for one role. The strictest that applies holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from anlan.org.roles import Role

EVERYONE, STRONG = "*", "mfa"
DEFAULT = "*=120/12 mfa=30/8"
_ENTRY = re.compile(r"([a-z*][a-z0-9_-]*|\*)=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds without a request after which a session ends, and seconds after which it ends in any case."""

    idle_seconds: int
    total_seconds: int


def parse(text: str) -> dict[str, Limits]:
    """Return the limits by role code. Raises: ValueError, showing how they are written."""
    found = {EVERYONE: Limits(idle_seconds=120 * 60, total_seconds=12 * 3600)}
    found[STRONG] = Limits(idle_seconds=30 * 60, total_seconds=8 * 3600)
    for entry in text.replace(",", " ").split():
        match = _ENTRY.fullmatch(entry)
        if match is None or "0" in match.group(2, 3):
            raise ValueError(
                f'ANLAN_SESSION_LIMITS holds "{entry}"; write ROLE=MINUTES/HOURS, for example: {DEFAULT} reviewer=20/8.'
            )
        found[match.group(1)] = Limits(idle_seconds=int(match.group(2)) * 60, total_seconds=int(match.group(3)) * 3600)
    return found


def limits_of(roles: tuple[Role, ...], table: Mapping[str, Limits]) -> Limits:
    """Return the strictest limits that apply to somebody with these roles."""
    applying = [table[EVERYONE]]
    for role in roles:
        applying += [table[STRONG]] if role.needs_second_factor else []
        applying += [table[role.code]] if role.code in table else []
    return Limits(
        idle_seconds=min(one.idle_seconds for one in applying),
        total_seconds=min(one.total_seconds for one in applying),
    )
