"""Random single-row tamperings by SQL, each alone and rolled back after; all are found and located.

A smaller number runs with the suite; `make faults` runs a thousand.
"""

import datetime as dt
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from anlan.flow.drift import all_drift
from anlan.flow.evidence import store
from anlan.flow.hindsight import look_back
from anlan.flow.perform import perform
from anlan.ledger.check import broken_entries, broken_tree
from anlan.ledger.sequencer import Sequencer
from anlan.org.scope import Actor, acting, as_system
from tests.faults.tampering import Tamperer
from tests.papers import pdf
from tests.records import list_place, report_hazard
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.faults]

SEED = int(os.environ.get("ANLAN_TAMPERING_SEED", "20251103"))


class Undo(Exception):
    """Takes a tampering back."""


def findings() -> list[str]:
    """Return what `anlan check` says of ledger, tree, rows and evidence."""
    said = [f"entry {pk}: {fault}" for pk, fault in broken_entries()]
    said += [f"{where}: {fault}" for where, fault in broken_tree()]
    return said + [f"{drift.place} {drift.column}" for drift in all_drift()]


@pytest.fixture
def log(world: World, li_actor: Actor, zhao_actor: Actor) -> None:
    """Two institutions, records in several registers, evidence, 3 tiles of entries, and some that wait."""
    for number in range(110):
        institution, by = (world.hospital_a, li_actor) if number % 2 else (world.hospital_b, zhao_actor)
        place = list_place(institution, by=by, name=f"药房{number}", is_crowded=number % 3 == 0)
        with acting(by):
            perform(place, "correct", by=by, reason="改名", name=f"药房 {number}")
            if number % 5 == 0:
                file = store(f"{number}.pdf", [pdf(str(number % 7))])
                perform(place, "attach", by=by, evidence=[file], at=timezone.now())
        report_hazard(institution, by=by, description=f"第{number}处杂物")
    with as_system("sequencer"):
        Sequencer().run(batch=200)
        look_back(now=timezone.now() + dt.timedelta(hours=1))
    for number in range(6):
        list_place(world.hospital_a, by=li_actor, name=f"新药房{number}")


def test_every_tampering_of_a_single_row_is_found_and_located(
    log: None, times: Callable[[int, int], int], tell: Callable[..., None]
) -> None:
    many = times(60, 1000)
    dice, kinds, missed = random.Random(SEED), Counter[str](), []
    with as_system("faults"):
        assert findings() == []
        while kinds.total() < many:
            try:
                with transaction.atomic():
                    tampering = Tamperer(dice).tamper()
                    found = findings()
                    raise Undo
            except Undo:
                kinds[f"{tampering.table}: {tampering.kind}"] += 1
                if not any(word in line for line in found for word in tampering.told):
                    missed.append((tampering, found))
            except IntegrityError:
                continue  # the database itself refused it: constraints are the first line
        assert findings() == []
    tell(seed=SEED, tamperings=kinds.total(), missed=len(missed), kinds=dict(sorted(kinds.items())))
    assert [one for one, _found in missed] == []
