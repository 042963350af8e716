"""What the tests of registers share: hospital A, its people at work, and a file to attach."""

import datetime as dt
from collections.abc import Iterator

import pytest

from anlan.flow.evidence import StoredFile
from anlan.kernel import parameter
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting
from tests.world import World


@pytest.fixture
def institution(world: World) -> Institution:
    return world.hospital_a


@pytest.fixture
def office(li_actor: Actor) -> Actor:
    return li_actor


@pytest.fixture
def recorder(qian_actor: Actor) -> Actor:
    return qian_actor


@pytest.fixture
def director(wang_actor: Actor) -> Actor:
    return wang_actor


@pytest.fixture(autouse=True)
def _office_at_work(office: Actor) -> Iterator[None]:
    with acting(office):
        yield


@pytest.fixture
def paper() -> list[StoredFile]:
    """One file, as the evidence folder would have kept it."""
    return [StoredFile(name="signed.pdf", content_type="application/pdf", size=9, sha256="5" * 64)]


@pytest.fixture
def _ten_days_to_notify(monkeypatch: pytest.MonkeyPatch) -> None:
    row = parameter.Parameter(
        code="patient_notice.days",
        value=10,
        unit="days",
        starts_on=dt.date(2018, 1, 1),
        instrument="test",
        clause="S1-A2-k6",
        verified=False,
    )
    monkeypatch.setitem(parameter._rows, "patient_notice.days", [row])
