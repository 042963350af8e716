"""Drift in words: what the row says, what the entries say. A delicate column is named, its values are not."""

import json
from typing import Any

from anlan.flow.drift_organisation import PARTIES
from anlan.flow.drifts import Drift, Fault
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.attributes import is_secret
from anlan.org.roles import Sensitivity, rank
from anlan.org.subjects import CONTENT, ERASURE, PERSON, REQUEST

_LONGEST = 80
_WORDS = {
    Fault.NO_ENTRIES: "the row has no ledger entries: it was inserted around `perform`",
    Fault.NO_ROW: "the ledger tells of this record, but its row is gone",
    Fault.FILE_GONE: "the bytes of a file of evidence are gone",
    Fault.FILE_CHANGED: "the bytes of a file of evidence were changed",
    Fault.FILE_LOCKED: "the key under which a file of evidence lies is missing; restore it from a backup",
    Fault.UNREADABLE: "the row holds something that is no value of its column and cannot be read",
}

_OF_THE_LOG = (Fault.LEDGER, Fault.CHECKPOINT, Fault.SEAL)


def drift_words(drift: Drift) -> str:
    """Return the difference as a sentence for the command line and the API, with its stable id in front."""
    return f"[{drift.fault.value}] {_said(drift)}"


def is_delicate(drift: Drift) -> bool:
    """Tell whether the values belong to a column that not every reader of the register may see."""
    if drift.column == PARTIES or drift.register in (PERSON, ERASURE):
        return True
    spec = next((one for one in all_registers() if one.code == drift.register), None)
    return spec is not None and rank(_sensitivity(spec, drift.column)) > rank(Sensitivity.INTERNAL)


def _said(drift: Drift) -> str:
    if drift.fault is Fault.UNREADABLE and drift.column:
        return f"{drift.column}: it is stored in another spelling than ours: it reads the same, and queries find and count it otherwise"
    if drift.fault in _WORDS:
        return _WORDS[drift.fault]
    if drift.fault is Fault.ENTRY_GONE:
        return f"the entry of version {drift.entries_say} is gone, or its content is without a lawful erasure"
    if drift.fault is Fault.ENTRY_PLACE:
        return f"an entry is filed under institution key {drift.row_says}, its header says {drift.entries_say}"
    if drift.fault in _OF_THE_LOG:
        return str(drift.row_says)
    if drift.fault is Fault.TIMES:
        return (
            f"{drift.column}: the row says {_short(drift.row_says)}; from its dates, its first recording and the records beside it "
            f"follows {_short(drift.entries_say)}"
        )
    return _of_values(drift)


def _of_values(drift: Drift) -> str:
    if drift.register in (PERSON, REQUEST) and is_secret(drift.column):
        return f"{drift.column}: it was changed, added or removed beside the ledger"
    if drift.register == CONTENT:
        return (
            f"{drift.column}: the disk says {_short(drift.row_says)}, the ledger was told {_short(drift.entries_say)}, and no new release "
            "said otherwise; put the file back, or say why with `anlan content --accept REASON`"
        )
    if is_delicate(drift):
        return f"{drift.column}: the row and the entries differ (the values are delicate; open the record to see them)"
    return f"{drift.column}: the row says {_short(drift.row_says)}, the entries say {_short(drift.entries_say)}"


def _sensitivity(spec: RegisterSpec, column: str) -> Sensitivity:
    field = next((field for field in spec.model._meta.concrete_fields if column in (field.name, field.attname)), None)
    return spec.field_sensitivity.get(field.name, spec.sensitivity) if field is not None else spec.sensitivity


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
