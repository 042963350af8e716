"""Requests for an erasure in the ledger: who asked, who approved or refused, on which ground. `anlan.flow.erasure` says so.

Two approvals destroy a record, so a request that somebody changed by SQL, or an approval that nobody gave, must show, and must
destroy nothing. Findings name a request by its id: the record's number would tell of a case that not everybody sees.
"""

from collections.abc import Collection, Mapping

from anlan.flow.models import Approval, Erasure
from anlan.ledger.entry import Origin
from anlan.org.attributes import Attributes, Kind, changed, json_value, readable
from anlan.org.events import note
from anlan.org.replay import is_baselined, told_of
from anlan.org.scope import Actor, as_system
from anlan.org.subjects import ERASURE, subject_uid

SCREEN = Origin(kind="screen")
APPROVAL = "approval."
_FIELDS = (
    "id", "uid", "institution__code", "register", "record_uid", "number", "department_id", "recorded_by_id", "is_about_leaders",
    "ground", "reason", "state", "requested_by_id", "requested_at", "refused_by_id", "decided_at", "entry_uid", "entries", "files",
)  # fmt: skip
_NAMES = tuple({"institution__code": "institution"}.get(name, name) for name in _FIELDS)


def note_erasure(erasure: Erasure, step: str, *, by: Actor, before: Attributes | None = None) -> None:
    """Append one entry that tells what the step set of the request. Call it inside the transaction of the change."""
    said = changed(before or {}, of_erasure(erasure))
    unit = erasure.institution.unit
    note(ERASURE, erasure.uid.hex, step, said, at=unit, by=by, origin=SCREEN, changes_rights=False)


def of_erasure(erasure: Erasure) -> Attributes:
    """Return what a request's rows say now."""
    return of_erasures([erasure.pk])[0][erasure.pk]


def is_as_told(erasure: Erasure) -> bool:
    """Tell whether the request and its approvals are what its entries say. Before the baseline one may be older than such entries."""
    with as_system("a request against its entries"):
        subject = subject_uid(ERASURE, erasure.uid.hex)
        told = told_of([subject]).get(subject)
        if told is None:
            return not is_baselined()
        return not told.wanting and not changed(_without_null(told.values), _without_null(of_erasure(erasure)))


def of_erasures(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return requests by key, with an attribute for each approval: when it was given. Two queries."""
    rows, bad = readable(Erasure.objects.filter(pk__in=keys), _FIELDS)
    found: dict[int, Attributes] = {}
    for row in rows:
        told = {name: json_value(value) for name, value in zip(_NAMES, row, strict=True)}
        for name in ("uid", "record_uid", "entry_uid"):
            told[name] = None if told[name] is None else told[name].hex
        found[row[0]] = told
    approvals, bad_ones = readable(Approval.objects.filter(erasure_id__in=keys), ("erasure_id", "by_id", "at"))
    for pk, by, at in approvals:
        if pk in found:
            found[pk][f"{APPROVAL}{by}"] = json_value(at)
    return found, [*bad, *Approval.objects.filter(pk__in=bad_ones).values_list("erasure_id", flat=True)]


def _without_null(values: Attributes) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}


def _homes(keys: Collection[int]) -> Mapping[int, int | None]:
    return dict(Erasure.objects.filter(pk__in=keys).values_list("pk", "institution_id"))


ERASURES = Kind(
    register=ERASURE,
    model=Erasure,
    read=of_erasures,
    key=lambda told: str(told["uid"]),
    key_column="uid",
    name=lambda told: f"{told.get('register')} {str(told.get('uid'))[:8]}",
    homes=_homes,
    names=frozenset(_NAMES),
    beginning=APPROVAL,
)
