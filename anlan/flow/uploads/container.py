"""Archives of office papers and sheets, unpacked by hand: nothing that an archive says about itself is believed."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from anlan.flow.uploads.refusal import BAD_OFFICE, BOMB, LOCKED, TWO_KINDS_OFFICE, UNSAFE_PATH, Refusal

MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 200  # real papers pack about 1:10, a sheet with one value 1:100
RATIO_MATTERS_FROM = 5 * 2**20
MAX_MEMBERS = 2_000
MAX_GAP = 64  # between two members: a data descriptor, and a few bytes of padding
_HEADER, _END = b"PK\x03\x04", b"PK\x05\x06"
_LARGE_END = 76  # bytes of the second end and of what leads to it
_DAMAGED = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error, IndexError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the archive, unpacked."""

    name: str
    content: bytes


def unpacked(raw: bytes, *, most: int = MAX_MEMBERS, is_whole: bool = True) -> Iterator[Member]:
    """Yield the members one after another, under limits of number and size.

    `is_whole` asks that the archive begins at the first byte and ends at the last. Raises: Refusal.
    """
    try:
        with ZipFile(BytesIO(raw)) as archive:
            infos = archive.infolist()
            start = archive.start_dir
        if is_whole:
            _check_frame(raw, infos, start)
        _check_names(infos, most)
        _check_places(raw, infos, start)
        yield from _each(raw, infos)
    except _DAMAGED as error:
        raise Refusal(BAD_OFFICE) from error


def unsafe_path(names: Sequence[str]) -> str:
    """Return the first member whose path leads out of the archive or stands twice; empty when there is none."""
    seen: set[str] = set()
    for one in names:
        path = one.replace("\\", "/")
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in one or path.lower() in seen:
            return one
        seen.add(path.lower())
    return ""


def _check_frame(raw: bytes, infos: Sequence[ZipInfo], directory: int) -> None:
    """An archive begins at the first byte and ends at the last: anything before or behind makes it two files.

    Its end names the directory that was read. `ZipFile` believes a second end for large archives (zip64) before it, others do not.
    """
    first, end = min((info.header_offset for info in infos), default=0), raw.rfind(_END)
    if first != 0 or not raw.startswith(_HEADER) or end + 22 != len(raw):
        raise Refusal(TWO_KINDS_OFFICE)
    *counts, size, start = struct.unpack_from("<HHII", raw, end + 8)
    sizes = (end - directory, end - directory - _LARGE_END, 0xFFFFFFFF)
    if not {*counts} <= {len(infos), 0xFFFF} or size not in sizes or start not in (directory, 0xFFFFFFFF):
        raise Refusal(TWO_KINDS_OFFICE)


def _check_names(infos: Sequence[ZipInfo], most: int) -> None:
    if len(infos) > most:
        raise Refusal(BOMB)
    if unsafe := unsafe_path([info.orig_filename for info in infos]):
        raise Refusal(UNSAFE_PATH, unsafe)


def _check_places(raw: bytes, infos: Sequence[ZipInfo], directory: int) -> None:
    """Members lie one behind another: none shares bytes with another, and nothing lies between that one reader sees and another not."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        start = info.header_offset
        if start < end or start - end > MAX_GAP or _HEADER in raw[end:start]:
            raise BadZipFile("members that overlap, or something between them")
        letters, extra = struct.unpack_from("<HH", raw, start + 26)
        end = start + 30 + letters + extra + info.compress_size
    if end > directory or directory - end > MAX_GAP or _HEADER in raw[end:directory]:
        raise BadZipFile("something between members and directory")


def _each(raw: bytes, infos: Sequence[ZipInfo]) -> Iterator[Member]:
    total = 0
    for info in infos:
        if info.flag_bits & 0x1:
            raise Refusal(LOCKED)
        content = _unpack(raw, info, limit=MAX_UNPACKED_BYTES - total)
        total += len(content)
        if total > RATIO_MATTERS_FROM and total > MAX_RATIO * len(raw):
            raise Refusal(BOMB)
        yield Member(name=info.filename, content=content)


def _unpack(raw: bytes, info: ZipInfo, *, limit: int) -> bytes:
    """Unpack one member by hand. `ZipFile.read` stops at the size that the archive states; other programs do not."""
    start = info.header_offset
    if raw[start : start + 4] != _HEADER:
        raise BadZipFile("no local header")
    packing = int.from_bytes(raw[start + 8 : start + 10], "little")
    letters, extra = struct.unpack_from("<HH", raw, start + 26)
    if raw[start + 30 : start + 30 + letters] not in _spellings(info) or packing != info.compress_type:
        raise BadZipFile("two names or packings for one member")
    packed = raw[start + 30 + letters + extra :][: info.compress_size]
    if info.compress_type == 0:
        content, is_all = packed[: limit + 1], True
    elif info.compress_type == 8:
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(packed, limit + 1)
        is_all = unpacker.eof and not unpacker.unused_data
    else:
        raise BadZipFile("unusual compression")
    if len(content) > limit:
        raise Refusal(BOMB)
    if not is_all or len(packed) != info.compress_size:
        raise BadZipFile("cut off")
    return content


def _spellings(info: ZipInfo) -> set[bytes]:
    name = info.orig_filename
    return {name.encode("utf-8"), name.encode("cp437", "replace")}
