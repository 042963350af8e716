"""DOCX and XLSX files are archives: their members are counted, unpacked under a limit, and looked into.

`anlan.exchange.guard` asks the same questions of a sheet that is imported.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 200  # real papers pack about 1:10, a sheet with one value 1:100
RATIO_MATTERS_FROM = 5 * 2**20
MAX_MEMBERS = 2_000
_ARCHIVES = (
    b"PK\x03\x04",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"\xd0\xcf\x11\xe0",
    b"MZ",
    b"\x7fELF",
    b"%PDF-",
)
_MACROS = re.compile(r"vba|macrosheets|activex|\.(bin|exe|dll|js|vbs|hta|jar)$", re.IGNORECASE)
_HARMLESS_BIN = re.compile(r"^xl/printerSettings/printerSettings\d+\.bin$", re.IGNORECASE)
_EMBEDDED = re.compile(r"/embeddings/|oleobject|/externallinks/", re.IGNORECASE)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"""\b(Type|Target|TargetMode)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SAFE_TARGETS = re.compile(rb"^(https?:|mailto:|#)", re.IGNORECASE)
_DYNAMIC_DATA = re.compile(rb"\bDDE(AUTO)?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the archive, unpacked."""

    name: str
    content: bytes


def check_office(raw: bytes, *, main_part: str, name: str) -> None:
    """Refuse an office file that is damaged, a bomb, another file as well, or carries macros, files or links that load.

    `main_part` is the member that makes it what its ending says. Raises: BadEvidence, naming what was found.
    """
    try:
        with ZipFile(BytesIO(raw)) as archive:
            infos = archive.infolist()
            _check_frame(raw, archive, name)
            _check_names([info.filename for info in infos], name)
            for member in _members(raw, infos, name):
                _check_member(member, name)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error, IndexError) as error:
        text = _('"%(name)s" is damaged or cut off. Save it in Office again and send that.')
        raise BadEvidence("flow.E042", text % {"name": name}) from error
    if not {main_part, "[Content_Types].xml"} <= {info.filename for info in infos}:
        text = _('The content of "%(name)s" is not what its name says. Accepted: PDF, PNG, JPEG, DOCX, XLSX.')
        raise BadEvidence("flow.E032", text % {"name": name})


def active_part(names: list[str]) -> str:
    """Return the first member whose name says macros, controls or programs; empty when there is none."""
    return next((one for one in names if _MACROS.search(one) and not _HARMLESS_BIN.match(one)), "")


def unsafe_path(names: list[str]) -> str:
    """Return the first member whose path leads out of the archive or stands twice; empty when there is none."""
    seen: set[str] = set()
    for one in names:
        parts = one.replace("\\", "/").split("/")
        if one.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in one or one.lower() in seen:
            return one
        seen.add(one.lower())
    return ""


def is_archive(content: bytes) -> bool:
    """Tell whether a member is itself an archive, an old office file, a program or a paper."""
    return content.startswith(_ARCHIVES)


def _check_frame(raw: bytes, archive: ZipFile, name: str) -> None:
    """An archive begins at the first byte and ends at the last: anything before or behind makes it two files."""
    first = min((info.header_offset for info in archive.infolist()), default=0)
    end = raw.rfind(b"PK\x05\x06")
    if first != 0 or not raw.startswith(b"PK\x03\x04") or end + 22 != len(raw):
        text = _(
            '"%(name)s" is an office file and another kind of file at once. Save it in Office again and send that.'
        )
        raise BadEvidence("flow.E043", text % {"name": name})


def _check_names(names: list[str], name: str) -> None:
    if len(names) > MAX_MEMBERS:
        raise _bomb(name)
    if unsafe := unsafe_path(names):
        text = _('"%(name)s" holds the unsafe path "%(path)s". Save it in Office again and send that.')
        raise BadEvidence("flow.E044", text % {"name": name, "path": unsafe[:80]})
    if active := active_part(names):
        text = _(
            '"%(name)s" holds macros or controls (%(part)s). Save it as .docx or .xlsx without them and send that.'
        )
        raise BadEvidence("flow.E045", text % {"name": name, "part": active[:80]})
    if embedded := next((one for one in names if _EMBEDDED.search(one)), ""):
        raise _carries(name, embedded)


