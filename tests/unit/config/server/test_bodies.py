"""How large a body may be, and what one hears whose body is larger."""

import json
import re
from pathlib import Path

import pytest

from config.server.bodies import FILES, OTHERS, most_bytes
from config.server.refusals import FULL, TOO_MANY, TOO_SLOW, answer, too_large
from tests.unit.config.server.served import serving

ROOT = Path(__file__).resolve().parents[4]
UID = "0b7f6c36-9a0f-4d39-8a5e-1f4f0a7f7d11"


@pytest.mark.parametrize(
    "path",
    [
        "/at/A/2025/registers/hazard/new/",
        f"/at/A/2025/registers/hazard/{UID}/rectify/",
        "/at/A/2025/registers/hazard/import/",
        "/at/A/2025/score/rules/A1-k1/judge/",
        "/receipt/",
        f"/api/v1/records/{UID}/evidence",
        f"/api/v1/records/{UID}/steps/rectify/with-evidence",
        "/api/v1/registers/hazard/records/with-evidence",
    ],
)
def test_what_takes_files_takes_26_mb(path):
    assert (most_bytes(path), FILES) == (FILES, 27262976)


@pytest.mark.parametrize(
    "path",
    ["/sign-in/", "/", "/nowhere", "/api/v1/registers/hazard/records", "/witness/add-checkpoint", "/\x00", "/%ff"],
)
def test_everything_else_takes_2_mb(path):
    assert (most_bytes(path), OTHERS) == (OTHERS, 2097152)


def test_every_module_that_reads_files_is_known_to_the_table():
    """A new one adds its route to `ROUTES_WITH_FILES`, else its files are refused at 2 MB."""
    reads = re.compile(r"request\.FILES|: File\[")
    found = {str(file.relative_to(ROOT)) for file in (ROOT / "anlan").rglob("*.py") if reads.search(file.read_text())}

    assert found == {
        "anlan/api/evidence.py",
        "anlan/portal/views/receipts.py",
        "anlan/web/views/imports.py",
        "anlan/web/views/records.py",
        "anlan/web/views/scores.py",
    }


def test_a_refusal_is_a_problem_for_programs_and_a_page_for_people():
    headers, body = answer(too_large(FILES), path="/api/v1/x", headers=[(b"accept-language", b"en")])
    said = "A request may have 26 MB in all. Nothing was saved; send fewer files at a time."
    assert json.loads(body) == {"id": "api.E413", "message": said, "fields": {}}
    assert dict(headers)[b"content-type"] == b"application/problem+json"

    headers, body = answer(too_large(OTHERS), path="/sign-in/", headers=[(b"accept-language", b"en")])
    assert "一次请求总共不得超过 2 MB" in body.decode()
    _, body = answer(too_large(OTHERS), path="/sign-in/", headers=[(b"cookie", b"django_language=en")])
    assert "A request may have 2 MB in all." in body.decode()


@pytest.mark.parametrize(
    ("refusal", "code"), [(TOO_SLOW, "server.E083"), (TOO_MANY, "server.E084"), (FULL, "server.E085")]
)
def test_each_refusal_has_its_id_and_speaks_chinese(refusal, code):
    _, body = answer(refusal, path="/api/v1/x", headers=[])
    found = json.loads(body)
    assert found["id"] == code
    assert re.search("[一-鿿]", found["message"])


def test_a_body_that_says_to_be_too_large_is_refused_unread_and_one_that_says_nothing_where_it_becomes_so(tmp_path):
    with serving(tmp_path) as served:
        assert served.ask("/", method="POST", head=f"Content-Length: {OTHERS + 1}\r\n").startswith(b"HTTP/1.1 413 ")
        with served.connect() as link:
            link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(33):
                link.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            assert link.recv(13) == b"HTTP/1.1 413 "
        assert served.application.quota.disk_taken == 0


def test_a_body_without_a_length_is_taken_whole(tmp_path):
    with serving(tmp_path) as served, served.connect() as link:
        link.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
        )
        said = b""
        while piece := link.recv(4096):
            said += piece
        assert said.endswith(b"127.0.0.1 http - 5")
