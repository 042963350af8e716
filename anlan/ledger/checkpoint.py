"""The text of a checkpoint and of the signed note around it, as C2SP tlog-checkpoint and signed-note write them. Pure; no keys.

origin ⏎ size ⏎ base64(root) ⏎ ⏎ — key name ␠ base64(key id ‖ signature) ⏎

A tree that is not hashed with SHA-256 says so in an extension line, "tree-hash sm3": who does not know it must not verify.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import HASH_BYTES, SHA256, UnknownHash, tree_hash

KEY_ID_BYTES = 4
_DASH = "— "
_TREE_HASH = "tree-hash "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LARGEST = 2**63 - 1


class BadNote(LedgerError, ValueError):
    """The text is no signed note, or no checkpoint."""

    def __init__(self, message: str) -> None:
        super().__init__("ledger.E010", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says of itself: its name, how many entries its tree holds, the tree's root, and the tree's hash."""

    origin: str
    size: int
    root: bytes
    tree_hash: str = SHA256.name

    def text(self) -> str:
        """Return the text that is signed; it ends with a newline."""
        extension = "" if self.tree_hash == SHA256.name else f"{_TREE_HASH}{self.tree_hash}\n"
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{extension}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line of a note. `key_id` is a hint that tells keys of the same name apart."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text that ends with a newline, and its signatures: the log's own first, then those of witnesses."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        lines = "".join(f"{one}\n" for one in self.signatures)
        return f"{self.text}\n{lines}"


def check_name(name: str) -> str:
    """Return a key name or origin that may stand in a note. Raises: BadNote for one that is empty or has spaces or a plus."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise BadNote(
            f'"{name}" cannot name a log; use a name like "anlan.example.cn/ledger", without spaces and plus.'
        )
    return name


def parse_note(note: str) -> Note:
    """Read a signed note. Raises: BadNote. Says nothing on whether a signature is right."""
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or any(letter < " " and letter != "\n" for letter in note):
        raise BadNote("This is no signed note: a text, an empty line and signature lines are needed.")
    return Note(text=f"{text}\n", signatures=tuple(_signature(line) for line in lines.removesuffix("\n").split("\n")))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; other extension lines after the third are allowed. Raises: BadNote."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]) or "" in lines[3:-1]:
        raise BadNote("This is no checkpoint: origin, number of entries and root are needed, one a line.")
    if int(lines[1]) > _LARGEST:
        raise BadNote("This is no checkpoint: no tree has as many entries as it says.")
    root = _decoded(lines[2])
    if len(root) != HASH_BYTES:
        raise BadNote(f"The root of a checkpoint has {HASH_BYTES} bytes; this one has {len(root)}.")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root, tree_hash=_tree_hash(lines[3:]))


def _tree_hash(extensions: Sequence[str]) -> str:
    said = [line.removeprefix(_TREE_HASH) for line in extensions if line.startswith(_TREE_HASH)] or [SHA256.name]
    try:
        return tree_hash(said[0] if len(said) == 1 else " and ".join(said)).name
    except UnknownHash as error:
        raise BadNote(f"The checkpoint's tree cannot be verified: {error}") from error


def _signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap:
        raise BadNote(f'A signature line reads "{_DASH}name base64"; this one does not: {line[:60]}')
    value = _decoded(encoded)
    if len(value) <= KEY_ID_BYTES:
        raise BadNote(f"The signature of {name} is too short.")
    return Signature(name=check_name(name), key_id=value[:KEY_ID_BYTES], value=value[KEY_ID_BYTES:])


def _decoded(encoded: str) -> bytes:
    """Return what base64 says. Other spellings of the same bytes are refused: a signed text has one form."""
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("A line that should be base64 is not.") from error
    if base64.b64encode(value).decode() != encoded:
        raise BadNote("A line is base64 in an unusual spelling.")
    return value


def signatures_of(note: Note, name: str, key_id: bytes) -> Sequence[Signature]:
    """Return the signatures that claim to be of a key."""
    return [one for one in note.signatures if (one.name, one.key_id) == (name, key_id)]
