"""Through PgBouncer in transaction mode, two sessions of the server for everybody: each gets what is theirs and nothing else."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from anlan.facts.live import live_engine
from anlan.org.models import Person
from anlan.org.scope import as_system
from anlan_cn.models import KeyPlace
from tests.meta.access_table import TABLE
from tests.meta.test_access_matrix import (
    ADDRESSES,
    TRIED,
    _cases,
    _leaks,
    _outcome,
    _people,
    _send,
    _targets,
    _wanted,
    filled,
    people,
    targets,
)
from tests.pooler import pooler, through
from tests.records import list_place
from tests.world import World

__all__ = ["people", "targets"]  # fixtures

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("not config.getoption('--postgres')", reason="a pooler of PostgreSQL"),
]
# What they answer depends on what others asked before them: the matrix asks each alone and undoes it.
LEFT_OUT = frozenset({"portal:checkpoint", "web:factor-telephone", "web:factor-qr"})
ROLES_EACH, THREADS = 1, 6
PASSWORD = "Anlan-2025-right"


@pytest.fixture
def standing(world: World) -> tuple[dict[tuple[str, str], KeyPlace], dict[str, Person]]:
    """As in the access matrix, but committed: the sessions of the pooler see it."""
    places = _targets(world)
    return places, _people(world, places)


def test_each_role_reaches_through_a_pooler_exactly_what_the_policy_says(targets, people, client_as):
    """The access matrix, reading: every address with some roles in turn, from six threads at once."""
    clients = {role: client_as(people[role]).cookies for role in TRIED}
    roles = itertools.cycle(TRIED)
    tasks: list[Callable[[], str]] = []
    for address in ADDRESSES:
        if address.key in LEFT_OUT:
            continue
        for role in (next(roles) for _ in range(ROLES_EACH if "GET" in address.methods else 0)):
            tasks += [
                _question(clients, address, role, relation, target, targets[target])
                for relation, target in _cases(role)
            ]
    with pooler(connection.settings_dict) as folder:
        said = through(folder, tasks, threads=THREADS)
    assert len(said) > 200
    if faults := [str(one) for one in said if one]:
        pytest.fail("\n".join(faults), pytrace=False)


def _question(clients: Any, address: Any, role: str, relation: str, target: Any, place: KeyPlace) -> Callable[[], str]:
    entry = TABLE[address.key]
    where, values = filled(address, entry, target, place, sheet_of=role)

    def ask() -> str:
        client = Client()
        client.cookies = clients[role]
        answer: Any = _send(client, "GET", where, entry, values)
        found, wanted, leaked = _outcome(answer, entry), _wanted(entry, role, relation), _leaks(answer, role)
        if found in ("no such method", wanted) and not leaked:
            return ""
        return f"{address.key}, {role} × {relation}: {found} ({answer.status_code}), the policy says {wanted}; shows {leaked}"

    return ask


def test_mixed_people_sign_in_write_and_read_through_a_pooler(world, li, zhao, qian, zhou, li_actor, zhao_actor):
    """Eight browsers: sign in, list, read, write and score their own place, ask for the neighbour's, sign out."""
    places = {
        "A": (li, list_place(world.hospital_a, by=li_actor, name="A的药房")),
        "B": (zhao, list_place(world.hospital_b, by=zhao_actor, name="B的药房")),
    }
    for person in (li, zhao):
        person.set_password(PASSWORD)
        person.save()
    tasks = [_day(places, own) for own in ("A", "B") * 12]
    with pooler(connection.settings_dict) as folder:
        said = through(folder, tasks, threads=8)
    assert said == [[302, 200, True, False, 200, 404, 302, 302]] * 24
    with as_system("test"):
        counts = [KeyPlace.objects.filter(institution=one).count() for one in (world.hospital_a, world.hospital_b)]
    assert counts == [13, 13]


def _day(places: dict[str, Any], own: str) -> Callable[[], list[Any]]:
    other = "B" if own == "A" else "A"
    (person, place), (_neighbour, foreign) = places[own], places[other]
    numbers = itertools.count()

    def spend() -> list[Any]:
        client = Client(REMOTE_ADDR=f"10.0.{own == 'A':d}.{next(numbers) + 1}")
        signed = client.post("/sign-in/", {"username": person.username, "password": PASSWORD}).status_code
        at = {"place": own, "year": 2025, "register": "key_place"}
        listed = client.get(reverse("web:list", kwargs=at))
        text = listed.content.decode()
        read = client.get(reverse("web:record", kwargs=at | {"uid": place.uid})).status_code
        hidden = client.get(reverse("web:record", kwargs=at | {"uid": foreign.uid})).status_code
        written = client.post(reverse("web:new", kwargs=at), _form(own)).status_code
        out = client.post("/sign-out/").status_code
        return [
            signed,
            listed.status_code,
            f"{own}的药房" in text,
            f"{other}的药房" in text,
            read,
            hidden,
            written,
            out,
        ]

    return spend


def _form(own: str) -> dict[str, str]:
    words = {"occurred_on": "2025-02-03", "kind": "pharmacy", "name": f"{own}的库房", "location": "二层"}
    return words | {"key": uuid.uuid4().hex, "version": "0"}


def test_a_score_is_reckoned_through_a_pooler_by_everybody_at_once(world):
    """What a score prepares is asked of the session at hand: another one may not have it, and another client may have made it."""
    from tests.unit.facts.test_live import whole_score

    with pooler(connection.settings_dict) as folder:
        said = through(folder, [lambda: whole_score(world.hospital_a.pk, live_engine())] * 12, threads=THREADS)
    assert said == [said[0]] * 12
    assert len(said[0]) == 8
