"""Steps of a verification, as the verifier of a sealed score words them."""

from __future__ import annotations

import json
from typing import Any

from anlan.ledger.verify import Outcome, Step

SHOWN = 6


def many(name: str, faults: list[str], whole: str) -> Step:
    """Return a step that fails with the first faults, or holds and says `whole`."""
    return fails(name, shortened(faults)) if faults else holds(name, whole)


def shortened(items: list[str]) -> str:
    """Return the first items, and how many more there are."""
    more = f" … and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return "; ".join(items[:SHOWN]) + more


def short(value: Any) -> str:
    """Return a value in at most 120 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:120]}…"


def holds(name: str, said: str) -> Step:
    """Return a step that holds."""
    return Step(name=name, outcome=Outcome.HOLDS, said=said)


def fails(name: str, said: str) -> Step:
    """Return a step that fails."""
    return Step(name=name, outcome=Outcome.FAILS, said=said)
