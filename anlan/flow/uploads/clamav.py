"""The virus scanner ClamAV, if there is one: its daemon is asked over a socket before a file is kept. No answer, no file."""

import socket
import struct
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlparse

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

CHUNK = 64 * 1024
SECONDS = 30.0
PORT = 3310


class ScannerSilent(BadEvidence):
    """The scanner that the settings name gave no answer. The file is not kept: an unscanned file is no scanned file."""


def scan(content: bytes, *, name: str) -> None:
    """Ask the scanner named by `ANLAN_CLAMAV` about a file; do nothing when none is named.

    Raises: BadEvidence when it finds something, ScannerSilent when it cannot be asked.
    """
    address = settings.ANLAN_CLAMAV
    if not address:
        return
    try:
        answer = _ask(address, BytesIO(content))
    except (OSError, ValueError) as error:
        text = _(
            'The virus scanner does not answer, so "%(name)s" was not kept. Tell your administrator, then try again.'
        )
        raise ScannerSilent("flow.E050", text % {"name": name}) from error
    if answer.endswith("FOUND"):
        found = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        text = _('The virus scanner found "%(found)s" in "%(name)s". The file was not kept.')
        raise BadEvidence("flow.E049", text % {"name": name, "found": found[:80]})
    if answer != "stream: OK":
        text = _(
            'The virus scanner does not answer, so "%(name)s" was not kept. Tell your administrator, then try again.'
        )
        raise ScannerSilent("flow.E050", text % {"name": name})


def _ask(address: str, stream: BinaryIO) -> str:
    """Send a file by the protocol's INSTREAM and return the scanner's line."""
    with _connect(address) as link:
        link.sendall(b"zINSTREAM\0")
        while chunk := stream.read(CHUNK):
            link.sendall(struct.pack("!I", len(chunk)) + chunk)
        link.sendall(struct.pack("!I", 0))
        answer = b""
        while b"\0" not in answer and (part := link.recv(4096)):
            answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _connect(address: str) -> socket.socket:
    """Connect to `unix:/path`, `/path` or `tcp://host:port`."""
    if address.startswith("tcp://"):
        parts = urlparse(address)
        return socket.create_connection((parts.hostname or "", parts.port or PORT), timeout=SECONDS)
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(SECONDS)
    try:
        link.connect(address.removeprefix("unix:"))
    except OSError:
        link.close()
        raise
    return link
