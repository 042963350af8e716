"""What stands in a PDF but on no table of objects: a reader that looks for objects itself may find it, the parser does not.

A coarse look at the bytes, beside `pdf`: names are sought with their escaped letters written out, and in streams of objects.
"""

import re
import zlib
from io import BytesIO
from zipfile import is_zipfile

from anlan.flow.uploads.refusal import ACTIVE_PDF, BAD_PDF, HIDING_PDF, LOCKED, TWO_KINDS_PDF, Refusal

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
_SHORT = (b"JS", b"XFA", b"GoToR", b"Rendition")
_END = rb"(?=[\s/<>\[\](){}%\0]|$)"
_SOUGHT = re.compile(rb"/(" + b"|".join(_ACTIVE) + rb")" + _END)
_SOUGHT_SHORT = re.compile(rb"/(" + b"|".join(_SHORT) + rb")" + _END)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_LINK = re.compile(rb"/URI\s*\([^()\\\r\n]*\)")  # with no bracket, escape or new line inside, so that it hides nothing
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_PAGE_MARKS = re.compile(rb"<\s*(html|script|!doctype|\?php)", re.IGNORECASE)


def check_frame(raw: bytes) -> None:
    """Refuse a PDF that is cut off, or another kind of file as well. Raises: Refusal."""
    end = raw.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in raw:
        raise Refusal(BAD_PDF)
    if raw[end + 5 :].strip(b"\r\n\t \0") or is_zipfile(BytesIO(raw)) or _PAGE_MARKS.search(raw[:1024]):
        raise Refusal(TWO_KINDS_PDF)


def check_loose(raw: bytes) -> None:
    """Refuse names of active content and locks anywhere among the objects, on a table or not. Raises: Refusal."""
    outside, packed = _outline(raw)
    if re.search(rb"/Encrypt" + _END, outside):
        raise Refusal(LOCKED)
    found = _SOUGHT.search(outside) or _SOUGHT.search(_plain(raw)) or _SOUGHT_SHORT.search(outside)
    found = found or _SOUGHT.search(packed) or _SOUGHT_SHORT.search(packed)
    if found is not None:
        raise Refusal(ACTIVE_PDF, found.group(1).decode("ascii"))


def _outline(raw: bytes) -> tuple[bytes, bytes]:
    """Return what stands outside streams, and the unpacked streams that hold objects, both with names written out.

    Raises: Refusal when a stream of objects lies where this reading sees none, which only a trick brings about.
    """
    outside, packed, place, left = [], [], 0, MAX_UNPACKED_BYTES
    for stream in _STREAM.finditer(raw):
        head = _plain(raw[place : stream.start()])
        outside.append(head)
        place = stream.end()
        if b"/ObjStm" in head:
            packed.append(_unpack(stream.group(1), head, left))
            left -= len(packed[-1])
        elif b"/ObjStm" in _plain(stream.group(1)):
            raise Refusal(HIDING_PDF)
    outside.append(_plain(raw[place:]))
    return b"\n".join(outside), _plain(b"\n".join(packed))


def _unpack(content: bytes, head: bytes, limit: int) -> bytes:
    """Unpack a stream of objects. Raises: Refusal for an unusual packing, which only hides, and beyond the limit."""
    if set(re.findall(rb"/(\w+Decode|Predictor|Fl|LZW|A85|AHx)\b", head)) - {b"FlateDecode"}:
        raise Refusal(HIDING_PDF)
    if not re.search(rb"/FlateDecode", head):
        return content
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, limit + 1)
    except zlib.error as error:
        raise Refusal(HIDING_PDF) from error
    if len(unpacked) > limit:
        raise Refusal(HIDING_PDF)
    return unpacked


def _plain(text: bytes) -> bytes:
    """Write escaped letters out, and leave the addresses of links out: a page may be named like an action."""
    return _ESCAPED.sub(lambda sign: bytes([int(sign.group(1), 16)]), _LINK.sub(b"/URI ()", text))