def _members(raw: bytes, infos: list[ZipInfo], name: str) -> Iterator[Member]:
    total = 0
    for info in infos:
        if info.flag_bits & 0x1:
            text = _('"%(name)s" is locked. Save it without a password or restrictions and send that.')
            raise BadEvidence("flow.E039", text % {"name": name})
        content = unpack(raw, info, limit=MAX_UNPACKED_BYTES - total)
        total += len(content) if content is not None else 0
        if content is None or (total > RATIO_MATTERS_FROM and total > MAX_RATIO * len(raw)):
            raise _bomb(name)
        yield Member(name=info.filename, content=content)


def unpack(raw: bytes, info: ZipInfo, *, limit: int) -> bytes | None:
    """Unpack one member by hand and return it; null when it is larger than the limit.

    `ZipFile.read` stops at the size that the archive states; other programs do not. Raises: BadZipFile.
    """
    start = info.header_offset
    if raw[start : start + 4] != b"PK\x03\x04":
        raise BadZipFile("no local header")
    letters, extra = struct.unpack_from("<HH", raw, start + 26)
    if raw[start + 30 : start + 30 + letters].decode("utf-8", "replace") != info.orig_filename and letters:
        raise BadZipFile("two names for one member")
    packed = raw[start + 30 + letters + extra :][: info.compress_size]
    if info.compress_type == 0:
        return packed if len(packed) <= limit else None
    if info.compress_type != 8:
        raise BadZipFile("unusual compression")
    unpacker = zlib.decompressobj(-15)
    content = unpacker.decompress(packed, limit + 1)
    if not unpacker.eof and len(content) <= limit:
        raise BadZipFile("cut off")
    return content if len(content) <= limit and not unpacker.unconsumed_tail else None


def _check_member(member: Member, name: str) -> None:
    if is_archive(member.content):
        raise _carries(name, member.name)
    if not member.name.lower().endswith((".xml", ".rels", ".vml")):
        return
    content = _as_utf8(member.content)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadZipFile("document type")
    if b"macroEnabled" in content or b"vbaProject" in content:
        text = _(
            '"%(name)s" holds macros or controls (%(part)s). Save it as .docx or .xlsx without them and send that.'
        )
        raise BadEvidence("flow.E045", text % {"name": name, "part": member.name[:80]})
    if link := _loading_link(member.name, content):
        text = _('"%(name)s" loads something from elsewhere (%(link)s). Break the link in Office and send it again.')
        raise BadEvidence("flow.E047", text % {"name": name, "link": link[:80]})


def _as_utf8(content: bytes) -> bytes:
    """Return XML as UTF-8, so that no other encoding hides a word."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode()
    if b"\0" in content[:200]:
        raise BadZipFile("unusual encoding")
    return content


def _loading_link(member: str, content: bytes) -> str:
    """Return an outside target that is fetched on opening; a link that a person follows is none. Empty when there is none."""
    if not member.endswith(".rels"):
        found = _DYNAMIC_DATA.search(b"".join(re.findall(rb"<w:instrText[^>]*>([^<]*)", content)))
        return found.group(0).decode("ascii") if found else ""
    for relation in _RELATION.findall(content):
        said = {one[0]: one[1] or one[2] for one in _ATTRIBUTE.findall(relation)}
        target, kind = said.get(b"Target", b""), said.get(b"Type", b"")
        is_followed = kind.endswith(b"/hyperlink") and _SAFE_TARGETS.match(target)
        if said.get(b"TargetMode", b"").lower() == b"external" and not is_followed:
            return target.decode("utf-8", "replace") or "?"
    return ""


def _bomb(name: str) -> BadEvidence:
    text = _('"%(name)s" unpacks to far more than a paper of this size should (limit %(limit)d MB). It was not opened.')
    return BadEvidence("flow.E046", text % {"name": name, "limit": MAX_UNPACKED_BYTES // 2**20})


def _carries(name: str, part: str) -> BadEvidence:
    text = _('"%(name)s" carries another file (%(part)s). Take it out and send it by itself.')
    return BadEvidence("flow.E048", text % {"name": name, "part": part[:80]})
