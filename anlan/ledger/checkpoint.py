"""The text of a checkpoint and of the signed note around it, as C2SP tlog-checkpoint and signed-note write them. Pure; no keys.

origin ⏎ size ⏎ base64(root) ⏎ ⏎ — key name ␠ base64(key id ‖ signature) ⏎

A tree that is not hashed with SHA-256 says so in an extension line, "tree-hash sm3": who does not know it must not verify.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from anlan.ledger.errors import LedgerError
from anlan.ledger.hashing import SHA256, BadHash, UnknownHash, bytes_from_base64, require_hash, tree_hash

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
    """What a log says of itself: its name, how many entries its tree holds, the tree's root, and the tree's hash.

    There is none with a root of another length, a size below 0, or a size of 0 beside another root than that of the empty tree.
    Raises: BadNote.
    """

    origin: str
    size: int
    root: bytes
    tree_hash: str = SHA256.name

    def __post_init__(self) -> None:
        try:
            require_hash(self.root)
        except BadHash as error:
            raise BadNote(f"The root of a checkpoint is none: {error}") from error
        if not 0 <= self.size <= _LARGEST:
            raise BadNote("This is no checkpoint: no tree has as many entries as it says.")
        if self.size == 0 and self.root != tree_hash(self.tree_hash).empty_root:
            raise BadNote("A checkpoint of no entries has another root than the empty tree.")

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
    hashed = _tree_hash(lines[3:])
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=_decoded(lines[2]), tree_hash=hashed)


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
    try:
        return bytes_from_base64(encoded)
    except BadHash as error:
        raise BadNote(str(error)) from error


def signatures_of(note: Note, name: str, key_id: bytes) -> Sequence[Signature]:
    """Return the signatures that claim to be of a key."""
    return [one for one in note.signatures if (one.name, one.key_id) == (name, key_id)]
