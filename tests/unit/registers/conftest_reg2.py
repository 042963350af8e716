"""What the tests of these registers share: a post that may do everything here, legal terms, evidence, short calls."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from anlan.flow.evidence import StoredFile
from anlan.flow.perform import perform
from anlan.flow.register import Register
from anlan.kernel.parameter import Parameter, UnknownParameter, declare_parameter, find_parameter
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting
from anlan_cn.models import KeyPlace
from tests.world import World

AT = dt.datetime(2025, 6, 30, 4, 0, tzinfo=dt.UTC)
PAPER = StoredFile(name="paper.pdf", content_type="application/pdf", size=9, sha256="a" * 64)
TERMS = {"hazard.rectify_days": 15, "dispute.mediation_working_days": 30}


@pytest.fixture(autouse=True)
def legal_terms() -> None:
    """The terms are content; where it is not loaded, these are reckoned with."""
    for code, days in TERMS.items():
        try:
            find_parameter(code, on=dt.date(2025, 1, 1))
        except UnknownParameter:
            since = dt.date(2000, 1, 1)
            declare_parameter(
                Parameter(
                    code=code,
                    value=days,
                    unit="days",
                    starts_on=since,
                    instrument="test",
                    clause="test",
                    verified=False,
                )
            )


@pytest.fixture
def office(li_actor: Actor) -> Iterator[Actor]:
    """The office of hospital A, acting."""
    with acting(li_actor):
        yield li_actor


@pytest.fixture
def institution(world: World) -> Institution:
    return world.hospital_a


@pytest.fixture
def pharmacy(office: Actor, institution: Institution) -> KeyPlace:
    """A key place without any device."""
    place = KeyPlace(institution=institution)
    values = {"occurred_on": "2025-01-06", "kind": "pharmacy", "name": "门诊药房", "location": "门诊楼一层"}
    perform(place, "list_place", by=office, at=AT, **values)
    return place


def take(record: Register, step: str, *, by: Actor, files: int = 0, reason: str = "", **data: Any) -> None:
    """Take a step at noon of 30 June 2025."""
    perform(record, step, by=by, at=AT, evidence=(PAPER,) * files, reason=reason, **data)
