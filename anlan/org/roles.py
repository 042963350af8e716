"""What a role is. Content declares roles with `declare`; the engine asks only for reach, sensitivity and capabilities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from anlan.org.errors import OrgError


class Reach(StrEnum):
    """How far a role sees from the unit of its post. `case`: only the cases to which its holder is a party."""

    NOTHING = "nothing"
    CASE = "case"
    DEPARTMENT = "department"
    INSTITUTION = "institution"
    SUBTREE = "subtree"


class Group(StrEnum):
    """Where a role stands: the administrator's page lists them so."""

    INSTITUTION = "institution"
    DEPARTMENT = "department"
    COMMISSION = "commission"
    OFFICER = "officer"
    OUTSIDE = "outside"


class Officer(StrEnum):
    """The three officers of a system (三员): nobody holds two of them, and none holds another role."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


class Sensitivity(StrEnum):
    """How delicate a field or register is; see `rank`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SENSITIVE = "sensitive"
    SEALED = "sealed"


SENSITIVITY_ORDER = (Sensitivity.PUBLIC, Sensitivity.INTERNAL, Sensitivity.SENSITIVE, Sensitivity.SEALED)


def rank(sensitivity: Sensitivity) -> int:
    """Return 0 for public up to 3 for sealed."""
    return SENSITIVITY_ORDER.index(sensitivity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role: who may hold it, how far it sees, and what it may do.

    `capabilities` are words that steps and endpoints ask for with the prefix `can:`, for example `can:correct`;
    `routed` ones hold only on cases about an institution's leaders, which its own people do not handle. `heads` marks a
    role whose holder heads the unit of the post and therefore never judges it. `name` and `description` may be lazy
    translations. `mfa_required` asks its holder for a second factor at every sign-in.
    """

    code: str
    name: Any
    description: Any
    reach: Reach
    sensitivity: Sensitivity
    capabilities: frozenset[str] = field(default_factory=frozenset)
    routed: frozenset[str] = field(default_factory=frozenset)
    group: Group = Group.INSTITUTION
    officer: Officer | None = None
    heads: bool = False
    mfa_required: bool = False

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password alone does not open it: by declaration, and whenever it reads what is sealed."""
        return self.mfa_required or self.sensitivity is Sensitivity.SEALED

    @property
    def held_at(self) -> tuple[str, ...]:
        """The kinds of unit at which the role is held: where its reach begins. People from outside have a desk at either."""
        return _HELD_AT[self.reach]

    @property
    def is_exclusive(self) -> bool:
        """Whether its holder may hold no other role: who keeps the doors goes through none."""
        return self.officer is not None or "administer" in self.capabilities

    @property
    def takes_two(self) -> bool:
        """Whether nobody alone gives the role or access to its holder's account: officers, the commission's roles, protectors."""
        return self.is_exclusive or self.needs_second_factor or "protect" in self.capabilities

    def answers_to(self, names: Iterable[str], *, routed: bool = False) -> bool:
        """Tell whether one of the names is this role or a capability of it (`can:…`); `routed` on a case about leaders."""
        able = self.capabilities | self.routed if routed else self.capabilities
        return any(name == self.code or name.removeprefix("can:") in able for name in names)


_HELD_AT = {
    Reach.NOTHING: ("commission",),
    Reach.SUBTREE: ("commission",),
    Reach.INSTITUTION: ("institution",),
    Reach.DEPARTMENT: ("department",),
    Reach.CASE: ("commission", "institution"),
}
_roles: dict[str, Role] = {}


def declare(role: Role) -> Role:
    """Enter a role. Raises: OrgError when another role has the code."""
    known = _roles.setdefault(role.code, role)
    if known is not role:
        raise OrgError("org.E001", f'Role "{role.code}" is declared twice; give one of the two another code.')
    return role


def find_role(code: str) -> Role:
    """Return the role. Raises: OrgError, naming the known codes."""
    if code not in _roles:
        raise OrgError("org.E002", f'Role "{code}" is not declared; known roles: {", ".join(sorted(_roles))}.')
    return _roles[code]


def all_roles() -> tuple[Role, ...]:
    """Return every declared role in the order of declaration."""
    return tuple(_roles.values())
