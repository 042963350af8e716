"""Sealed scores over the API: listed, fetched byte by byte, verified as they come; hidden where the score is."""

import hashlib
import uuid

import pytest

from anlan.api.application import description
from anlan.assessment.models import Seal
from anlan.assessment.seal_format import read_package
from anlan.assessment.seal_verify import verify_score
from anlan.ledger.signing import own_signer
from tests.sealing import fill_year, judge, sealed

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def seal(world, li_actor, chen_actor) -> Seal:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    return sealed(world, by=chen_actor)


def get(client, path, **query):
    return client.get(f"/api/v1/scores/{path}", query)


def test_the_seals_of_an_institution_are_listed_newest_first(seal, world, chen_actor, li, client_as):
    judge(world, by=chen_actor, rule="A3-k1")
    later = sealed(world, by=chen_actor, reason="复核后补判")
    newest, oldest = get(client_as(li), "A/seals").json()

    assert [newest["uid"], oldest["uid"]] == [str(later.uid), str(seal.uid)]
    assert (oldest["version"], newest["version"], newest["reason"]) == (1, 2, "复核后补判")
    assert (oldest["kind"], oldest["rubric"], oldest["year"], oldest["as_of"]) == (
        "commission", "qidong-2018", 2025, "2025-12-31",
    )  # fmt: skip
    assert (oldest["sha256"], oldest["entry"], oldest["published_by"]) == (seal.sha256, str(seal.entry_uid), "陈岚")
    assert (oldest["raw"], oldest["applicable_max"]) == (seal.raw / 100, 85.0)
    assert len(get(client_as(li), "A/seals", year=2025, rubric="qidong-2018").json()) == 2
    assert get(client_as(li), "A/seals", year=2024).json() == []
    assert get(client_as(li), "A/seals", year=1).status_code == 422


def test_document_and_package_verify_as_they_come(seal, li, client_as):
    client = client_as(li)
    document, package = get(client, f"A/seals/{seal.uid}"), get(client, f"A/seals/{seal.uid}/package")

    assert (document["Content-Type"], package["Content-Type"]) == ("application/json", "application/zip")
    assert hashlib.sha256(document.content).hexdigest() == seal.sha256
    found = verify_score(document.content, read_package(package.content), key=str(own_signer().verifier))
    assert str(found.outcome) == "holds"


def test_what_is_not_ones_own_is_not_there(seal, zhao, guan, li, client_as):
    for person in (zhao, guan):  # of another hospital; no post that reads scores
        for path in ("A/seals", f"A/seals/{seal.uid}", f"A/seals/{seal.uid}/package"):
            assert get(client_as(person), path).status_code == 404, (person.username, path)
    assert get(client_as(zhao), f"B/seals/{seal.uid}").status_code == 404  # the seal of A under B's address
    assert get(client_as(zhao), "B/seals").json() == []
    for wrong in (f"A/seals/{uuid.uuid4()}", "A/seals/none"):
        assert get(client_as(li), wrong).status_code == 404


def test_the_operations_are_described():
    for part in ("", "/{seal}", "/{seal}/package"):
        assert f'"/api/v1/scores/{{institution}}/seals{part}"' in description()
