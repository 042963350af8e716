"""The process that looks into a file: what it may use, and that its end is nobody else's."""

import subprocess
import sys
import threading

import pytest

from anlan.flow import slow
from anlan.flow.errors import BadEvidence
from anlan.flow.evidence import Upload, examine
from anlan.flow.uploads import apart, child, refusal
from config.server.limits import WORKERS
from tests.papers import office, pdf, picture


def run(program: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)


def test_a_file_passes_or_is_drawn_anew():
    assert apart.look_into(pdf(), kind="pdf", name="a.pdf") == pdf()
    paper = office()
    assert apart.look_into(paper, kind="docx", name="a.docx") == paper
    assert apart.look_into(picture(), kind="png", name="a.png").startswith(b"\x89PNG")


def test_a_process_that_takes_more_memory_than_it_may_ends_alone():
    limits = "from anlan.flow.uploads.child import limit; limit(memory=300 * 2**20, seconds=5)"
    assert run(f"{limits}; bytearray(400 * 2**20)").returncode != 0
    assert b"MemoryError" in run(f"{limits}; bytearray(400 * 2**20)").stderr


def test_a_process_that_takes_more_time_than_it_may_is_ended():
    limits = "from anlan.flow.uploads.child import limit; limit(memory=2**30, seconds=1)"
    assert run(f"{limits}\nwhile True: pass").returncode == -9


def test_the_process_writes_no_file(tmp_path):
    limits = "from anlan.flow.uploads.child import limit; limit(memory=2**30, seconds=5)"
    run(f"{limits}; open({str(tmp_path / 'x')!r}, 'w').write('x' * 10)")
    assert (tmp_path / "x").read_bytes() == b""


@pytest.mark.parametrize(
    ("module", "what"),
    [("tests.no_such_module", "breaks off"), ("tests.papers", "says nothing")],
    ids=["broken", "silent"],
)
def test_a_process_that_breaks_off_or_says_nothing_keeps_no_file(monkeypatch, module, what):
    monkeypatch.setattr(apart, "MODULE", module)
    with pytest.raises(BadEvidence, match="takes too much time or memory") as caught:
        apart.look_into(pdf(), kind="pdf", name="a.pdf")
    assert caught.value.code == "flow.E085", what


def test_a_process_that_never_ends_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "LOOK_SECONDS", 0.01)
    with pytest.raises(BadEvidence) as caught:
        apart.look_into(pdf(), kind="pdf", name="a.pdf")
    assert caught.value.code == "flow.E085"


def test_a_server_that_cannot_start_a_process_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(BadEvidence, match="Send it again in a minute") as caught:
        apart.look_into(pdf(), kind="pdf", name="a.pdf")
    assert caught.value.code == "flow.E087"


def test_one_file_is_looked_into_at_a_time(monkeypatch):
    monkeypatch.setattr(apart, "_turn", threading.BoundedSemaphore(1))
    monkeypatch.setattr(apart, "WAIT_SECONDS", 0.05)
    apart._turn.acquire()
    with pytest.raises(BadEvidence) as caught:
        apart.look_into(pdf(), kind="pdf", name="a.pdf")
    assert caught.value.code == "flow.E087"


def test_files_that_wait_hold_no_more_threads_than_there_are_places(monkeypatch):
    """Each that is looked into or waits holds one of the eight threads that answer everybody."""
    monkeypatch.setattr(slow, "_places", threading.BoundedSemaphore(slow.PLACES))
    monkeypatch.setattr(slow, "PLACE_SECONDS", 0.05)
    monkeypatch.setattr(apart, "_turn", threading.BoundedSemaphore(1))
    apart._turn.acquire()
    kept: list[bytes] = []
    waiting = [
        threading.Thread(target=lambda: kept.append(examine(Upload(name="a.pdf", chunks=[pdf()])).content))
        for _ in range(slow.PLACES)
    ]
    for thread in waiting:
        thread.start()
    while slow._places.acquire(blocking=False):
        slow._places.release()
    with pytest.raises(BadEvidence, match="Send it again in a minute") as caught:
        examine(Upload(name="b.pdf", chunks=[pdf()]))
    assert caught.value.code == "flow.E087"

    apart._turn.release()
    for thread in waiting:
        thread.join()
    assert kept == [pdf()] * slow.PLACES
    assert slow.PLACES < WORKERS


def test_every_finding_has_a_sentence():
    codes = {value for name, value in vars(refusal).items() if name.isupper()}
    assert codes == set(apart.SENTENCES)


def test_the_process_knows_every_kind():
    assert set(child.LOOKS) == {"docx", "xlsx", "pdf", "png", "jpeg"}


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic", "Most Compatible"),
        ("IMG_1.jpg", b"\0\0\0\x18ftypheic", "Most Compatible"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "save it as JPEG or PNG"),
        ("a.bmp", b"BM\0\0\0\0", "save it as JPEG or PNG"),
        ("a.gif", b"GIF89a", "save it as JPEG or PNG"),
        ("a.tif", b"II*\0", "save it as JPEG or PNG"),
    ],
)
def test_a_picture_of_another_kind_is_refused_with_what_to_do(name, head, words):
    from anlan.flow.evidence import store

    with pytest.raises(BadEvidence, match=words) as caught:
        store(name, [head + b"\0" * 40])
    assert caught.value.code == "flow.E084"
