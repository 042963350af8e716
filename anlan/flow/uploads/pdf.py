"""PDF files: whole, nothing before or behind, and nothing that runs, opens or carries another file.

A PDF hides names by writing letters as #4a and by packing objects into compressed streams; both are undone before looking.
"""

import re
import zlib
from io import BytesIO
from zipfile import is_zipfile

from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

MAX_UNPACKED_BYTES = 100 * 2**20
# Long enough never to occur by chance in a picture's bytes, so they are sought everywhere.
_ACTIVE = (
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"RichMedia",
    b"SubmitForm",
    b"ImportData",
    b"GoToE",
)
_SHORT = (b"JS", b"XFA")
_END = rb"(?=[\s/<>\[\](){}%\0]|$)"
_SOUGHT = re.compile(rb"/(" + b"|".join(_ACTIVE) + rb")" + _END)
_SOUGHT_SHORT = re.compile(rb"/(" + b"|".join(_SHORT) + rb")" + _END)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_PAGE_MARKS = re.compile(rb"<\s*(html|script|!doctype|\?php)", re.IGNORECASE)


def check_pdf(raw: bytes, *, name: str) -> None:
    """Refuse a PDF that is cut off, locked, two kinds of file at once, or carries something active.

    Raises: BadEvidence, naming what was found.
    """
    end = raw.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in raw:
        raise _refused("flow.E037", _('"%(name)s" is damaged or cut off. Save it as PDF again and send that.'), name)
    if raw[end + 5 :].strip(b"\r\n\t \0") or is_zipfile(BytesIO(raw)) or _PAGE_MARKS.search(raw[:1024]):
        text = _('"%(name)s" is a PDF and another kind of file at once. Save it as PDF again and send that.')
        raise _refused("flow.E038", text, name)
    outside, packed = _outline(raw, name)
    if re.search(rb"/Encrypt" + _END, outside):
        text = _('"%(name)s" is locked. Save it without a password or restrictions and send that.')
        raise _refused("flow.E039", text, name)
    found = _SOUGHT.search(_plain(raw)) or _SOUGHT_SHORT.search(outside)
    found = found or _SOUGHT.search(packed) or _SOUGHT_SHORT.search(packed)
    if found is not None:
        text = _('"%(name)s" carries active content (%(what)s). Print it as PDF anew and send that.')
        raise BadEvidence("flow.E040", text % {"name": name, "what": found.group(1).decode("ascii")})


def _outline(raw: bytes, name: str) -> tuple[bytes, bytes]:
    """Return what stands outside streams, and the unpacked streams that hold objects, both with names written out.

    Raises: BadEvidence when a stream of objects lies where this reading sees none, which only a trick brings about.
    """
    outside, packed, place, left = [], [], 0, MAX_UNPACKED_BYTES
    for stream in _STREAM.finditer(raw):
        head = _plain(raw[place : stream.start()])
        outside.append(head)
        place = stream.end()
        if b"/ObjStm" in head:
            packed.append(_unpack(stream.group(1), head, left, name))
            left -= len(packed[-1])
        elif b"/ObjStm" in _plain(stream.group(1)):
            raise _hiding(name)
    outside.append(_plain(raw[place:]))
    return b"\n".join(outside), _plain(b"\n".join(packed))


def _unpack(content: bytes, head: bytes, limit: int, name: str) -> bytes:
    """Unpack a stream of objects. Raises: BadEvidence for an unusual packing, which only hides, and beyond the limit."""
    if set(re.findall(rb"/(\w+Decode|Predictor|Fl|LZW|A85|AHx)\b", head)) - {b"FlateDecode"}:
        raise _hiding(name)
    if not re.search(rb"/FlateDecode", head):
        return content
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, limit + 1)
    except zlib.error as error:
        raise _hiding(name) from error
    if len(unpacked) > limit:
        raise _hiding(name)
    return unpacked


def _hiding(name: str) -> BadEvidence:
    return _refused("flow.E041", _('"%(name)s" hides what it holds. Print it as PDF anew and send that.'), name)


def _plain(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda sign: bytes([int(sign.group(1), 16)]), text)


def _refused(code: str, text: str, name: str) -> BadEvidence:
    return BadEvidence(code, text % {"name": name})
