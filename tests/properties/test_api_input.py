"""Whatever is sent, the API answers: below 500, in JSON, and an error as a problem with a stable id."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.api.application import api
from tests.records import list_place

pytestmark = pytest.mark.database
ID = re.compile(r"[a-z]+\.E\d{3}")

# Text from every plane, halves of surrogate pairs and NUL included: JSON can carry all of them.
TEXT = st.text(st.characters(), max_size=12)
WORDS = st.sampled_from(
    ["A", "B", "key_place", "hazard", "inspect_defences", "annul", "qidong-2018", "2025", "2025-12-31", "A3-k3"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | WORDS | st.dates().map(str)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
COLUMNS = st.sampled_from(
    ["occurred_on", "kind", "name", "location", "has_alarm", "inspected_on", "department", "place", "ended_on", "x"]
)


@cache
def operations() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (method, path template, names of query parameters) of every operation in the description."""
    found = []
    for template, item in api.get_openapi_schema()["paths"].items():
        for method, operation in item.items():
            names = tuple(one["name"] for one in operation.get("parameters", []) if one["in"] == "query")
            found.append((method.upper(), template, names))
    return found


@st.composite
def requests(draw: Any, uid: str) -> tuple[str, str, dict[str, str], bytes]:
    """Return method, path, query and body of a request to one of the operations, more or less right."""
    method, template, names = draw(st.sampled_from(operations()))
    parts = st.just(uid) | WORDS | TEXT.filter(lambda text: text and "/" not in text)
    path = re.sub(r"\{\w+\}", lambda _: quote(draw(parts).encode("utf-8", "replace").decode()), template)
    chosen = draw(st.lists(st.sampled_from([*names, "kind", "state", "x"]), max_size=4))
    query = {name: draw(WORDS | TEXT).encode("utf-8", "replace").decode() for name in chosen}
    values = draw(st.dictionaries(COLUMNS, VALUES, max_size=5))
    shaped = st.fixed_dictionaries(
        {},
        optional={
            "institution": WORDS | VALUES,
            "values": st.just(values) | VALUES,
            "reason": SCALARS,
            "version": SCALARS,
        },
    )
    body = draw(
        shaped.map(json.dumps).map(str.encode) | VALUES.map(json.dumps).map(str.encode) | st.binary(max_size=20)
    )
    return method, path, query, body


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_the_api(data, world, li, li_actor, client_as):
    client = client_as(li, raise_request_exception=False)
    place = list_place(world.hospital_a, by=li_actor, name="药房")
    method, path, query, body = data.draw(requests(str(place.uid)))
    kept = {} if method == "GET" else {"data": body, "content_type": "application/json"}
    answer = client.generic(method, path, query_params=query, **kept)

    assert answer.status_code < 500, (method, path, query, body)
    if answer.status_code >= 400 and answer["Content-Type"] == "application/problem+json":
        assert ID.fullmatch(answer.json()["id"])
    elif answer.status_code >= 400:
        assert answer.status_code == 404, "only an address that does not exist is answered by Django's own page"
