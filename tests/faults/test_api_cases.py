"""Generated API cases, valid and invalid: no server error, and no answer that the description of the API does not know."""

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error

from anlan.api.application import description
from anlan.org.models import Person
from anlan.org.scope import Actor
from config.wsgi import application
from tests.records import list_place, report_hazard
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.faults, pytest.mark.slow]
load_all_checks()
ASKED = (
    not_a_server_error,
    *CHECKS.get_by_names(["status_code_conformance", "content_type_conformance", "response_schema_conformance"]),
)
TOKEN = "f" * 32
KNOWN = {
    "code": ["hazard", "key_place", "qidong-2018", "A", "B"],
    "institution": ["A", "B", "C"],
    "step": ["rectify", "verify", "annul", "correct"],
    "year": [2025],
    "register": ["hazard", "key_place"],
    "rubric": ["qidong-2018"],
    "rule": ["A3-k3", "A4-k1"],
}


@pytest.fixture
def open_connection() -> Iterator[None]:
    """Keep the test's connection over requests, as Django's own client does: its transaction is rolled back at the end."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("open_connection")
def test_no_generated_case_breaks_the_api(
    world: World,
    li: Person,
    li_actor: Actor,
    times: Callable[[int, int], int],
    tell: Callable[..., None],
) -> None:
    place, hazard = list_place(world.hospital_a, by=li_actor), report_hazard(world.hospital_a, by=li_actor)
    known = KNOWN | {"uid": [str(place.uid), str(hazard.uid)]}
    cookies = {"sessionid": _session(li), "csrftoken": TOKEN}
    schema = schemathesis.openapi.from_dict(json.loads(description()))
    schema.app = application
    operations = [result.ok() for result in schema.get_all_operations()]
    each = -(-times(150, 10_000) // (2 * len(operations)))
    answered: Counter[int] = Counter()
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try(operation, mode, each, known, cookies, answered)
    assert sum(answered.values()) >= times(150, 10_000)
    assert max(answered) < 500
    tell(
        cases=sum(answered.values()),
        operations=len(operations),
        answers=dict(sorted(answered.items())),
        server_errors=0,
    )


def _try(
    operation: Any,
    mode: GenerationMode,
    count: int,
    known: dict[str, list[Any]],
    cookies: dict[str, str],
    answered: Counter[int],
) -> None:
    """Send `count` cases of one operation; Hypothesis may find fewer different ones, so the rest come from other seeds."""
    done = 0

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def one(data: st.DataObject) -> None:
        nonlocal done
        case = data.draw(operation.as_strategy(generation_mode=mode))
        for place in (case.path_parameters, case.query):
            for name in list(place or {}):
                if name in known and data.draw(st.booleans()):
                    place[name] = data.draw(st.sampled_from(known[name]))
        answer = case.call(cookies=cookies, headers={"X-CSRFToken": TOKEN})
        answered[answer.status_code] += 1
        done += 1
        case.validate_response(answer, checks=ASKED)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(20):
            if done < count:
                one()


def _session(person: Person) -> str:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["factor"] = "totp"
    session.save()
    return client.cookies["sessionid"].value
