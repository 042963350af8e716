"""An idempotency key: the same write again changes nothing, another write under it is refused, and nobody uses another's."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anlan.api.application import description
from anlan.flow.idempotency import fingerprint_of
from anlan.flow.models import Performed
from anlan.flow.perform import perform
from anlan.ledger.models import Entry
from anlan.org.scope import acting, as_system
from anlan_cn.models import Dispute, KeyPlace
from tests.conftest import actor_of
from tests.records import list_place, report_hazard
from tests.unit.api.test_records import PLACE, PLACES, post, problem
from tests.world import employ

pytestmark = pytest.mark.database

# Opening names changes nothing: each opening is noted, also the second.
NO_WRITES = {"/api/v1/records/{uid}/unmask"}


def test_a_used_key_with_another_body_is_refused_and_writes_nothing(world, li, client_as):
    client = client_as(li)
    first = post(client, PLACES, {"institution": "A", "values": PLACE}, **{"Idempotency-Key": "k"})
    other = post(client, PLACES, {"institution": "A", "values": {**PLACE, "name": "别处"}}, **{"Idempotency-Key": "k"})

    assert first.status_code == 201
    assert problem(other)[:2] == (409, "api.E007")
    assert "another write" in other.json()["message"] or "另一" in other.json()["message"]
    assert list(other.json()["fields"]) == ["Idempotency-Key"]
    assert Entry.objects.filter(register="key_place").count() == 1


@pytest.mark.parametrize("changed", [{"values": {"inspected_on": "2025-02-04"}}, {"reason": "another"}])
def test_the_same_step_with_another_value_or_reason_is_another_write(world, li, client_as, changed):
    client, place = client_as(li), list_place(world.hospital_a, by=actor_of(li))
    step, body = f"/api/v1/records/{place.uid}/steps/inspect_defences", {"values": {"inspected_on": "2025-02-03"}}
    assert post(client, step, body, **{"Idempotency-Key": "k"}).status_code == 200
    assert problem(post(client, step, {**body, **changed}, **{"Idempotency-Key": "k"}))[:2] == (409, "api.E007")
    assert post(client, step, body, **{"Idempotency-Key": "k"}).json()["version"] == 2


def test_the_key_of_somebody_else_is_no_key_of_mine(world, li, client_as):
    other = employ("other", "other", "office", world.hospital_a.unit)
    body = {"institution": "A", "values": PLACE}
    mine = post(client_as(li), PLACES, body, **{"Idempotency-Key": "k"})
    theirs = post(client_as(other), PLACES, body, **{"Idempotency-Key": "k"})

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["uid"] != theirs.json()["uid"]


def test_the_key_of_a_write_that_handed_its_record_over_is_no_key_of_another(world, li_actor, client_as):
    """Whoever corrects a case into one about leaders sees it no longer: neither the row nor, on PostgreSQL, its entries."""
    case = Dispute(institution=world.hospital_a)
    with acting(li_actor):
        perform(case, "accept", by=li_actor, values={"occurred_on": "2025-03-03", "severity": "major"})
    client = client_as(employ("he", "he", "office", world.hospital_a.unit))
    told = {"values": {"concerns_leaders": True}, "reason": "涉及领导"}
    post(client, f"/api/v1/records/{case.uid}/steps/correct", told, **{"Idempotency-Key": "k"})
    assert Entry.objects.filter(record_uid=case.uid).count() == 2

    other = post(client, PLACES, {"institution": "A", "values": PLACE}, **{"Idempotency-Key": "k"})
    assert problem(other)[:2] == (409, "api.E007")
    with as_system("test"):
        assert not KeyPlace.objects.exists()


def test_a_used_key_lets_nobody_have_files_looked_into_for_a_step_that_they_may_not_take(
    world, li_actor, qian, client_as, monkeypatch
):
    """Rights come before files. A key that served before spared its holder the question, for whichever step."""
    looked: list[object] = []
    monkeypatch.setattr("anlan.flow.keeping.examine", looked.append)
    place = list_place(world.hospital_a, by=li_actor, department=world.emergency_a)
    report_hazard(world.hospital_a, by=actor_of(qian), key="k", department=world.emergency_a)
    client = client_as(qian)
    sent = {"evidence": SimpleUploadedFile("a.pdf", b"%PDF-"), "data": '{"reason": "x"}'}
    answer = client.post(
        f"/api/v1/records/{place.uid}/steps/correct/with-evidence", sent, headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, looked) == (403, [])


def test_a_stale_version_is_refused_with_a_fresh_key_too(world, li, client_as):
    client, place = client_as(li), list_place(world.hospital_a, by=actor_of(li))
    step, body = f"/api/v1/records/{place.uid}/steps/inspect_defences", {"values": {"inspected_on": "2025-02-03"}}
    stale = post(client, step, {**body, "version": 7}, **{"Idempotency-Key": "fresh"})
    assert problem(stale)[:2] == (409, "flow.E020")


def test_a_key_from_before_the_digests_still_gives_its_first_result(world, li, client_as):
    client, body = client_as(li), {"institution": "A", "values": PLACE}
    first = post(client, PLACES, body, **{"Idempotency-Key": "old"})
    Performed.objects.update(fingerprint="")
    assert post(client, PLACES, body, **{"Idempotency-Key": "old"}).json()["uid"] == first.json()["uid"]


def test_what_is_kept_of_a_write_is_keyed(world, li, client_as, settings):
    """A plain hash of a short value could be guessed after a lawful erasure; another secret gives another digest."""
    told = {"values": {"name": "一"}, "evidence": (), "reason": "", "parties": ()}
    record = KeyPlace(institution=world.hospital_a)
    kept = fingerprint_of(record, "list_place", **told)
    settings.SECRET_KEY = "another secret of this installation"
    assert fingerprint_of(record, "list_place", **told) != kept


def test_every_write_of_the_api_takes_a_key():
    paths = json.loads(description())["paths"]
    without = [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if method != "get" and path not in NO_WRITES
        if not any(
            one["in"] == "header" and one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())
        )
    ]
    assert without == []
