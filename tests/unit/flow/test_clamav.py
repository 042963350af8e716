"""The virus scanner is asked by its own protocol before a file is kept; without its answer nothing is kept."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from anlan.exchange.commit import open_batch
from anlan.exchange.errors import BadFile
from anlan.flow.errors import BadEvidence
from anlan.flow.evidence import path_of, store
from anlan.flow.spec import find_register
from anlan.flow.uploads.clamav import ScannerSilent
from tests.papers import pdf

# The agreed harmless test file of the virus scanners, in two parts so that this file is not taken for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD" + b"-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """A daemon that speaks INSTREAM. `heard` keeps what it was sent; `says` overrides its answer."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening, self.heard, self.says = listening, [], None

    def serve(self) -> None:
        while True:
            try:
                link, _address = self.listening.accept()
            except OSError:
                return
            with link, link.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!I", stream.read(4))[0]:
                    content += stream.read(size)
                self.heard.append(content)
                found = b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"stream: OK"
                link.sendall((self.says if self.says is not None else found) + b"\0")


@pytest.fixture
def scanner(settings, tmp_path: Path) -> Iterator[Scanner]:
    with socket.socket(socket.AF_UNIX) as listening, translation.override("en"):
        listening.bind(str(tmp_path / "clamd"))
        listening.listen()
        daemon = Scanner(listening)
        threading.Thread(target=daemon.serve, daemon=True).start()
        settings.ANLAN_CLAMAV = f"unix:{tmp_path / 'clamd'}"
        settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "evidence")
        yield daemon
        listening.shutdown(socket.SHUT_RDWR)


def test_a_clean_file_is_sent_whole_and_kept(scanner):
    raw = pdf("x" * 200_000)
    file = store("a.pdf", [raw])

    assert scanner.heard == [raw]
    assert path_of(file.sha256).is_file()


def test_a_find_is_named_and_the_file_is_not_kept(scanner, settings):
    with pytest.raises(BadEvidence, match=r'^The virus scanner found "Win.Test.EICAR_HDB-1" in "a.pdf"') as caught:
        store("a.pdf", [pdf(extra=b"% " + EICAR + b"\n")])

    assert caught.value.code == "flow.E049"
    assert [path for path in Path(settings.ANLAN_EVIDENCE_FOLDER).rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("says", [b"", b"INSTREAM size limit exceeded. ERROR", b"stream: OK and more"])
def test_any_other_answer_keeps_nothing(scanner, says):
    scanner.says = says
    with pytest.raises(ScannerSilent, match="does not answer") as caught:
        store("a.pdf", [pdf()])
    assert caught.value.code == "flow.E050"


@pytest.mark.parametrize("address", ["unix:/nowhere/clamd", "tcp://127.0.0.1:1", "tcp://127.0.0.1:not-a-port"])
def test_a_scanner_that_is_not_there_keeps_nothing(settings, tmp_path, address):
    settings.ANLAN_CLAMAV, settings.ANLAN_EVIDENCE_FOLDER = address, str(tmp_path)
    with pytest.raises(ScannerSilent):
        store("a.pdf", [pdf()])
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.database
def test_a_sheet_is_scanned_before_it_is_kept(scanner, settings, world, li_actor):
    spec = find_register("key_place")
    with pytest.raises(BadFile, match="EICAR"):
        open_batch(spec, world.hospital_a, EICAR, name="places.csv", by=li_actor)
    assert not (Path(settings.ANLAN_EVIDENCE_FOLDER) / "imports").exists()
