"""What a log hands to a witness: the size that it cosigned last, the proof from there, and the checkpoint. Pure.

The text is the body of `add-checkpoint` in C2SP tlog-witness, over HTTP as in a file that is carried across.
"""

import base64
import re
from dataclasses import dataclass

from anlan.ledger.checkpoint import BadNote
from anlan.ledger.hashing import BadHash, bytes_from_base64, require_hash

MOST_HASHES = 63
MOST_BYTES = 64 * 1024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`note` is the signed checkpoint as text; `proof` leads from the tree of `old` entries to it, empty where `old` is 0."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        lines = [f"old {self.old}", *(base64.b64encode(part).decode() for part in self.proof)]
        return "\n".join(lines) + "\n\n" + self.note


def parse_offer(text: str) -> Offer:
    """Read an offer. Raises: BadNote for what is none; says nothing on whether the proof or a signature is right."""
    head, gap, note = text.partition("\n\n")
    first, *rest = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(text.encode()) > MOST_BYTES:
        raise BadNote('This is no offer: it begins with "old SIZE", a proof, an empty line and a checkpoint.')
    if len(rest) > MOST_HASHES:
        raise BadNote(f"A consistency proof has at most {MOST_HASHES} hashes; this one has {len(rest)}.")
    return Offer(old=int(old[1]), proof=tuple(_hash(line) for line in rest), note=note)


def _hash(line: str) -> bytes:
    try:
        return require_hash(bytes_from_base64(line))
    except BadHash as error:
        raise BadNote(f"A line of the consistency proof is no hash in base64. {error}") from error
