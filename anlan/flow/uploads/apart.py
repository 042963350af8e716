"""A file is looked into in a process of its own, one at a time: a hostile one costs that process, never the server.

What comes back is a code and, for a picture, the picture drawn anew; the sentences for people are made here.
"""

import json
import subprocess
import sys
import threading

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.flow.errors import BadEvidence
from anlan.flow.uploads import refusal
from anlan.flow.uploads.container import MAX_UNPACKED_BYTES
from anlan.flow.uploads.pictures import MAX_DECODED_BYTES

MODULE = "anlan.flow.uploads.child"
WAIT_SECONDS = 60.0  # for files before this one
LOOK_SECONDS = 90.0  # of the clock; of the processor it has less
BUSY = "flow.E087"
_turn = threading.BoundedSemaphore(1)
SENTENCES = {
    refusal.OTHER_KIND: gettext_noop(
        'The content of "%(name)s" is not what its name says. Accepted: PDF, PNG, JPEG, DOCX, XLSX.'
    ),
    refusal.BAD_PICTURE: gettext_noop(
        '"%(name)s" is damaged or cut off. Take or save the picture again and send that.'
    ),
    refusal.LARGE_PICTURE: gettext_noop(
        'The picture "%(name)s" has more than %(most)d million pixels. Make it smaller and send that.'
    ),
    refusal.BAD_PDF: gettext_noop('"%(name)s" is damaged or cut off. Save it as PDF again and send that.'),
    refusal.TWO_KINDS_PDF: gettext_noop(
        '"%(name)s" is a PDF and another kind of file at once. Save it as PDF again and send that.'
    ),
    refusal.LOCKED: gettext_noop('"%(name)s" is locked. Save it without a password or restrictions and send that.'),
    refusal.ACTIVE_PDF: gettext_noop(
        '"%(name)s" carries active content (%(part)s). Print it as PDF anew and send that.'
    ),
    refusal.HIDING_PDF: gettext_noop('"%(name)s" hides what it holds. Print it as PDF anew and send that.'),
    refusal.BAD_OFFICE: gettext_noop('"%(name)s" is damaged or cut off. Save it in Office again and send that.'),
    refusal.TWO_KINDS_OFFICE: gettext_noop(
        '"%(name)s" is an office file and another kind of file at once. Save it in Office again and send that.'
    ),
    refusal.UNSAFE_PATH: gettext_noop(
        '"%(name)s" holds the unsafe path "%(part)s". Save it in Office again and send that.'
    ),
    refusal.MACROS: gettext_noop(
        '"%(name)s" holds macros or controls (%(part)s). Save it as .docx or .xlsx without them and send that.'
    ),
    refusal.BOMB: gettext_noop(
        '"%(name)s" unpacks to far more than a paper of this size should (limit %(limit)d MB). It was not opened.'
    ),
    refusal.LOADS: gettext_noop(
        '"%(name)s" loads something from elsewhere (%(part)s). Break the link in Office and send it again.'
    ),
    refusal.CARRIES: gettext_noop('"%(name)s" carries another file (%(part)s). Take it out and send it by itself.'),
    refusal.TOO_COSTLY: gettext_noop(
        'Looking into "%(name)s" takes too much time or memory. Print it as PDF anew, or make it smaller, and send that.'
    ),
}


def look_into(raw: bytes, *, kind: str, name: str) -> bytes:
    """Look into a file: "docx", "xlsx", "pdf", "png" or "jpeg". Return the bytes to keep.

    Raises: BadEvidence, naming what was found, or that the look took too much or could not be taken.
    """
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise busy(name)
    try:
        answer, drawn = _ask(raw, kind, name)
    finally:
        _turn.release()
    if answer["code"]:
        raise refused(answer["code"], name=name, part=answer["part"])
    return drawn or raw


def refused(code: str, *, name: str, part: str = "") -> BadEvidence:
    """Return what people are told of a finding."""
    words = {
        "name": name,
        "part": part[:80],
        "limit": MAX_UNPACKED_BYTES // 2**20,
        "most": MAX_DECODED_BYTES // 4_000_000,
    }
    return BadEvidence(code, _(SENTENCES[code]) % words)


def _ask(raw: bytes, kind: str, name: str) -> tuple[dict[str, str], bytes]:
    """Start the process and return its answer; one that was ended by its limits says that the file costs too much."""
    command = [sys.executable, "-I", "-m", MODULE, kind]
    try:
        done = subprocess.run(
            command, input=raw, capture_output=True, timeout=LOOK_SECONDS, check=False, env={}, cwd="/"
        )
    except subprocess.TimeoutExpired:
        return {"code": refusal.TOO_COSTLY, "part": ""}, b""
    except OSError as error:
        raise busy(name) from error
    line, _newline, drawn = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        return {"code": refusal.TOO_COSTLY, "part": ""}, b""
    return json.loads(line), drawn


def busy(name: str) -> BadEvidence:
    """Return what people are told where too many files are being looked into."""
    text = _('The server is looking into other files, so "%(name)s" was not kept. Send it again in a minute.')
    return BadEvidence(BUSY, text % {"name": name})
