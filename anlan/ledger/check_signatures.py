"""The signed checkpoints against this installation's key, their heads, and the witnesses whose keys are configured."""

from collections.abc import Iterator

from anlan.ledger.checkpoint import Note, parse_note, signatures_of
from anlan.ledger.cosignature import CosignerKey
from anlan.ledger.errors import LedgerError
from anlan.ledger.models import TreeHead
from anlan.ledger.signing import BadSignature
from anlan.ledger.verify import Outcome, open_with_own_key
from anlan.ledger.witnessed import configured_witnesses

_CHUNK = 1000


def broken_signatures(
    *, after: int = 0, until: int | None = None, counts: dict[str, int] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (where, what is wrong) for signed heads behind a size and up to another; `counts` is told how many signatures were read.

    The text must be signed by our key and be of this very head: size, root and hash of the tree. A cosignature must be of its
    witness's key. Where ANLAN_WITNESSES cannot be read, that is a finding, and our own signatures are opened all the same.
    """
    counts = {} if counts is None else counts
    signed = TreeHead.objects.exclude(checkpoint="").filter(size__gt=after).order_by("size")
    keys: list[CosignerKey] = []
    try:
        keys += [one.key for one in configured_witnesses()]
    except LedgerError as error:  # a note that is none is one too
        yield "witnesses", str(error)
    if until is not None:
        signed = signed.filter(size__lte=until)
    for head in signed.iterator(chunk_size=_CHUNK):
        step = open_with_own_key(head)
        counts["signatures"] = counts.get("signatures", 0) + 1
        if step.outcome is Outcome.FAILS:
            yield f"tree head {head.size}", step.said
            continue
        note = parse_note(head.checkpoint)
        for key in keys:
            if signatures_of(note, key.name, key.key_id):
                counts["cosignatures"] = counts.get("cosignatures", 0) + 1
                yield from ((f"tree head {head.size}", fault) for fault in _of_witness(key, note))


def _of_witness(key: CosignerKey, note: Note) -> Iterator[str]:
    try:
        key.time_of(note)
    except BadSignature as error:
        yield str(error)
