"""Random records, people and parties in the small tree: what the access policy is tried on."""

import datetime as dt
import random
import uuid
from typing import Any

from anlan.flow.spec import spec_of
from anlan.ledger.append import append_many
from anlan.ledger.entry import Fact, Origin
from anlan.org.models import Institution, Party, Unit
from anlan.org.parties import Capacity
from anlan.org.roles import Role
from anlan.org.scope import Actor, as_system
from anlan_cn.models import Dispute
from tests.conftest import actor_of
from tests.world import World, employ


def draw_records(world: World, luck: random.Random, model: Any, count: int) -> list[Any]:
    """Store records anywhere: in random institutions and departments, written by somebody or nobody, some about leaders."""
    places = list(Institution.objects.select_related("unit").order_by("pk"))
    spec, rows = spec_of(model), []
    writers = [employ(f"w-{spec.code}-{number}", "w", "recorder", world.emergency_a) for number in range(3)]
    for number in range(count):
        place = luck.choice(places)
        departments = [*Unit.objects.filter(path__startswith=place.unit.path, kind="department"), None]
        row = model(
            uid=uuid.UUID(int=luck.getrandbits(128), version=4),
            institution=place,
            department=luck.choice(departments),
            number=f"X-{number}",
            state=next(iter(spec.states)),
            occurred_on=dt.date(2025, 1, 6),
            recorded_at=dt.datetime(2025, 1, 6, tzinfo=dt.UTC),
            recorded_by=luck.choice([*writers, None]),
            **(
                {"concerns_leaders": luck.random() < 0.3}
                if model is Dispute
                else {"kind": "pharmacy", "name": f"n{number}"}
            ),
        )
        rows.append(row)
    with as_system("test"):
        model.objects.bulk_create(rows)
    return rows


def draw_somebody(luck: random.Random, role: Role, number: int) -> Actor:
    """Store a person with one post of the role at a random unit where it is held."""
    units = [unit for unit in Unit.objects.order_by("pk") if unit.kind in role.held_at]
    return actor_of(employ(f"p{number}", "p", role.code, luck.choice(units)))


def draw_parties(luck: random.Random, records: list[Any], people: list[int | None]) -> None:
    """Make random people parties to half of the records, in random capacities, some of them no longer."""
    Party.objects.bulk_create(
        Party(
            record_uid=row.uid,
            register=spec_of(row).code,
            institution_id=row.institution_id,
            person_id=luck.choice(people),
            capacity=luck.choice(Capacity.values),
            starts_on=dt.date(2025, 1, 1),
            ends_on=luck.choice([None, None, dt.date(2025, 2, 1)]),
        )
        for row in luck.sample(records, k=len(records) // 2)
    )


def write_entries(records: list[Any]) -> None:
    """Give each record the ledger entry of its opening: by it the API finds which register a receipt belongs to."""
    facts = [
        Fact(
            uid=uuid.uuid4(),
            institution_code=row.institution.code,
            register=spec_of(row).code,
            record_uid=row.uid,
            version=1,
            step=spec_of(row).first,
            actor_id=row.recorded_by_id,
            occurred_on=row.occurred_on,
            recorded_at=row.recorded_at,
            origin=Origin(kind="system"),
            content={},
        )
        for row in records
    ]
    append_many([(row.institution_id, fact) for row, fact in zip(records, facts, strict=True)])
