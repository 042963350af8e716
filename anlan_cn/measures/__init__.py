"""The measures of the Chinese programmes. Importing the package declares all of them; it holds no logic of its own.

One file per line of work. A measure reads counted records of one register and never the local extras. An indicator
whose register does not exist yet is absent rather than zero.
"""

from anlan_cn.measures import (
    calendar,
    disputes,
    education,
    hazards,
    key_places,
    mental_health,
    organisation,
    police,
    production,
    quality,
    security,
)

__all__ = [
    "calendar",
    "disputes",
    "education",
    "hazards",
    "key_places",
    "mental_health",
    "organisation",
    "police",
    "production",
    "quality",
    "security",
]
