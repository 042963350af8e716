"""The check that a draft passes before it is sealed: recomputed from its own package, it must give the same figures and points."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from anlan.assessment.errors import DoesNotHold
from anlan.assessment.seal_document import differences, sheet_data
from anlan.assessment.seal_evaluate import recompute
from anlan.assessment.seal_format import Json, SealedEntry
from anlan.assessment.seal_profile import attributes_told
from anlan.flow.drifts import Drift
from anlan.flow.replay import Said, replay
from anlan.ledger.models import Entry
from anlan.vault.cipher import FORMAT

_SHOWN = 3


def refuse_drift(drifts: Iterable[Drift]) -> None:
    """Raise DoesNotHold when a row of a register that the score reads is not what its entries say: it may hide from the score."""
    # Named by register and column, never by number: whoever seals a score need not see every record behind it.
    found = [f"{drift.register}: {drift.column}".rstrip(": ") for drift in drifts]
    if found:
        message = _(
            "The score cannot be sealed: rows and ledger differ (%(count)d: %(places)s). Look at the page “Rows against "
            "the ledger”; correct by a step on the record, then seal again."
        )
        raise DoesNotHold(message % {"count": len(found), "places": "; ".join(list(dict.fromkeys(found))[:_SHOWN])})


def refuse_unencrypted(institution_id: int, registers: Collection[str]) -> None:
    """Raise DoesNotHold when somebody without the keys wrote an entry of a register that the score reads, and a row to fit it."""
    here = Entry.objects.filter(institution_id=institution_id, register__in=registers, content__isnull=False)
    found = list(here.exclude(content__startswith=f"{FORMAT}:").values_list("register", flat=True))
    if found:
        message = _(
            "The score cannot be sealed: %(count)d entries behind it were written beside the program (%(places)s). Run `anlan check`."
        )
        raise DoesNotHold(message % {"count": len(found), "places": ", ".join(sorted(set(found))[:_SHOWN])})


def refuse_unless_it_holds(data: Json, entries: Sequence[SealedEntry], files: Mapping[str, bytes]) -> None:
    """Raise DoesNotHold, naming the first rules whose figures the entries do not give."""
    told: dict[str, list[Said]] = defaultdict(list)
    for entry in entries:
        header = json.loads(entry.header)
        content = None if entry.content is None else json.loads(entry.content)
        told[header["record"]].append(Said(header=header, content=content))
    records = {uid: replay(sorted(said, key=lambda one: one.version)) for uid, said in told.items()}
    institution = data["institution"]
    attributes = attributes_told(records[institution["record"]], institution["attributes"])
    found = sheet_data(recompute(data, files, records, attributes=attributes), {})
    faults = [f"{code or 'total'} ({what}: {sealed} / {anew})" for code, what, sealed, anew in differences(data, found)]
    if faults:
        message = _(
            "The score cannot be sealed: the ledger entries give other figures than the rows (%(faults)s). Somebody may have written "
            "at this moment: try again. If it stays so, run `anlan check`."
        )
        raise DoesNotHold(message % {"faults": "; ".join(faults[:_SHOWN])})
