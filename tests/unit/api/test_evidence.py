"""Evidence over the API: files come with a step, are checked by content, and go out only to those who see the record."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anlan.flow.evidence import path_of, store
from anlan.vault.ring import ring
from tests.papers import pdf
from tests.records import list_place

pytestmark = pytest.mark.database
PDF = pdf("a checklist")


@pytest.fixture
def place(world, li_actor):
    return list_place(world.hospital_a, by=li_actor)


def upload(name="检查表.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def test_a_file_is_added_listed_and_read_back(place, li, shen, client_as):
    path = f"/api/v1/records/{place.uid}/evidence"
    added = client_as(li).post(path, {"evidence": upload()})
    (file,) = added.json()
    assert (added.status_code, file["name"], file["content_type"], file["step"], file["version"]) == (
        201,
        "检查表.pdf",
        "application/pdf",
        "attach",
        2,
    )

    answer = client_as(shen).get(f"{path}/{file['uid']}")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_sent_twice_with_one_key_is_kept_once(place, li, client_as):
    path = f"/api/v1/records/{place.uid}/evidence"
    for _ in range(2):
        answer = client_as(li).post(path, {"evidence": upload()}, headers={"Idempotency-Key": "f-1"})
    assert len(answer.json()) == 1


def test_a_step_brings_its_files(place, li, client_as):
    data = json.dumps({"values": {"inspected_on": "2025-02-03"}})
    answer = client_as(li).post(
        f"/api/v1/records/{place.uid}/steps/inspect_defences/with-evidence",
        {"data": data, "evidence": [upload(), upload("二.pdf")]},
    )

    assert (answer.status_code, answer.json()["state"]) == (200, "inspected")
    assert len(client_as(li).get(f"/api/v1/records/{place.uid}/evidence").json()) == 2


def test_a_record_is_opened_with_its_files(world, li, client_as):
    values = {"occurred_on": "2025-01-06", "kind": "pharmacy", "name": "药房", "location": "一层"}
    answer = client_as(li).post(
        "/api/v1/registers/key_place/records/with-evidence",
        {"data": json.dumps({"institution": "A", "values": values}), "evidence": upload()},
    )

    assert (answer.status_code, answer.json()["number"]) == (201, "KP-2025-0001")


@pytest.mark.parametrize(
    ("form", "id"),
    [
        ({"evidence": ("a.pdf", b"no pdf")}, "flow.E032"),
        ({"evidence": ("a.exe", b"MZ")}, "flow.E032"),
        ({"evidence": ("a.pdf", b"")}, "flow.E031"),
        ({}, "api.E006"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(place, li, client_as, form, id):
    files = {name: upload(*content) for name, content in form.items()}
    answer = client_as(li).post(f"/api/v1/records/{place.uid}/evidence", files)

    assert (answer.status_code, answer.json()["id"]) == (422, id)


@pytest.mark.parametrize("data", ["", "[]", "{", "null", '{"values": 5}', "[" * 100_000])
def test_data_that_is_no_json_of_the_step_is_refused(place, li, client_as, data):
    path = f"/api/v1/records/{place.uid}/steps/inspect_defences/with-evidence"
    answer = client_as(li).post(path, {"data": data, "evidence": upload()})

    assert (answer.status_code, answer.json()["id"]) == (422, "api.E006")


def test_files_of_a_hidden_record_do_not_exist(place, li, zhao, client_as):
    path = f"/api/v1/records/{place.uid}/evidence"
    (file,) = client_as(li).post(path, {"evidence": upload()}).json()
    other = "/api/v1/records/00000000-0000-0000-0000-000000000000/evidence"

    for answer in (
        client_as(zhao).get(path),
        client_as(zhao).get(f"{path}/{file['uid']}"),
        client_as(li).get(f"{other}/{file['uid']}"),
    ):
        assert (answer.status_code, answer.json()["id"]) == (404, "api.E001")
    assert client_as(zhao).post(path, {"evidence": upload()}).status_code == 404


@pytest.mark.parametrize("spoil", ["torn", "gone", "another file", "lost key"])
def test_a_file_that_does_not_open_is_never_sent_in_part(place, li, client_as, settings, tmp_path, caplog, spoil):
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)
    client, path = client_as(li, raise_request_exception=False), f"/api/v1/records/{place.uid}/evidence"
    content = pdf("y" * 200_000)
    (file,) = client.post(path, {"evidence": upload(content=content)}).json()
    addresses = (f"{path}/{file['uid']}", f"/evidence/{file['uid']}/")
    for address in addresses:
        sent = client.get(address)
        assert (b"".join(sent.streaming_content), sent["Content-Length"]) == (content, str(len(content)))
    stored = path_of(file["sha256"])
    raw = stored.read_bytes()
    if spoil == "gone":
        stored.unlink()
    else:
        other = store("b.pdf", [pdf("z" * 200_000)])
        spoilt = {
            "torn": raw[:150_000],
            "another file": path_of(other.sha256).read_bytes(),
            "lost key": raw.replace(ring().current().id.encode(), b"aes-00000000"),
        }
        stored.write_bytes(spoilt[spoil])

    id = "outage.E005" if spoil == "lost key" else "outage.E006"
    answers = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["id"] == id
    assert id in answers[1].content.decode()
    assert ("anlan restore" in caplog.text, file["sha256"] in caplog.text) == (
        (False, False) if id == "outage.E005" else (True, True)
    )


def test_an_auditor_adds_nothing(place, shen, client_as):
    answer = client_as(shen).post(f"/api/v1/records/{place.uid}/evidence", {"evidence": upload()})

    assert (answer.status_code, answer.json()["id"]) == (403, "flow.E011")
