"""The check that a draft passes before it is sealed: recomputed from its own package, it must give the same figures and points."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from anlan.assessment.errors import AssessmentError
from anlan.assessment.seal_document import differences, sheet_data
from anlan.assessment.seal_evaluate import recompute
from anlan.assessment.seal_format import Json, SealedEntry
from anlan.flow.replay import Said, replay

_SHOWN = 3


class DoesNotHold(AssessmentError):
    """The score cannot be recomputed from its ledger entries: rows differ from them, or a content was erased."""

    id = "assessment.E024"


def refuse_unless_it_holds(data: Json, entries: Sequence[SealedEntry], files: Mapping[str, bytes]) -> None:
    """Raise DoesNotHold, naming the first rules whose figures the entries do not give."""
    told: dict[str, list[Said]] = defaultdict(list)
    for entry in entries:
        header = json.loads(entry.header)
        content = None if entry.content is None else json.loads(entry.content)
        told[header["record"]].append(Said(header=header, content=content))
    records = {uid: replay(sorted(said, key=lambda one: one.version)) for uid, said in told.items()}
    found = sheet_data(recompute(data, files, records), {})
    faults = [f"{code or 'total'} ({what}: {sealed} / {anew})" for code, what, sealed, anew in differences(data, found)]
    if faults:
        message = _(
            "The score cannot be sealed: the rows give other figures than their ledger entries (%(faults)s). `anlan check` names "
            "what was changed beside the ledger; correct it by a step on the record, then seal again."
        )
        raise DoesNotHold(message % {"faults": "; ".join(faults[:_SHOWN])})
