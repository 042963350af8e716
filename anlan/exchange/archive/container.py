"""The zip of a package: stored, in one order, with one date. The same files give the same bytes on every machine.

Written by hand, since the verifier compares every byte: no program may slip in a field that nobody vouches for.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable
from typing import Protocol

from django.utils.translation import gettext as _

from anlan.exchange.errors import BadFile

LIMIT = 2**32 - 2**20  # room for the table of contents; beyond it the format would need other fields
MOST_FILES = 60_000
_HEAD = 30
_FIRST_OF_JANUARY_1980 = 33
_READABLE = 0o644 << 16


class Target(Protocol):
    """What a package is written to: a file, or one that is encrypted as it is written."""

    def write(self, data: bytes, /) -> int: ...
    def seek(self, offset: int, /) -> int: ...
    def tell(self) -> int: ...


class Container:
    """A zip in the making. `files` maps each name to its size in bytes and its SHA-256 in hex."""

    def __init__(self, stream: Target) -> None:
        self.files: dict[str, dict[str, int | str]] = {}
        self._stream = stream
        self._central = b""

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write one file; `name` is ASCII. Raises: BadFile when the package grows beyond 4 GB."""
        start, raw = self._stream.tell(), name.encode("ascii")
        self._stream.write(bytes(_HEAD) + raw)
        size, crc, digest = 0, 0, hashlib.sha256()
        for chunk in chunks:
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            digest.update(chunk)
            self._stream.write(chunk)
            self._require_room(start + size)
        form = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, _FIRST_OF_JANUARY_1980, crc, size, size, len(raw), 0)
        end = self._stream.tell()
        self._stream.seek(start)
        self._stream.write(b"PK\3\4" + form)
        self._stream.seek(end)
        self._central += b"PK\1\2\x14\3" + form + struct.pack("<HHHLL", 0, 0, 0, _READABLE, start) + raw
        self.files[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def close(self) -> None:
        """Write the table of contents."""
        count, start = len(self.files), self._stream.tell()
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(self._central), start, 0)
        self._stream.write(self._central + end)

    def _require_room(self, size: int) -> None:
        if size + len(self._central) > LIMIT or len(self.files) >= MOST_FILES:
            message = _("The package would be larger than 4 GB or %(count)d files; choose one register or one year.")
            raise BadFile("exchange.E040", message % {"count": MOST_FILES})
