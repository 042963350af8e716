"""The proof of one record: its entries as the ledger proves them, and its row and evidence as those entries tell it.

A proven entry says nothing of a row that somebody changed by SQL; so a record is proven only where both agree. `anlan verify` asks
here for a record and for a register.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace

from anlan.flow.drift import drift_of_record, drift_within
from anlan.flow.drift_evidence import evidence_of_record
from anlan.flow.drift_organisation import parties_against
from anlan.flow.drift_times import drift_of_pair, drift_of_record_times
from anlan.flow.drifts import CHUNK, UNREADABLE, Drift, Fault
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers, find_register
from anlan.ledger.erased import STEP as ERASE
from anlan.ledger.erased import erased_among
from anlan.ledger.models import Entry
from anlan.ledger.verify import Outcome, RecordProof, Step, verify_record

_SHOWN = 6
_WORDS = {
    Fault.NO_ENTRIES: "the row has no entries",
    Fault.ENTRY_GONE: "an entry of it is gone",
    Fault.EVIDENCE: "its files are not those that the entry names",
}


def prove_record(record_uid: uuid.UUID) -> RecordProof:
    """Verify the entries of a record and compare its row and evidence with them. Needs a system actor.

    Raises: LookupError when the ledger knows no such record.
    """
    proof = verify_record(record_uid)
    return replace(proof, steps=(*proof.steps, _row(record_uid, proof)))


def rows_against(register: str, institution_id: int | None) -> Iterator[tuple[str, str]]:
    """Yield (where, what) for the rows of a register that are not what their entries say; none for what is no register."""
    if not _is_register(register):
        return
    once = set()
    for place in _places(register) if institution_id is None else [institution_id]:
        for drift in (*drift_within(place, (register,)), *_beside(register, place)):
            if drift.key not in once:
                once.add(drift.key)
                yield drift.place, _said(drift)


def _beside(register: str, institution_id: int) -> Iterator[Drift]:
    """What no column of an entry tells and yet stands with a record: its honest times, and who is a party to it."""
    spec = find_register(register)
    found, _count = drift_of_pair(spec, institution_id)
    yield from found
    if "involve" not in spec.steps:
        return
    entries = Entry.objects.filter(institution_id=institution_id, register=register, version=1)
    uids = sorted(entries.values_list("record_uid", flat=True))
    for start in range(0, len(uids), CHUNK):
        yield from parties_against(uids[start : start + CHUNK])


def _is_register(code: str) -> bool:
    return any(spec.code == code for spec in all_registers())


def _places(register: str) -> list[int]:
    """Return the institutions that have rows or entries of a register."""
    rows, entries = find_register(register).model.objects.all(), Entry.objects.filter(register=register)
    return sorted({pk for some in (rows, entries) for pk in some.order_by().values_list("institution_id", flat=True)})


def _row(record_uid: uuid.UUID, proof: RecordProof) -> Step:
    code = Entry.objects.filter(record_uid=record_uid).order_by("version").values_list("register", flat=True)[0]
    if not _is_register(code):
        said = f"{code} is no register: `anlan check` compares what stands with its entries"
        return Step(name="row", outcome=Outcome.WAITS, said=said)
    spec = find_register(code)
    try:
        record = spec.model.objects.filter(uid=record_uid).first()
    except UNREADABLE as error:
        return Step(name="row", outcome=Outcome.FAILS, said=f"a column holds no value of its type: {error}")
    if record is None:
        return _without(record_uid)
    faults = [_said(drift) for drift in _drifts(record, spec)]
    if faults:
        more = f" … and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        return Step(name="row", outcome=Outcome.FAILS, said="; ".join(faults[:_SHOWN]) + more)
    said = f"every column, time, party and file is what follows from the {len(proof.entries)} entries"
    return Step(name="row", outcome=Outcome.HOLDS, said=said)


def _drifts(record: Register, spec: RegisterSpec) -> Iterator[Drift]:
    yield from drift_of_record(record, spec)
    yield from drift_of_record_times(record, spec)
    yield from parties_against([record.uid])
    yield from evidence_of_record(record.uid)


def _without(record_uid: uuid.UUID) -> Step:
    """A record without a row: lawfully erased, or taken away."""
    if erased_among([record_uid]):
        return Step(name="row", outcome=Outcome.HOLDS, said=f"the row was erased lawfully, as an entry `{ERASE}` says")
    return Step(name="row", outcome=Outcome.FAILS, said="the row is gone, and no entry says why")


def _said(drift: Drift) -> str:
    """Say what differs by column, never by value: the output of a command ends in tickets and mails."""
    if drift.fault is Fault.TIMES:
        return f"{drift.column} does not follow from the dates, the first recording and the records beside it"
    if drift.fault is Fault.UNREADABLE and drift.column:
        return f"{drift.column} is stored in another spelling than ours"
    if drift.fault is Fault.COLUMN:
        return f"the row says something else on {drift.column} than its entries"
    if drift.fault is Fault.NO_ROW:
        return "the row is gone, and no entry says why"
    return f"{_WORDS.get(drift.fault, drift.fault.value)} ({drift.column or drift.fault.value})"
