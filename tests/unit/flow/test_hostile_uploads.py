"""Hostile uploads: each is refused or made harmless, and none leaves a file behind (docs/reliability.md counts them)."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from anlan.flow.errors import BadEvidence
from anlan.flow.evidence import StoredFile, Upload, open_evidence, path_of, store
from anlan.flow.models import Evidence
from anlan.flow.perform import perform
from anlan.org.scope import acting
from tests.papers import DOCUMENT, office, pdf, photograph, picture
from tests.records import list_place

Make = Callable[[], bytes]


@pytest.fixture
def kept(settings, tmp_path: Path) -> Iterator[Path]:
    """An evidence folder of this test alone, in English."""
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)
    with translation.override("en"):
        yield tmp_path


def bytes_of(file: StoredFile) -> bytes:
    with open_evidence(file.sha256) as stream:
        return stream.read()


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def packed_object(inner: bytes, *, filters: bytes = b"/FlateDecode") -> bytes:
    """A stream of objects in which a PDF hides what a plain reading does not see."""
    body = zlib.compress(inner)
    head = b"9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter %s /Length %d >>\nstream\n" % (filters, len(body))
    return head + body + b"\nendstream\nendobj\n"


def relation(target: str, kind: str) -> dict[str, str]:
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    text = f'<Relationships><Relationship Id="r1" Type="{base}/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return {"word/_rels/document.xml.rels": text}


def bomb() -> bytes:
    return office(members={"word/media/big.xml": "0" * 60_000_000})


def lying_bomb() -> bytes:
    """An archive that says of a member that it is small; it unpacks to 60 MB all the same."""
    raw = bytearray(bomb())
    size = struct.pack("<I", 60_000_000)
    while (place := raw.find(size)) >= 0:
        raw[place : place + 4] = struct.pack("<I", 100)
    return bytes(raw)


def twice_named() -> bytes:
    raw = office(members={"word/aaaa.xml": "<a/>"})
    return raw.replace(b"word/aaaa.xml", b"word/bbbb.xml", 1)  # the local header says b, the directory says a


def huge_picture() -> bytes:
    """A PNG of a few bytes that says that it has 50,000 × 50,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def program() -> bytes:
    return b"MZ\x90\x00" + b"\0" * 200


