"""The newest cosigned checkpoint, kept in a file outside the database, and the comparison of the database with it.

Who puts yesterday's database in the place of today's is found out: the file says what a witness has seen. `anlan check`,
`anlan verify`, the start and every signing compare.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from anlan.ledger.checkpoint import BadNote, Checkpoint, Note, parse_checkpoint, parse_note
from anlan.ledger.hashing import tree_hash
from anlan.ledger.store import load_tile, newest_head
from anlan.ledger.tiles import MissingTile, Tiles
from anlan.ledger.tree import root

FILE = "newest-cosigned.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The checkpoint that is kept, with its signatures."""

    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """How the database of `size` entries contradicts the `witnessed` ones: it has fewer, or others (`is_smaller`)."""

    is_smaller: bool
    witnessed: int
    size: int
    said: str


def kept_checkpoint() -> Kept | None:
    """Return what is kept of this log; null before the first cosignature, or for a log of another name. Raises: BadNote."""
    file = _file()
    if not file.exists():
        return None
    note = parse_note(file.read_text(encoding="utf-8"))
    checkpoint = parse_checkpoint(note.text)
    return Kept(note=note, checkpoint=checkpoint) if checkpoint.origin == settings.ANLAN_LOG_NAME else None


def keep(note: Note) -> bool:
    """Keep a cosigned checkpoint unless a larger one is kept; tell whether it was. Whole or not at all, also in a power cut."""
    try:
        known = kept_checkpoint()
    except BadNote:
        known = None
    if known is not None and known.checkpoint.size > parse_checkpoint(note.text).size:
        return False
    file = _file()
    draft = file.with_name(f"{FILE}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(str(note))
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    return True


def what_contradicts(checkpoint: Checkpoint) -> Broken | None:
    """Say how the database contradicts a checkpoint of this log; null where the tree begins with it."""
    head = newest_head()
    size = head.size if head else 0
    sizes = {"witnessed": checkpoint.size, "size": size}
    if size < checkpoint.size:
        said = f"a witness cosigned {checkpoint.size} entries, but the database holds {size}: it was rolled back, or is an old copy"
        return Broken(is_smaller=True, said=said, **sizes)
    try:
        ours = root(Tiles(load_tile, tree_hash(checkpoint.tree_hash)), checkpoint.size)
    except MissingTile as error:
        said = f"the tree of the {checkpoint.size} entries that a witness cosigned cannot be read: {error}"
        return Broken(is_smaller=False, said=said, **sizes)
    if ours == checkpoint.root:
        return None
    said = (
        f"a witness cosigned another tree of {checkpoint.size} entries than the database holds: entries were replaced, "
        "or the log went on from an old copy"
    )
    return Broken(is_smaller=False, said=said, **sizes)


def broken_promise() -> str:
    """Say how the database contradicts the checkpoint that is kept; empty where nothing is kept or all is well."""
    try:
        broken = broken_now()
    except BadNote as error:
        return f"the newest cosigned checkpoint in keys/{FILE} cannot be read: {error}"
    return broken.said if broken else ""


def broken_now() -> Broken | None:
    """Compare the database with the checkpoint that is kept; null where all is well. Raises: BadNote for a file that is none."""
    kept = kept_checkpoint()
    return what_contradicts(kept.checkpoint) if kept else None


def _file() -> Path:
    return Path(settings.ANLAN_KEYS_FOLDER) / FILE
