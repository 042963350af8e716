"""Fixtures of the import specs: hospital A's hazard register, checked by Li of its office."""

from collections.abc import Callable
from typing import Any

import pytest

from anlan.exchange.check import Checked, check
from anlan.flow.spec import find_register
from anlan.org.scope import Actor
from tests.world import World


@pytest.fixture
def checked(world: World, li_actor: Actor) -> Callable[..., Checked]:
    """Return a dry run of a sheet by Li in hospital A: `checked(raw, register="hazard", by=None)`."""

    def run(
        raw: bytes, register: str = "hazard", by: Actor | None = None, name: str = "sheet.xlsx", **options: Any
    ) -> Checked:
        return check(find_register(register), world.hospital_a, raw, name=name, by=by or li_actor, **options)

    return run
