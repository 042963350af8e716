"""Imports in the ledger: who brought which file when, and what became of it. `anlan.exchange` says so in its transactions.

The report of a dry run and the place of the stored sheet are no part of it: nothing that counts rests on them.
"""

from collections.abc import Collection, Mapping

from anlan.flow.models import Batch
from anlan.ledger.entry import Origin
from anlan.org.attributes import Attributes, Kind, json_value, readable
from anlan.org.events import note
from anlan.org.scope import Actor
from anlan.org.subjects import IMPORT

IMPORTED = Origin(kind="import")
_WRITTEN = (Batch.State.COMMITTED, Batch.State.UNDONE)
_FIELDS = (
    "id", "uid", "register", "institution__code", "file_name", "file_sha256", "by_id", "at", "state", "rows", "undone_at",
)  # fmt: skip


def note_import(batch: Batch, step: str, *, by: Actor, before: Attributes | None = None) -> None:
    """Append one entry that tells what the step set of the import. Call it inside the transaction of the change."""
    told = of_batches([batch.pk])[0][batch.pk]
    said = {name: value for name, value in told.items() if (before or {}).get(name) != value}
    unit = batch.institution.unit
    note(IMPORT, batch.uid.hex, step, said, at=unit, by=by, origin=IMPORTED, changes_rights=False)


def of_batch(batch: Batch) -> Attributes:
    """Return what an import's row says now."""
    return of_batches([batch.pk])[0][batch.pk]


def of_batches(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return imports by key. `state` is empty until the rows are written; what counts only then is told only then."""
    rows, bad = readable(Batch.objects.filter(pk__in=keys), _FIELDS)
    found = {}
    for pk, uid, register, institution, name, sha256, by, at, state, count, undone_at in rows:
        told: Attributes = {"id": pk, "uid": uid.hex, "register": register, "institution": institution, "by": by}
        told |= {"file_name": name, "file_sha256": sha256, "at": json_value(at), "state": ""}
        if state in _WRITTEN:
            told |= {"state": str(state), "rows": count, "undone_at": json_value(undone_at)}
        found[pk] = told
    return found, bad


def _homes(keys: Collection[int]) -> Mapping[int, int | None]:
    return dict(Batch.objects.filter(pk__in=keys).values_list("pk", "institution_id"))


IMPORTS = Kind(
    register=IMPORT,
    model=Batch,
    read=of_batches,
    key=lambda told: str(told["uid"]),
    key_column="uid",
    name=lambda told: f"{told.get('register')} {str(told.get('uid'))[:8]}",
    homes=_homes,
    names=frozenset({
        "id", "uid", "register", "institution", "by", "file_name", "file_sha256", "at", "state", "rows", "undone_at",
    }),
)  # fmt: skip
