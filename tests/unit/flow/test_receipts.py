"""Receipts: a promise at once, a proof when the tree holds the entry, and what a receipt must not let pass."""

import datetime as dt
import html
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from anlan.exchange.check import Checked
from anlan.exchange.commit import commit, undo
from anlan.flow.models import Batch
from anlan.flow.perform import perform
from anlan.flow.receipts import NoReceipt, find_receipt, judge, receipts_of_record
from anlan.ledger.models import Entry, Tile, TreeHead, Unsequenced
from anlan.ledger.receipt import receipt_text
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.standalone.anlan_verify import Bad, Verification
from anlan.org.models import Person
from anlan.org.scope import Actor, acting
from anlan_cn.models import KeyPlace
from config.command import main
from tests.records import list_place
from tests.sheets import HAZARD, hazard, workbook
from tests.spec.conftest import checked
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AT = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
__all__ = ["checked"]


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)


def place_tree() -> None:
    Sequencer().run()
    sign_newest()


@pytest.fixture
def place(world: World, li_actor: Actor) -> KeyPlace:
    return list_place(world.hospital_a, by=li_actor)


def entry_of(place: KeyPlace) -> Entry:
    return Entry.objects.get(record_uid=place.uid)


def verified(receipt: dict[str, Any]) -> Verification:
    found = Verification(str(own_signer().verifier))
    found.receipt(json.loads(receipt_text(receipt)))
    return found


def test_a_receipt_promises_first_and_proves_later(place: KeyPlace) -> None:
    first = find_receipt(entry_of(place).uid, at=AT)
    assert (first["number"], first["proof"], first["tree_hash"]) == (place.number, None, "sha256")
    assert first["promise"].split("\n")[5] == "2026-03-01T08:00:00+00:00"
    assert [finding[2] for finding in verified(first).findings] == ["key-pinned", "signed", "promised", "unplaced"]
    assert verified(first).outcome == 1

    place_tree()
    later = find_receipt(entry_of(place).uid, at=AT)
    assert (later["proof"]["position"], later["proof"]["path"]) == (0, [])
    assert verified(later).outcome == 0
    assert later | {"proof": None} == first


def test_a_receipt_says_no_word_of_the_content(place: KeyPlace) -> None:
    place_tree()
    text = receipt_text(find_receipt(entry_of(place).uid, at=AT))
    assert "药房" not in text
    assert "门诊楼" not in text


def test_each_entry_of_a_record_has_its_receipt(place: KeyPlace, li_actor: Actor) -> None:
    with acting(li_actor):
        perform(place, "correct", by=li_actor, reason="名称有误", name="中心药房")
    versions = [json.loads(one["header"])["version"] for one in receipts_of_record(place.uid, at=AT)]
    assert versions == [1, 2]


def test_there_is_no_receipt_of_an_unknown_id(db: None) -> None:
    with pytest.raises(NoReceipt, match="There is no receipt of this id"):
        find_receipt(uuid.uuid4(), at=AT)


@pytest.fixture
def batch(checked: Callable[..., Checked], li_actor: Actor) -> Batch:
    return commit(checked(workbook(HAZARD, *(hazard(f"2025-03-{day:02}") for day in range(1, 8)))), by=li_actor)


def test_an_import_has_one_receipt_over_all_its_entries(batch: Batch, world: World, li_actor: Actor) -> None:
    list_place(world.hospital_a, by=li_actor, name="另一处")
    waiting = find_receipt(batch.uid, at=AT)
    assert (waiting["batch"]["rows"], waiting["batch"]["entries"], waiting["proof"]) == (7, 7, None)
    assert verified(waiting).outcome == 1

    place_tree()
    receipt = find_receipt(batch.uid, at=AT)
    assert receipt["batch"]["file_sha256"] == batch.file_sha256
    # behind the entry of the upload
    assert receipt["proof"]["positions"] == [1, 2, 3, 4, 5, 6, 7]
    assert [finding[2] for finding in verified(receipt).findings][-1] == "batch-in"
    assert verified(receipt).outcome == 0
    receipt["proof"]["leaves"][3], receipt["proof"]["leaves"][4] = (
        receipt["proof"]["leaves"][4],
        receipt["proof"]["leaves"][3],
    )
    assert [one[2] for one in verified(receipt).findings if one[0] == 2] == ["batch-root", "path"]


def test_undoing_an_import_leaves_its_receipt_as_it_was(batch: Batch, li_actor: Actor) -> None:
    before = find_receipt(batch.uid, at=AT)
    undo(batch, by=li_actor)
    assert find_receipt(batch.uid, at=AT) == before


# ── what somebody hands in ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_handed_in_is_completed(place: KeyPlace) -> None:
    first = find_receipt(entry_of(place).uid, at=AT)
    place_tree()
    judged = judge(first, at=AT)
    assert judged.differs == ""
    assert judged.receipt is not None
    assert judged.receipt["proof"]["position"] == 0


def test_a_promise_that_the_log_broke_is_named(place: KeyPlace) -> None:
    first = find_receipt(entry_of(place).uid, at=AT)
    Entry.objects.filter(record_uid=place.uid).update(leaf=bytes(32))
    assert judge(first, at=AT).differs == "The log holds something else than what it promised."
    Unsequenced.objects.all().delete()
    Entry.objects.filter(record_uid=place.uid).delete()
    assert judge(first, at=AT).differs == "The log promised to hold this, and does not hold it."