def archive_with(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


REFUSED: tuple[tuple[str, str, Make, str], ...] = (
    # what it is, its name, its bytes, the answer
    ("an empty file", "a.pdf", lambda: b"", "flow.E031"),
    ("a program named PDF", "a.pdf", program, "flow.E032"),
    ("a web page named PDF", "a.pdf", lambda: b"<html><script>alert(1)</script></html>", "flow.E032"),
    ("a program by its own name", "a.exe", program, "flow.E032"),
    ("a picture of another kind", "a.png", lambda: picture("JPEG"), "flow.E032"),
    ("an SVG with a script", "a.svg", lambda: b"<svg><script>alert(1)</script></svg>", "flow.E032"),
    ("a name read backwards", "发票\u202efdp.exe.pdf", pdf, "flow.E033"),
    ("a name with a hidden sign", "a\u200b.pdf", pdf, "flow.E033"),
    ("a name with a zero byte", "a.exe\0.pdf", pdf, "flow.E033"),
    ("a double ending", "工资表.exe.pdf", pdf, "flow.E034"),
    ("a double ending in wide letters", "a．ＨＴＭＬ.pdf", pdf, "flow.E034"),
    ("a GIF that is an archive of programs", "a.png", lambda: b"GIF89a" + archive_with(x="y"), "flow.E032"),
    ("a PNG cut off", "a.png", lambda: picture(size=(64, 64))[:-40], "flow.E035"),
    ("a JPEG cut off", "a.jpg", lambda: picture("JPEG", size=(64, 64))[:300], "flow.E035"),
    ("a picture bomb", "a.png", huge_picture, "flow.E036"),
    ("a PDF cut off", "a.pdf", lambda: pdf()[:-60], "flow.E037"),
    ("a PDF with an archive behind it", "a.pdf", lambda: pdf() + archive_with(x="y"), "flow.E038"),
    ("a PDF with a page of script before its objects", "a.pdf", lambda: pdf("<script>alert(1)</script>"), "flow.E038"),
    (
        "a PDF that holds an archive inside",
        "a.pdf",
        lambda: pdf(extra=b"8 0 obj\n<< /Length 9 >>\nstream\n" + archive_with(x="y") + b"\nendstream\nendobj\n"),
        "flow.E038",
    ),
    ("a locked PDF", "a.pdf", lambda: pdf(extra=b"7 0 obj\n<< /Encrypt 8 0 R >>\nendobj\n"), "flow.E039"),
    ("a PDF with a script", "a.pdf", lambda: pdf(extra=b"7 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"), "flow.E040"),
    ("a PDF with a script in escaped letters", "a.pdf", lambda: pdf(extra=b"7 0 obj\n<< /S /J#61vaScr#69pt >>\nendobj\n"), "flow.E040"),
    ("a PDF that starts a program", "a.pdf", lambda: pdf(extra=b"7 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj\n"), "flow.E040"),
    ("a PDF with a file inside", "a.pdf", lambda: pdf(extra=b"7 0 obj\n<< /Type /EmbeddedFile >>\nendobj\n"), "flow.E040"),
    ("a PDF with a script in a packed object", "a.pdf", lambda: pdf(extra=packed_object(b"7 0 << /S /JavaScript >>")), "flow.E040"),
    (
        "a PDF with objects packed twice",
        "a.pdf",
        lambda: pdf(extra=packed_object(b"x", filters=b"[/ASCIIHexDecode /FlateDecode]")),
        "flow.E041",
    ),
    ("a PDF whose objects unpack to 200 MB", "a.pdf", lambda: pdf(extra=packed_object(b"\0" * 200_000_000)), "flow.E041"),
    ("a damaged office file", "a.docx", lambda: office()[:-30], "flow.E042"),
    ("an office file with two names for one member", "a.docx", twice_named, "flow.E042"),
    ("an office file that expands entities", "a.docx", lambda: office(content="<!DOCTYPE x [<!ENTITY a 'b'>]>" + DOCUMENT), "flow.E042"),
    ("an office file with a picture before it", "a.docx", lambda: b"GIF89a" + office(), "flow.E032"),
    ("an office file with something behind it", "a.docx", lambda: office() + b"%PDF-1.4", "flow.E043"),
    ("an office file that writes outside its folder", "a.docx", lambda: office(members={"../../etc/cron.d/x": "x"}), "flow.E044"),
    ("an office file with macros", "a.docx", lambda: office(members={"word/vbaProject.bin": "x"}), "flow.E045"),
    ("an archive bomb", "a.docx", bomb, "flow.E046"),
    ("an archive bomb that lies about its size", "a.docx", lying_bomb, "flow.E046"),
    ("an archive of thousands of members", "a.docx", lambda: office(members={f"w/{n}.xml": "" for n in range(2_001)}), "flow.E046"),
    ("an office file that fetches its template", "a.docx", lambda: office(members=relation("http://x.example/t.dotm", "attachedTemplate")), "flow.E047"),
    ("an office file with a link to a share", "a.docx", lambda: office(members=relation("file://\\\\x\\y", "hyperlink")), "flow.E047"),
    ("an office file that runs a command by DDE", "a.docx", lambda: office(content='<w:document xmlns:w="x"><w:instrText>DDEAUTO cmd "/c calc"</w:instrText></w:document>'), "flow.E047"),
    ("an office file with another inside", "a.docx", lambda: office(members={"word/media/x.png": office()}), "flow.E048"),
    ("an office file with a program inside", "a.docx", lambda: office(members={"word/media/x.png": program()}), "flow.E048"),
    ("an office file with an embedded object", "a.docx", lambda: office(members={"word/embeddings/oleObject1.xml": "x"}), "flow.E048"),
    ("another archive named DOCX", "a.docx", lambda: archive_with(x="y"), "flow.E032"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "make", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_hostile_upload_is_refused_and_leaves_nothing(kept, name, make, code):
    with pytest.raises(BadEvidence) as caught:
        store(name, [make()])

    assert caught.value.code == code
    assert left_in(kept) == []


def test_a_file_beyond_the_limit_is_refused_while_it_comes(kept, settings):
    settings.ANLAN_EVIDENCE_MAX_BYTES = 1000
    with pytest.raises(BadEvidence, match="larger than 0 MB"):
        store("a.pdf", iter([b"%PDF-", b"x" * 600, b"y" * 600]))
    assert left_in(kept) == []


# ── made harmless ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_photograph_loses_place_camera_and_comment_and_stands_upright(kept):
    from PIL import Image

    raw = photograph()
    file = store("IMG_2041.jpg", [raw])
    drawn = bytes_of(file)

    for trace in (b"CameraMaker", b"Camera-7", b"patient: somebody", b"Exif"):
        assert trace in raw
        assert trace not in drawn
    with Image.open(io.BytesIO(raw)) as before, Image.open(io.BytesIO(drawn)) as after:
        assert dict(before.getexif().get_ifd(0x8825)) != {}
        assert (before.size, after.size) == ((12, 8), (8, 12))
        assert dict(after.getexif()) == {}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_archive_of_programs_behind_a_picture_is_not_kept(kept, kind):
    raw = picture(kind) + archive_with(payload="java")
    assert zipfile.is_zipfile(io.BytesIO(raw))
    file = store(f"a.{kind.lower()}", [raw])

    assert not zipfile.is_zipfile(io.BytesIO(bytes_of(file)))
    assert b"payload" not in bytes_of(file)


def test_a_script_in_the_comment_of_a_picture_is_not_kept(kept):
    file = store("a.jpg", [picture("JPEG", comment=b"<?php system('id'); ?><script>alert(1)</script>")])
    assert b"script" not in bytes_of(file)


def test_folders_in_a_name_are_left_out(kept):
    assert store("..\\..\\etc/passwd/检查表.pdf", [pdf()]).name == "检查表.pdf"


# ── what is kept ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("检查表.pdf", pdf),
        ("会议记录.docx", office),
        ("会议记录.v2.final.docx", lambda: office(members=relation("https://example.cn/a", "hyperlink"))),
        ("台账.xlsx", lambda: office("xl/workbook.xml", {"xl/printerSettings/printerSettings1.bin": "x"})),
    ],
)
def test_a_good_paper_is_kept_as_it_came(kept, name, make):
    raw = make()
    file = store(name, [raw])

    assert bytes_of(file) == raw
    assert file.sha256 == file.original_sha256 == hashlib.sha256(raw).hexdigest()
    assert left_in(kept) == [file.sha256]
    assert raw not in path_of(file.sha256).read_bytes()
    assert path_of(file.sha256).stat().st_mode & 0o777 == 0o600


def test_the_hash_of_the_upload_is_noted_and_that_of_the_kept_bytes_leads(kept):
    raw = photograph()
    file = store("a.jpg", [raw])
    drawn = bytes_of(file)

    assert file.original_sha256 == hashlib.sha256(raw).hexdigest()
    assert file.sha256 == hashlib.sha256(drawn).hexdigest()
    assert file.size == len(drawn)


def test_of_several_files_all_are_kept_or_none(kept, world, li_actor):
    place = list_place(world.hospital_a, by=li_actor)
    files = [Upload(name="a.pdf", chunks=[pdf()]), Upload(name="b.pdf", chunks=[program()])]
    with acting(li_actor), pytest.raises(BadEvidence):
        perform(place, "attach", by=li_actor, evidence=files)
    assert left_in(kept) == []


# ── through the doors ─────────────────────────────────────────────────────────────────────────────────────────────────


# Django's door takes signs out of a name that cannot be printed; what is left is judged. One case of each answer goes in here.
AT_THE_DOOR = list({case[3]: case for case in REFUSED if case[1].isprintable()}.values())


@pytest.mark.database
@pytest.mark.parametrize("case", AT_THE_DOOR, ids=[case[0] for case in AT_THE_DOOR])
def test_no_hostile_upload_comes_in_through_the_screen_or_the_api(kept, case, world, li, li_actor, client_as):
    what, name, make, code = case
    place = list_place(world.hospital_a, by=li_actor)
    raw, before = make(), left_in(kept)
    browser = client_as(li)
    page = browser.post(
        f"/at/A/2025/registers/key_place/{place.uid}/attach/",
        {"key": "k", "version": "1", "evidence": SimpleUploadedFile(name, raw)},
        headers={"Accept-Language": "en"},
    )
    answer = browser.post(f"/api/v1/records/{place.uid}/evidence", {"evidence": SimpleUploadedFile(name, raw)})

    assert page.status_code == 422, what
    assert answer.status_code == 422, what
    assert answer.json()["id"] == code
    assert left_in(kept) == before
    assert not Evidence.objects.exists()


@pytest.mark.database
@pytest.mark.parametrize("name", ["检查\u202e表.pdf", "检查\u200b表.pdf"])
def test_the_door_takes_hidden_signs_out_of_a_name(kept, name, world, li, li_actor, client_as):
    place = list_place(world.hospital_a, by=li_actor)
    answer = client_as(li).post(f"/api/v1/records/{place.uid}/evidence", {"evidence": SimpleUploadedFile(name, pdf())})
    assert [file["name"] for file in answer.json()] == ["检查表.pdf"]


@pytest.mark.database
def test_a_kept_file_goes_out_as_an_attachment_in_a_sandbox(kept, world, li, li_actor, client_as):
    place = list_place(world.hospital_a, by=li_actor)
    browser = client_as(li)
    (file,) = browser.post(
        f"/api/v1/records/{place.uid}/evidence", {"evidence": SimpleUploadedFile("a.png", picture())}
    ).json()

    for address in (f"/evidence/{file['uid']}/", f"/api/v1/records/{place.uid}/evidence/{file['uid']}"):
        answer = browser.get(address)
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["Content-Type"] == "image/png"
