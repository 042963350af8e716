"""The key ring: the keys of encrypted columns, kept outside the database. In files below `keys/fields`, or behind a command.

A key is made at two moments only: when a database is prepared in which nothing is encrypted yet, and by `anlan keys rotate`. A
missing key is an error that names it; no other key takes its place. Other processes notice a rotation at their next write.
"""

import base64
import binascii
import os
import secrets
import shlex
import subprocess
import time
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings

from anlan.vault.cipher import CIPHERS, MASTER_BYTES, FieldKey
from anlan.vault.durable import new_file, sync_folder
from anlan.vault.errors import KeyMissing, VaultError

CURRENT, RETIRED = "current", "retired"
SILENT = "vault.E004"  # the key command does not answer
COMMAND_SECONDS = 10.0
COMMAND_MEMORY_SECONDS = 5.0


class Source(Protocol):
    """Where keys lie."""

    def stamp(self) -> object: ...
    def current_id(self) -> str: ...
    def ids(self) -> tuple[str, ...]: ...
    def load(self, key_id: str) -> bytes: ...
    def make(self, cipher: str) -> str: ...
    def retire(self, key_id: str) -> None: ...


class KeyFiles:
    """Keys as files: one per key (`<id>.key`), and `current`, which names the one for new values. Readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stamp(self) -> object:
        """Return what changes when another key becomes the current one: asked before each write, so it costs one `stat`."""
        try:
            found = os.stat(self._folder / CURRENT)  # noqa: PTH116  half the time of Path.stat
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def current_id(self) -> str:
        """Return the id of the key for new values. Raises: KeyMissing."""
        file = self._folder / CURRENT
        try:
            return file.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise KeyMissing(
                "vault.E001",
                f"{file} is missing, so nothing can be encrypted or opened. Restore the folder {self._folder} from a backup; "
                "a new key would not open what is stored.",
            ) from error

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the keys in use."""
        return tuple(sorted(file.stem for file in self._folder.glob("*.key")))

    def load(self, key_id: str) -> bytes:
        """Return a key. Raises: KeyMissing."""
        file = self._folder / f"{key_id}.key"
        try:
            return _decoded(file.read_text(encoding="ascii"), str(file))
        except FileNotFoundError as error:
            raise KeyMissing(
                "vault.E002", f"The key {key_id} is missing: {file} does not exist. Restore it from a backup."
            ) from error

    def make(self, cipher: str) -> str:
        """Make a key, let it be the current one, and return its id."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_id = f"{cipher}-{secrets.token_hex(4)}"
        _write(self._folder / f"{key_id}.key", base64.b64encode(secrets.token_bytes(MASTER_BYTES)).decode())
        draft = self._folder / f".{CURRENT}-{key_id}"
        _write(draft, key_id)
        draft.replace(self._folder / CURRENT)
        return key_id

    def retire(self, key_id: str) -> None:
        """Move a key that nothing uses out of the ring. It is kept beside it for old copies of the database."""
        (self._folder / RETIRED).mkdir(exist_ok=True, mode=0o700)
        (self._folder / f"{key_id}.key").rename(self._folder / RETIRED / f"{key_id}.key")


class KeyCommand:
    """Keys behind a command, for example a client of a key-management service or a card. The last line that it prints counts.

    `COMMAND current` prints an id, `COMMAND ids` ids with spaces, `COMMAND get ID` 32 bytes in base64, `COMMAND make aes|sm4` the
    id of a new current key, `COMMAND retire ID` nothing. Any exit code but 0 means that the key cannot be had.
    """

    def __init__(self, command: str) -> None:
        self._command = tuple(shlex.split(command))

    def stamp(self) -> object:
        """Return a number that changes every few seconds: the command is asked that often which key is the current one."""
        return int(time.monotonic() / COMMAND_MEMORY_SECONDS)

    def current_id(self) -> str:
        """Return the id of the key for new values; empty when there is none. Raises: KeyMissing."""
        return self._ask("current")

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the keys in use."""
        return tuple(self._ask("ids").split())

    def load(self, key_id: str) -> bytes:
        """Return a key. Raises: KeyMissing."""
        return _decoded(self._ask("get", key_id), self._command[0])

    def make(self, cipher: str) -> str:
        """Ask for a new key and return its id."""
        return self._ask("make", cipher)

    def retire(self, key_id: str) -> None:
        """Tell that nothing uses a key any more."""
        self._ask("retire", key_id)

    def _ask(self, *words: str) -> str:
        try:
            done = subprocess.run(
                [*self._command, *words], capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise KeyMissing(
                SILENT,
                f'The key command "{self._command[0]} {words[0]}" failed ({type(error).__name__}). Look at ANLAN_KEY_COMMAND; '
                "until it answers nothing can be encrypted or opened.",
            ) from error
        return done.stdout.strip().rpartition("\n")[2]


class Ring:
    """The keys of this installation, remembered once they are read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._keys: dict[str, FieldKey] = {}
        self._current: tuple[object, FieldKey] | None = None

    def current(self) -> FieldKey:
        """Return the key for new values. Raises: KeyMissing."""
        stamp = self.source.stamp()
        if self._current is None or self._current[0] != stamp or stamp is None:
            self._current = (stamp, self.get(self.source.current_id()))
        return self._current[1]

    def get(self, key_id: str) -> FieldKey:
        """Return the key of an id. Raises: KeyMissing."""
        if key_id not in self._keys:
            if key_id.partition("-")[0] not in CIPHERS:
                raise KeyMissing("vault.E005", f'"{key_id}" is no id of a key; ids read like aes-3f9c2d1e.')
            self._keys[key_id] = FieldKey(id=key_id, master=self.source.load(key_id))
        return self._keys[key_id]

    def every(self) -> tuple[FieldKey, ...]:
        """Return all keys in use, since a value that is looked up may be stored under any of them."""
        return tuple(self.get(key_id) for key_id in self.source.ids())

    def make(self) -> FieldKey:
        """Make a new current key of the cipher that the settings name."""
        cipher = settings.ANLAN_CIPHER
        if cipher not in CIPHERS:
            raise VaultError("vault.E006", f'ANLAN_CIPHER is "{cipher}"; it may be: {", ".join(CIPHERS)}.')
        return self.get(self.source.make(cipher))

    def make_first(self) -> None:
        """Make the first key, for a database in which nothing is encrypted yet. Does nothing where a key is there already."""
        if not self.source.ids():
            self.make()

    def retire(self, key_id: str) -> None:
        """Take a key out of use. The caller has made sure that nothing needs it."""
        self.source.retire(key_id)
        self._keys.pop(key_id, None)


def ring() -> Ring:
    """Return the ring of this installation."""
    return _ring(settings.ANLAN_KEY_COMMAND, settings.ANLAN_FIELD_KEYS_FOLDER)


@lru_cache(maxsize=8)
def _ring(command: str, folder: str) -> Ring:
    return Ring(KeyCommand(command) if command else KeyFiles(Path(folder)))


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != MASTER_BYTES:
        raise KeyMissing("vault.E002", f"{where} holds no key of {MASTER_BYTES} bytes in base64. Restore it.")
    return key


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner reads, and make it last before anything is encrypted with it."""
    with new_file(file) as stream:
        stream.write(f"{text}\n".encode("ascii"))
    sync_folder(file.parent)
