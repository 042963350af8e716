"""The rules of the door as the administrator reads them: both password policies, and each role's second factor and limits."""

from typing import Any

from django.conf import settings

from anlan.org.door.limits import limits_of
from anlan.org.door.passwords import POLICIES, asked, policy
from anlan.org.roles import all_roles


def door_rules() -> dict[str, Any]:
    """Return `policies` and `roles` for the page."""
    in_force = policy()
    policies = [{"policy": one, "asked": asked(one), "is_in_force": one is in_force} for one in POLICIES.values()]
    roles = []
    for role in all_roles():
        limits = limits_of((role,), settings.ANLAN_SESSION_LIMITS)
        minutes, hours = limits.idle_seconds // 60, limits.total_seconds // 3600
        roles.append({"role": role, "idle_minutes": minutes, "total_hours": hours})
    return {"policies": policies, "roles": roles}
