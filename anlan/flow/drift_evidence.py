"""Evidence against entries: every file that an entry names has its row and its bytes, and no row stands without an entry."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from anlan.flow.drifts import CHUNK, Chunk, Drift, Fault, read_json
from anlan.flow.evidence import open_evidence, path_of
from anlan.flow.models import Evidence
from anlan.flow.replay import files_of
from anlan.ledger.content import plain_content
from anlan.ledger.models import Entry
from anlan.vault.errors import BrokenSeal, FileGone, KeyMissing
from anlan.vault.ring import SILENT

Files = tuple[tuple[str, ...], ...]


def evidence_wanting(entries: Sequence[tuple[Any, ...]]) -> Iterator[Drift]:
    """Name the entries, of (key, register, record, version, institution, header, content), whose files have other rows."""
    naming = [row for row in entries if row[6] is not None and '"evidence"' in row[6]]
    if not naming:
        return
    rows = _rows_of({row[2] for row in naming})
    for _pk, register, uid, version, institution_id, _header, text in naming:
        content = read_json(text)
        said, found = files_of(content), rows.get((uid, version), ())
        told = max(map(len, said), default=1)  # older entries tell less of a file
        shown = tuple(sorted(file[:told] for file in found))
        if said and said != shown:
            yield Drift(
                fault=Fault.EVIDENCE,
                register=register,
                record_uid=uid,
                institution_id=institution_id,
                number=str(content.get("number", "")),
                column=f"evidence of version {version}",
                row_says=[list(file) for file in shown],
                entries_say=[list(file) for file in said],
            )


def drift_of_evidence(
    *, after: int | None = None, limit: int = CHUNK, among: Collection[uuid.UUID] | None = None
) -> Chunk:
    """Compare evidence rows behind a key with the entries that brought them: two queries. `among` keeps to some records."""
    here = {} if among is None else {"record_uid__in": among}
    found = list(Evidence.objects.filter(pk__gt=after or 0, **here).order_by("pk")[:limit])
    told = _entries_of({row.record_uid for row in found})
    drifts = tuple(drift for row in found for drift in _compare(row, told.get((row.record_uid, row.version))))
    return Chunk(drifts=drifts, last=found[-1].pk if len(found) == limit else None, seen=len(found))


def evidence_of_record(record_uid: uuid.UUID) -> Iterator[Drift]:
    """Compare the evidence of one record with its entries, in both directions, and rehash its files."""
    fields = ("pk", "register", "record_uid", "version", "institution_id", "header", "content", "uid")
    rows = Entry.objects.filter(record_uid=record_uid).order_by("version").values_list(*fields)
    yield from evidence_wanting([(*rest, content, plain_content(own, text)) for *rest, content, text, own in rows])
    found, told = list(Evidence.objects.filter(record_uid=record_uid).order_by("pk")), _entries_of({record_uid})
    for row in found:
        yield from _compare(row, told.get((row.record_uid, row.version)))
        if fault := _fault_of_file(row.sha256):
            yield _drift(fault, row, f"file {row.sha256[:16]}", None, row.sha256)


def drift_of_files(
    *, after: str | None = None, limit: int = CHUNK, among: Collection[uuid.UUID] | None = None
) -> Chunk:
    """Open and rehash the files behind a hash, in order of the hash. Each is read once, however many records it serves.

    `among` keeps to the files of some records.
    """
    here = {} if among is None else {"record_uid__in": among}
    rows = Evidence.objects.filter(sha256__gt=after or "", **here).order_by("sha256")
    hashes = list(rows.values_list("sha256", flat=True).distinct()[:limit])
    drifts = []
    for sha256 in hashes:
        if fault := _fault_of_file(sha256):
            first = Evidence.objects.filter(sha256=sha256).order_by("pk")[0]
            drifts.append(_drift(fault, first, f"file {sha256[:16]}", None, sha256))
    return Chunk(drifts=tuple(drifts), last=hashes[-1] if len(hashes) == limit else None, seen=len(hashes))


def missing_evidence() -> Iterator[str]:
    """Yield the hashes that evidence rows name and no file holds."""
    for sha256 in Evidence.objects.order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
        if not path_of(sha256).is_file():
            yield sha256


def _rows_of(uids: set[uuid.UUID]) -> dict[tuple[uuid.UUID, int], Files]:
    rows: dict[tuple[uuid.UUID, int], list[tuple[str, ...]]] = defaultdict(list)
    fields = ("record_uid", "version", "sha256", "name", "content_type", "size", "original_sha256")
    for uid, version, *told in Evidence.objects.filter(record_uid__in=uids).values_list(*fields):
        rows[uid, version].append(tuple(map(str, told)))
    return {key: tuple(sorted(files)) for key, files in rows.items()}


def _entries_of(uids: set[uuid.UUID]) -> dict[tuple[uuid.UUID, int], Entry]:
    return {(entry.record_uid, entry.version): entry for entry in Entry.objects.filter(record_uid__in=uids)}


def _compare(row: Evidence, entry: Entry | None) -> Iterator[Drift]:
    if entry is None or (entry.content is not None and row.sha256 not in read_json(entry.content).get("evidence", ())):
        yield _drift(Fault.EVIDENCE, row, f"evidence {row.pk}", row.sha256, None)
        return
    header = read_json(entry.header)
    pairs = {
        "register": (row.register, header.get("register")),
        "step": (row.step, header.get("step")),
        "institution_id": (row.institution_id, entry.institution_id),
        "by": (row.by_id, header.get("actor")),
        "at": (row.at, entry.recorded_at),
    }
    for name, (shown, said) in pairs.items():
        if shown != said:
            yield _drift(Fault.EVIDENCE, row, f"evidence {row.pk} {name}", str(shown), str(said))


def _drift(fault: Fault, row: Evidence, column: str, shown: Any, said: Any) -> Drift:
    return Drift(
        fault=fault,
        register=row.register,
        record_uid=row.record_uid,
        institution_id=row.institution_id,
        number="",
        column=column,
        row_says=shown,
        entries_say=said,
    )


def _fault_of_file(sha256: str) -> Fault | None:
    try:
        open_evidence(sha256).close()
    except FileGone:
        return Fault.FILE_GONE
    except BrokenSeal:
        return Fault.FILE_CHANGED
    except KeyMissing as error:
        if error.code == SILENT:  # no key at all can be had: that is no fault of this file
            raise
        return Fault.FILE_LOCKED
    return None
