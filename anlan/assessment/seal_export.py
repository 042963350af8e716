"""The package of a published seal, made anew from the database whenever it is asked for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection

from anlan.assessment.models import Seal, SealedFile
from anlan.assessment.seal_format import BadSeal, Json, Package
from anlan.assessment.seal_list import cut, lines_in
from anlan.assessment.seal_readers import entries_in, is_first, readable_of, sealed_in, withheld_whole
from anlan.assessment.seal_records import place_what_waits, positions_of, sealed_entries, sha256_of
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.models import Entry, Position, TreeHead
from anlan.ledger.signing import own_signer
from anlan.ledger.store import stored_tree
from anlan.ledger.tree import consistency, inclusion
from anlan.org.access import note_export
from anlan.org.scope import Actor, acting_now, as_system

PACKAGE = "package of a sealed score"  # as the access log names it


def package_of(seal: Seal, *, by: Actor | None = None) -> Package:
    """Return everything that a stranger needs to recompute a seal; for a person, as far as they may read the records behind it.

    What a person takes away is noted. Records that they may not read whole are withheld: of each the list keeps a salted hash, and its
    entries stay out.
    Raises: BadSeal when an entry or a file that it names is gone; NotAllowed for a seal of the first format that cannot be cut.
    """
    score, taker = json.loads(seal.document), acting_now()
    place_what_waits()
    lines = None if is_first(score) else lines_in(seal.records)
    readable = None if by is None or by.is_system else readable_of(seal, score, by=by)
    if readable is not None and lines is None and not set(sealed_in(seal, score)) <= readable:
        raise withheld_whole()
    with as_system("export of a sealed score"):
        entries = [one for one in entries_in(seal, score) if readable is None or one.record_uid in readable]
        positions = positions_of(entries)
        if len(positions) != len(entries):
            raise BadSeal("Entries of the seal have no position in the tree any more. Run `anlan check`.")
        proven = sealed_entries(entries, positions, size=score["checkpoint"]["size"])
        if taker is not None and not taker.is_system:
            note_export(taker, PACKAGE, len({one.record_uid for one in entries}), institution=seal.institution)
        emptied = {entry.record_uid for entry in entries if entry.content is None}
        return Package(
            score=seal.document.encode(),
            seal=_own_entry(seal, score) | {"erasures": _erasures(emptied)},
            entries=proven,
            files=sealed_files(score),
            key=str(own_signer().verifier),
            records=lines if lines is None or readable is None else cut(lines, readable),
        )


def sealed_files(score: Json) -> dict[str, bytes]:
    """Return the sealed text of the edition and the law beside it, by path. Raises: BadSeal when it is gone or was changed."""
    wanted = score["rubric"]["files"]
    kept = SealedFile.objects.in_bulk(list(wanted.values()))
    files = {name: kept[digest].body.encode() for name, digest in wanted.items() if digest in kept}
    broken = sorted(name for name, digest in wanted.items() if name not in files or sha256_of(files[name]) != digest)
    if broken:
        raise BadSeal(
            f"The sealed text of {', '.join(broken)} is gone or was changed. Restore the database from a backup."
        )
    return files


def _erasures(emptied: Collection[uuid.UUID]) -> list[Json]:
    """Return the entries that say that records were lawfully erased since, proven by the newest checkpoint.

    Raises: BadSeal while one of them waits for its place.
    """
    head = TreeHead.objects.exclude(checkpoint="").order_by("-size").first()
    rows = Entry.objects.filter(record_uid__in=list(emptied), step=ERASE).select_related("position").order_by("pk")
    told, tree = [], stored_tree()
    for entry in rows if emptied else ():
        position = entry.position.index if hasattr(entry, "position") else None
        if position is None or head is None or position >= head.size:
            raise BadSeal("An erasure behind the seal has no signed place in the tree yet. Try again in a few seconds.")
        proof = [part.hex() for part in inclusion(tree, position, head.size)]
        told.append({**_said(entry), "position": position, "proof": proof})
    return told


def _said(entry: Entry) -> Json:
    salt = None if entry.salt is None else bytes(entry.salt).hex()
    return {"header": entry.header, "content": entry.content, "salt": salt}


def _own_entry(seal: Seal, score: Json) -> Json:
    """Return the ledger entry of the seal itself, proven by the newest checkpoint, which goes on from the sealed one."""
    entry = Entry.objects.get(uid=seal.entry_uid)
    told: Json = {
        **_said(entry),
        "position": None,
        "checkpoint": "",
        "proof": [],
        "consistency": [],
    }
    position = Position.objects.filter(entry=entry).values_list("index", flat=True).first()
    head = TreeHead.objects.exclude(checkpoint="").order_by("-size").first()
    if position is None or head is None or position >= head.size:
        return told
    tree, old = stored_tree(), score["checkpoint"]["size"]
    return told | {
        "position": position,
        "checkpoint": head.checkpoint,
        "proof": [part.hex() for part in inclusion(tree, position, head.size)],
        "consistency": [part.hex() for part in consistency(tree, old, head.size)],
    }