def test_a_rewritten_tree_is_named(place: KeyPlace) -> None:
    place_tree()
    receipt = find_receipt(entry_of(place).uid, at=AT)
    Tile.objects.update(hashes=bytes(32))
    TreeHead.objects.update(checkpoint="")
    assert judge(receipt, at=AT).differs.startswith("The log was rewritten")


def test_a_forged_receipt_is_named(place: KeyPlace) -> None:
    forged = find_receipt(entry_of(place).uid, at=AT) | {"number": "KP-2025-9999"}
    judged = judge(forged, at=AT)
    assert (judged.differs, judged.receipt) == ("This is not what the log signed.", None)
    assert judged.found.findings[-2][2] == "promise"


def test_a_receipt_of_another_log_is_told_apart(place: KeyPlace, settings: Any, tmp_path: Path) -> None:
    receipt = find_receipt(entry_of(place).uid, at=AT)
    settings.ANLAN_KEYS_FOLDER = str(tmp_path / "other")
    (tmp_path / "other").mkdir()
    judged = judge(receipt, at=AT)
    assert (judged.receipt, judged.differs, judged.found.outcome) == (None, "", 1)


@pytest.mark.parametrize("thing", [None, [], {}, {"kind": "entry"}, "text", 7])
def test_what_is_no_receipt_is_refused(db: None, thing: Any) -> None:
    with pytest.raises(Bad):
        judge(thing, at=AT)


# ── the public page, the API, the command ───────────────────────────────────────────────────────────────────────────


def test_a_stranger_sees_the_receipt_and_takes_it_home(place: KeyPlace, client: Client) -> None:
    place_tree()
    uid = entry_of(place).uid
    page = client.get(f"/receipt/{uid}/", headers={"Accept-Language": "en"}, cookies={"django_language": "en"})
    assert page.status_code == 200
    text = page.content.decode()
    assert place.number in text
    assert "药房" not in text
    assert re.search(
        r'<svg [^>]*viewBox="0 0 41 41"[^>]*class="a-qr"', text
    )  # the whole code, whatever its size on paper
    assert "style=" not in text
    sent = client.get(f"/receipt/{uid}/receipt.json")
    assert verified(json.loads(sent.content)).outcome == 0
    assert client.get(f"/receipt/{uuid.uuid4()}/").status_code == 404
    assert client.get("/receipt/anlan_verify.py").content.startswith(b'"""Verify a receipt')


def test_without_a_readable_key_the_page_says_so(
    place: KeyPlace, client: Client, settings: Any, tmp_path: Path
) -> None:
    client.cookies["django_language"] = "en"
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ledger-ed25519").write_text("no key", encoding="ascii")
    settings.ANLAN_KEYS_FOLDER = str(tmp_path / "broken")
    for address in (f"/receipt/{entry_of(place).uid}/", f"/receipt/{entry_of(place).uid}/receipt.json"):
        page = client.get(address)
        assert (page.status_code, "The log's key cannot be read" in html.unescape(page.content.decode())) == (503, True)


def test_a_receipt_may_be_handed_in_as_text(place: KeyPlace, client: Client) -> None:
    client.cookies["django_language"] = "en"
    text = receipt_text(find_receipt(entry_of(place).uid, at=timezone.now()))
    place_tree()
    page = client.post("/receipt/", {"text": text.replace("\n", "\r\n")})
    assert (page.status_code, "It stands in the log" in page.content.decode()) == (200, True)
    page = client.post("/receipt/", {"text": text.replace(place.number, "KP-2025-9999")})
    assert "Something is wrong with this receipt" in page.content.decode()
    page = client.post("/receipt/", {"text": "hello"})
    assert (page.status_code, "This is no receipt of Anlan" in page.content.decode()) == (422, True)
    page = client.post("/receipt/", {})
    assert (page.status_code, "Choose a file, or paste" in page.content.decode()) == (422, True)


def test_the_message_after_a_step_and_the_timeline_lead_to_the_receipt(
    world: World, li: Person, client_as: Callable[..., Client]
) -> None:
    client = client_as(li)
    values = {"occurred_on": "2025-01-06", "kind": "pharmacy", "name": "药房", "location": "一层"}
    page = client.post(
        "/at/A/2025/registers/key_place/new/", {**values, "key": "k", "version": "0"}, follow=True
    ).content.decode()
    uid = Entry.objects.get(register="key_place").uid
    assert page.count(f'href="/receipt/{uid}/"') == 2


def test_the_api_gives_the_receipts_of_a_record(place: KeyPlace, li: Person, client_as: Callable[..., Client]) -> None:
    place_tree()
    [receipt] = client_as(li).get(f"/api/v1/records/{place.uid}/receipts").json()
    assert verified(receipt).outcome == 0


def test_the_command_writes_a_receipt(place: KeyPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receipt", place.number]) == 1
    assert json.loads(capsys.readouterr().out)["proof"] is None
    place_tree()
    assert main(["receipt", str(place.uid), "--out", str(tmp_path / "r.json")]) == 0
    assert verified(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))).outcome == 0
    assert main(["receipt", str(place.uid), "--version", "9"]) == 1
    assert "holds no such entry" in capsys.readouterr().err
