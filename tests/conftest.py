"""Personas and fixtures that every test may use. A persona has two forms: the person (`li`) and the actor (`li_actor`).

Li runs the office of hospital A, Qian and Zhou record for its emergency and medical departments, Wang directs it and
Tang is in its assessment group. Zhao runs the office of hospital B and sees nothing of A. Chen reviews district 1
(A and B), Feng district 2 (C). Shen audits district 1. Guan administers the city. Bai holds no post.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from anlan.org.door import again
from anlan.org.models import Person
from anlan.org.posts import actor_for
from anlan.org.scope import Actor, acting
from tests.looking import let_tests_look
from tests.network import guard_sockets
from tests.world import World, build_world, employ

_QUICK = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("quick", max_examples=50, **_QUICK)
hypothesis_settings.register_profile("ci", max_examples=200, derandomize=True, print_blob=True, **_QUICK)
hypothesis_settings.register_profile("deep", max_examples=3000, **_QUICK)
hypothesis_settings.load_profile("quick")  # another one: pytest --hypothesis-profile=ci


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres", action="store_true", help="run on PostgreSQL: ANLAN_DATABASE_URL, or a server started for the run"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error::treebeard.deprecation.RemovedInTreebeard8Warning")
    if settings.SETTINGS_MODULE != "tests.settings":
        raise pytest.UsageError(
            "Tests run with DJANGO_SETTINGS_MODULE=tests.settings, so that they never touch a real home."
        )


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    with pytest.MonkeyPatch.context() as patch:
        guard_sockets(patch)
        yield


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are matched in English; a request still speaks the language that it asks for."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def tests_look() -> Iterator[None]:
    """See `tests.looking`; nothing on SQLite."""
    with pytest.MonkeyPatch.context() as patch:
        if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
            let_tests_look(patch)
        yield


@pytest.fixture
def world(db: None) -> World:
    """The tree: province, city, two districts, hospitals A, B, C and departments."""
    return build_world()


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def li(world: World) -> Person:
    return employ("li", "李敏", "office", world.hospital_a.unit)


@pytest.fixture
def qian(world: World) -> Person:
    return employ("qian", "钱芳", "recorder", world.emergency_a)


@pytest.fixture
def zhou(world: World) -> Person:
    return employ("zhou", "周强", "recorder", world.medicine_a)


@pytest.fixture
def wang(world: World) -> Person:
    return employ("wang", "王建国", "director", world.hospital_a.unit)


@pytest.fixture
def tang(world: World) -> Person:
    return employ("tang", "唐静", "assessor", world.hospital_a.unit)


@pytest.fixture
def zhao(world: World) -> Person:
    return employ("zhao", "赵磊", "office", world.hospital_b.unit)


@pytest.fixture
def chen(world: World) -> Person:
    return employ("chen", "陈岚", "reviewer", world.district_1)


@pytest.fixture
def feng(world: World) -> Person:
    return employ("feng", "冯涛", "reviewer", world.district_2)


@pytest.fixture
def shen(world: World) -> Person:
    return employ("shen", "沈洁", "auditor", world.district_1)


@pytest.fixture
def guan(world: World) -> Person:
    return employ("guan", "管宁", "administrator", world.city)


@pytest.fixture
def bai(db: None) -> Person:
    return Person.objects.create_user("bai", name="白雪")


# ── the same people, acting ─────────────────────────────────────────────────────────────────────────────────────────────


def actor_of(person: Person) -> Actor:
    """Return the actor that a person is today."""
    return actor_for(person, today=timezone.localdate())


@pytest.fixture
def li_actor(li: Person) -> Actor:
    return actor_of(li)


@pytest.fixture
def qian_actor(qian: Person) -> Actor:
    return actor_of(qian)


@pytest.fixture
def zhou_actor(zhou: Person) -> Actor:
    return actor_of(zhou)


@pytest.fixture
def wang_actor(wang: Person) -> Actor:
    return actor_of(wang)


@pytest.fixture
def tang_actor(tang: Person) -> Actor:
    return actor_of(tang)


@pytest.fixture
def zhao_actor(zhao: Person) -> Actor:
    return actor_of(zhao)


@pytest.fixture
def chen_actor(chen: Person) -> Actor:
    return actor_of(chen)


@pytest.fixture
def feng_actor(feng: Person) -> Actor:
    return actor_of(feng)


@pytest.fixture
def shen_actor(shen: Person) -> Actor:
    return actor_of(shen)


@pytest.fixture
def guan_actor(guan: Person) -> Actor:
    return actor_of(guan)


@pytest.fixture
def bai_actor(bai: Person) -> Actor:
    return actor_of(bai)


@pytest.fixture
def acting_as() -> Callable[[Person | Actor], AbstractContextManager[Actor]]:
    """Let somebody act: `with acting_as(li): …`. Takes a person or an actor."""

    def begin(who: Person | Actor) -> AbstractContextManager[Actor]:
        return acting(actor_of(who) if isinstance(who, Person) else who)

    return begin


@pytest.fixture
def client_as() -> Callable[..., Client]:
    """Return a browser in which the person is signed in: `client_as(li).get(…)`. Null means a stranger."""

    def begin(person: Person | None, **options: Any) -> Client:
        client = Client(**options)
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            session = (
                client.session
            )  # as somebody who showed a second factor; test_factors.py shows what happens without
            session["factor"] = "totp"
            session[again.KEY] = again.mark(session.session_key, person, now=timezone.now())
            session.save()
        return client

    return begin


# ── the access log's guards ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session", autouse=True)
def emptied_databases() -> Iterator[None]:
    """A test in real transactions empties every table afterwards; on SQLite the log's guards step aside for that alone."""
    from django.db import connection

    from anlan.org import access_guard

    kind = type(connection.ops)  # the class: beside a browser's event loop there is another connection
    original = kind.sql_flush

    def flush(ops: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        return [*access_guard.take("sqlite"), *original(ops, style, tables, **options), *access_guard.put("sqlite")]

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setattr(kind, "sql_flush", flush)
        yield
