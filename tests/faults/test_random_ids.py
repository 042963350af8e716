"""Random ids: whoever guesses or collects receipts of others gets nothing. By the ORM, the API and the pages; each role."""

import random
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from anlan.flow.cases import attach_capacities, case_of
from anlan.flow.spec import spec_of
from anlan.org.models import Person
from anlan.org.policy import Sight, visible
from anlan.org.roles import all_roles
from anlan.org.scope import acting
from anlan_cn.models import Dispute, KeyPlace
from tests.access_world import draw_parties, draw_records, draw_somebody, write_entries
from tests.conftest import actor_of
from tests.meta.access_table import FAMILIES
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.faults, pytest.mark.slow]
CHUNK = 500
MODELS = (KeyPlace, Dispute)


def test_random_ids_give_no_foreign_row(
    world: World,
    client_as: Callable[[Person], Client],
    times: Callable[[int, int], int],
    tell: Callable[..., None],
) -> None:
    """Ids of records anywhere, and ids of none: for every role, what comes back is what the policy shows, never more."""
    luck = random.Random(8)
    records = [row for model in MODELS for row in draw_records(world, luck, model, times(60, 1_000))]
    write_entries(records)
    people = {role.code: draw_somebody(luck, role, number).person_id for number, role in enumerate(all_roles())}
    draw_parties(luck, records, list(people.values()))
    stand_ins = {roles[0] for roles in FAMILIES.values()}
    asked = foreign = through_doors = opened = by_doors_opened = 0
    for role, person_id in people.items():
        person = Person.objects.get(pk=person_id)
        seen = _seen(person, records)
        ids = [*luck.choices([row.uid for row in records], k=times(400, 4_500)), *_guessed(luck, times(50, 500))]
        found = _by_orm(person, ids)
        asked, foreign, opened = asked + len(ids), foreign + len(found - seen), opened + len(found)
        if role in stand_ins:
            some = luck.sample(ids, k=times(15, 500))
            foreign += _by_doors(client_as(person), some, seen)
            through_doors += len(some)
            by_doors_opened += sum(uid in seen for uid in some)
    tell(
        roles=len(people),
        ids=asked,
        opened=opened,
        ids_by_api_and_pages=through_doors,
        opened_there=by_doors_opened,
        foreign=foreign,
    )
    assert opened
    assert by_doors_opened
    assert foreign == 0


def _seen(person: Person, records: list) -> set[uuid.UUID]:
    actor = actor_of(person)
    for model in MODELS:
        attach_capacities(spec_of(model), [row for row in records if isinstance(row, model)], actor=actor)
    return {row.uid for row in records if visible(actor, case_of(row, actor=actor)) is not Sight.HIDDEN}


def _guessed(luck: random.Random, count: int) -> list[uuid.UUID]:
    return [uuid.UUID(int=luck.getrandbits(128), version=4) for _number in range(count)]


def _by_orm(person: Person, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    with acting(actor_of(person)):
        for start in range(0, len(ids), CHUNK):
            for model in MODELS:
                found |= set(model.objects.filter(uid__in=ids[start : start + CHUNK]).values_list("uid", flat=True))
    return found


def _by_doors(browser: Client, ids: list[uuid.UUID], seen: set[uuid.UUID]) -> int:
    """Return how many answers were not as the policy says: 200 for what is seen, 404 for everything else."""
    wrong = 0
    for uid in ids:
        wanted = 200 if uid in seen else 404
        for address in (f"/api/v1/records/{uid}", f"/api/v1/records/{uid}/timeline", f"/cases/{uid}/"):
            wrong += browser.get(address).status_code != wanted
    return wrong
