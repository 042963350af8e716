"""A record that was lawfully erased: 410 with its tombstone for those who could read it, nothing at all for others."""

import datetime as dt
import json

import pytest

from anlan.api.application import description
from anlan.flow.erasure import approve, request_erasure
from anlan.flow.models import Erasure
from anlan.flow.perform import perform
from anlan.ledger.models import Position
from anlan.ledger.sequencer import Sequencer
from anlan.org.scope import acting
from tests.records import list_place

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LONG_AGO = dt.datetime(2020, 3, 10, 4, 0, tzinfo=dt.UTC)
ADDRESSES = ("", "/timeline", "/receipts", "/evidence", "/parties")


@pytest.fixture
def stone(world, li_actor, wang_actor, chen_actor) -> Erasure:
    place = list_place(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9), name="张三旧居")
    with acting(li_actor):
        perform(place, "annul", by=li_actor, at=LONG_AGO, reason="误登")
    asked = request_erasure(place, by=li_actor, ground="pipl-47-purpose", reason="误录他人信息")
    for person in (wang_actor, chen_actor):
        asked = approve(asked, by=person)
    return asked


def get(client, uid, part=""):
    return client.get(f"/api/v1/records/{uid}{part}", headers={"Accept-Language": "en"})


def test_who_could_read_the_record_gets_its_tombstone(stone, li, chen, client_as):
    Sequencer().run()
    answer = get(client_as(li), stone.record_uid)
    body = answer.json()
    told = body["tombstone"]

    assert (answer.status_code, answer["Content-Type"], body["id"]) == (410, "application/problem+json", "api.E009")
    assert body["message"].startswith(f"{stone.number} was lawfully erased.")
    assert (told["uid"], told["number"], told["register_code"], told["institution"]) == (
        str(stone.record_uid), "KP-2020-0001", "key_place", "A",
    )  # fmt: skip
    assert told["ground"]["code"] == "pipl-47-purpose"
    assert told["ground"]["article"]
    assert (told["reason"], told["requested_by"]) == ("误录他人信息", "李敏")
    assert [one["who"] for one in told["approvals"]] == ["王建国", "陈岚"]
    assert dt.datetime.fromisoformat(told["erased_at"]) == stone.decided_at
    assert (told["entries"], told["files"], told["entry"]) == (2, 0, str(stone.entry_uid))
    assert told["position"] == Position.objects.get(entry__uid=stone.entry_uid).index == 4
    assert "张三旧居" not in answer.content.decode()
    assert get(client_as(chen), stone.record_uid).status_code == 410


def test_before_the_tree_holds_the_erasure_its_position_is_not_told(stone, li, client_as):
    assert get(client_as(li), stone.record_uid).json()["tombstone"]["position"] is None


def test_every_address_of_the_record_says_that_it_is_gone_also_to_a_write(stone, li, client_as):
    assert [get(client_as(li), stone.record_uid, part).status_code for part in ADDRESSES] == [410] * 5
    body = json.dumps({"values": {"name": "又来"}, "reason": "改名"})
    path = f"/api/v1/records/{stone.record_uid}/steps/correct"
    assert client_as(li).post(path, body, content_type="application/json").status_code == 410


def test_to_all_others_there_is_nothing(stone, zhao, guan, client_as):
    for person in (zhao, guan):
        answers = [get(client_as(person), stone.record_uid, part) for part in ADDRESSES]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert stone.number not in answers[0].content.decode()


def test_a_request_that_waits_is_no_tombstone(world, li_actor, li, zhao, client_as):
    place = list_place(world.hospital_a, by=li_actor, at=LONG_AGO, occurred_on=dt.date(2020, 3, 9))
    with acting(li_actor):
        perform(place, "annul", by=li_actor, at=LONG_AGO, reason="误登")
    request_erasure(place, by=li_actor, ground="pipl-47-purpose", reason="误录")
    assert get(client_as(li), place.uid).status_code == 200
    assert get(client_as(zhao), place.uid).status_code == 404


def test_the_page_tells_the_position_too(stone, li, client_as):
    Sequencer().run()
    answer = client_as(li).get(f"/at/A/2025/registers/key_place/{stone.record_uid}/", headers={"Accept-Language": "en"})
    assert answer.status_code == 410
    assert "树中第 4 号" in answer.content.decode()


def test_the_description_tells_of_the_tombstone():
    told = json.loads(description())
    for path, item in told["paths"].items():
        for operation in item.values():
            assert ("410" in operation["responses"]) is ("/records/{uid}" in path)
    assert told["components"]["schemas"]["Gone"]["properties"]["tombstone"] == {
        "$ref": "#/components/schemas/TombstoneOut"
    }
    assert "TombstoneOut" in told["components"]["schemas"]


def test_the_receipt_of_the_erasure_says_so_in_words(stone, client):
    Sequencer().run()
    client.cookies["django_language"] = "en"
    page = client.get(f"/receipt/{stone.entry_uid}/").content.decode()

    assert "<dt>Step</dt><dd>Content erased by law</dd>" in page
