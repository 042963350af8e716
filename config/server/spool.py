"""Bodies and answers on their way: in memory while they are small, else in a file that has no name and no plain byte.

The file is encrypted with a key that lives as long as the process, and is unlinked before the first byte: a kill leaves nothing.
"""

import contextlib
import io
import logging
import secrets
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from anlan.vault.stream import DecryptingReader, EncryptingWriter, Secret
from config.server.limits import IN_MEMORY, MEMORY, PIECE, SPOOL, SPOOL_EACH

_log = logging.getLogger("anlan.server")


class Full(Exception):
    """There is no room for more: of one address (`of_address`), or in all."""

    def __init__(self, *, of_address: bool) -> None:
        super().__init__("The spool is full.")
        self.of_address = of_address


class Quota:
    """The room that all spools share. Threads take and give."""

    def __init__(self, *, memory: int = MEMORY, disk: int = SPOOL, disk_each: int = SPOOL_EACH) -> None:
        self._memory, self._disk, self._disk_each = memory, disk, disk_each
        self.memory_taken = self.disk_taken = 0
        self._each: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take_memory(self, count: int) -> bool:
        """Take bytes of memory; tell whether there was room."""
        with self._lock:
            if self.memory_taken + count > self._memory:
                return False
            self.memory_taken += count
        return True

    def give_memory(self, count: int) -> None:
        """Give bytes of memory back."""
        with self._lock:
            self.memory_taken -= count

    def take_disk(self, address: str, count: int) -> None:
        """Take bytes of the disk for an address. Raises: Full."""
        with self._lock:
            if self._each[address] + count > self._disk_each:
                raise Full(of_address=True)
            if self.disk_taken + count > self._disk:
                raise Full(of_address=False)
            self.disk_taken += count
            self._each[address] += count

    def give_disk(self, address: str, count: int) -> None:
        """Give bytes of the disk back."""
        with self._lock:
            self.disk_taken -= count
            self._each[address] -= count
            if self._each[address] <= 0:
                del self._each[address]


class Spool:
    """One body or answer: written front to back, then read once. One thread at a time. `close` gives its room back."""

    def __init__(self, folder: Path, quota: Quota, address: str, *, in_memory: int = IN_MEMORY) -> None:
        self._folder, self._quota, self._address, self._in_memory = folder, quota, address, in_memory
        self._pieces: list[bytes] = []
        self._held = self._on_disk = self.size = 0
        self._disk: tuple[BinaryIO, EncryptingWriter] | None = None

    def fits_memory(self, count: int) -> bool:
        """Tell whether this many more bytes stay in memory, so that writing them touches no disk; their room is taken."""
        if self._disk is not None or self.size + count > self._in_memory or not self._quota.take_memory(count):
            return False
        self._held += count
        return True

    def keep(self, piece: bytes) -> None:
        """Keep bytes in memory that `fits_memory` made room for."""
        self._pieces.append(piece)
        self.size += len(piece)

    def write(self, piece: bytes) -> None:
        """Take bytes, to memory or to the disk. Raises: Full, also where the disk itself has no room."""
        if self.fits_memory(len(piece)):
            self.keep(piece)
            return
        with _disk_errors_as_full():
            writer = self._disk[1] if self._disk else self._move_to_disk()
            for start in range(0, len(piece), PIECE):
                self._to_disk(writer, piece[start : start + PIECE])
        self.size += len(piece)

    def reader(self) -> io.BufferedIOBase:
        """Return what was written, from its beginning. Nothing can be written afterwards. Raises: Full."""
        if self._disk is None:
            return io.BytesIO(b"".join(self._pieces))
        file, writer = self._disk
        with _disk_errors_as_full():
            writer.close()
            file.seek(0)
        return io.BufferedReader(DecryptingReader(file, _KEY, chunk=PIECE), PIECE)

    def close(self) -> None:
        """Forget everything and give the room back. May be called twice."""
        self._pieces.clear()
        self._quota.give_memory(self._held)
        self._quota.give_disk(self._address, self._on_disk)
        self._held = self._on_disk = 0
        if self._disk is not None:
            self._disk[0].close()
            self._disk = None

    def _move_to_disk(self) -> EncryptingWriter:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  closed by close
        writer = EncryptingWriter(file, _KEY, chunk=PIECE)
        self._disk = (file, writer)
        for piece in self._pieces:
            self._to_disk(writer, piece)
        self._pieces.clear()
        self._quota.give_memory(self._held)
        self._held = 0
        return writer

    def _to_disk(self, writer: EncryptingWriter, piece: bytes) -> None:
        self._quota.take_disk(self._address, len(piece))
        self._on_disk += len(piece)
        writer.write(piece)


@contextlib.contextmanager
def _disk_errors_as_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _log.error("The spool cannot be written: %s", error)
        raise Full(of_address=False) from error


_KEY = Secret(value=secrets.token_bytes(32), is_passphrase=False)
