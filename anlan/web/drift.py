"""The page of the running audit: what differs between rows and ledger at a place, with both sides as far as the reader may see."""

from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignKey, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.flow.audit import walk_of_audit
from anlan.flow.drift import drift_of_record
from anlan.flow.drift_times import drift_of_record_times
from anlan.flow.drifts import Drift, Fault
from anlan.flow.masking import MASK, may_read, value_text
from anlan.flow.models import AuditFinding, AuditWalk
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, all_registers
from anlan.org.models import Unit
from anlan.org.policy import institutions_for
from anlan.org.scope import as_system
from anlan.org.subjects import CONTENT, ERASURE, IMPORT, PERSON, POST, REQUEST, UNIT
from anlan.web.place import Place, unit_name

MOST = 50
CAPABILITIES = ("can:audit", "can:manage")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding as shown. `row_says` and `entries_say` are null where there is nothing to compare any more."""

    finding: AuditFinding
    number: Any
    register: Any
    label: Any
    what: str
    url: str
    row_says: str | None
    entries_say: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """What the page shows."""

    walk: AuditWalk | None
    count: int
    rows: tuple[FindingRow, ...]
    gone: int
    closed: tuple[FindingRow, ...]


def audit_page(place: Place) -> AuditPage:
    """Return the findings at a place, newest first."""
    here = _at(place)
    is_open = here.filter(gone_at=None)
    rows = tuple(_row(finding, place) for finding in is_open.order_by("-first_seen_at", "-pk")[:MOST])
    gone = here.exclude(gone_at=None)
    closed = tuple(_row(finding, place) for finding in gone.order_by("-gone_at", "-pk")[:MOST])
    return AuditPage(walk=walk_of_audit(), count=is_open.count(), rows=rows, gone=gone.count(), closed=closed)


def open_findings(place: Place) -> int:
    """Return how many findings are open at a place; the menu shows it."""
    return _at(place).filter(gone_at=None).count()


def _at(place: Place) -> "QuerySet[AuditFinding]":
    if place.institution is not None:
        return AuditFinding.objects.filter(institution_id=place.institution.pk)
    keys = [one.pk for one in institutions_for(place.actor) if one.unit.path.startswith(place.unit.path)]
    return AuditFinding.objects.filter(Q(institution_id__in=keys) | Q(institution_id=None))


def _row(finding: AuditFinding, place: Place) -> FindingRow:
    spec = next((one for one in all_registers() if one.code == finding.register), None)
    record = None if spec is None else spec.model.objects.filter(uid=finding.record_uid).first()
    drift = None if spec is None or record is None else _drift(record, spec, finding)
    shown = (
        _sides(spec, record, drift, place) if spec is not None and record is not None and drift is not None else None
    )
    url = "" if record is None else reverse("web:record", args=_address(record, finding, place))
    return FindingRow(
        finding=finding,
        number=_number(spec, record, finding),
        register=spec.name if spec is not None else _of_organisation(finding.register),
        label=_label(spec, finding.column),
        what=what_is_wrong(finding.fault),
        url=url,
        row_says=shown[0] if shown else None,
        entries_say=shown[1] if shown else None,
    )


def _number(spec: RegisterSpec | None, record: Register | None, finding: AuditFinding) -> Any:
    """Return what names the record; masked where it is there and the reader may not see it, as a case about leaders."""
    if spec is not None and record is None and finding.record_uid is not None:
        with as_system("whether the record of a finding is out of the reader's sight"):
            if spec.model.objects.filter(uid=finding.record_uid).exists():
                return MASK
    return finding.number or finding.record_uid or ""


def _of_organisation(register: str) -> str:
    names = {
        UNIT: _("Unit"),
        PERSON: _("Account"),
        POST: _("Post"),
        REQUEST: _("Account request"),
        IMPORT: _("Import"),
        ERASURE: _("Erasure"),
        CONTENT: _("Parameters and rubrics"),
    }
    return names.get(register, register)


def _address(record: Register, finding: AuditFinding, place: Place) -> tuple[str, int, str, str]:
    return record.institution.unit.code, place.year, finding.register, str(record.uid)


def _drift(record: Register, spec: RegisterSpec, finding: AuditFinding) -> Drift | None:
    look = drift_of_record_times if finding.fault == Fault.TIMES else drift_of_record
    return next((one for one in look(record, spec) if (one.fault, one.column) == (finding.fault, finding.column)), None)


def _sides(spec: RegisterSpec, record: Register, drift: Drift, place: Place) -> tuple[str, str]:
    clearance = place.actor.clearance(
        institution_path=record.institution.unit.path, institution_id=record.institution_id
    )
    field = next((one for one in spec.model._meta.concrete_fields if one.attname == drift.column), None)
    if field is not None and not may_read(spec, field.name, clearance=clearance):
        return MASK, MASK
    return _text(spec, field, drift.row_says), _text(spec, field, drift.entries_say)


def _text(spec: RegisterSpec, field: Any, value: Any) -> str:
    """Return a side in the reader's words; what no word fits, since it was written beside the rules, as it stands."""
    if field is None or value in (None, ""):
        return "—" if value in (None, "") else str(value)
    if field.name == "state":
        return str(spec.states.get(value, value))
    if isinstance(field, ForeignKey):
        found = field.related_model._default_manager.filter(pk=value).first() if str(value).isdecimal() else None
        return (unit_name(found) if isinstance(found, Unit) else reference_text(found)) if found else str(value)
    try:
        return value_text(field, value)
    except (ArithmeticError, TypeError, ValueError):
        return str(value)


def _label(spec: RegisterSpec | None, column: str) -> Any:
    field = None
    if spec is not None:
        field = next((one for one in spec.model._meta.concrete_fields if one.attname == column), None)
    return spec.label(field.name) if spec is not None and field is not None else column


def what_is_wrong(fault: str) -> str:
    """Return the fault in plain words."""
    words = {
        Fault.COLUMN: _("A column was changed beside the ledger"),
        Fault.NO_ENTRIES: _("The row has no ledger entries"),
        Fault.NO_ROW: _("The ledger tells of the record, but its row is gone"),
        Fault.ENTRY_GONE: _("A ledger entry of the record, or its content, is gone"),
        Fault.EVIDENCE: _("The list of files is not the one that the ledger tells"),
        Fault.FILE_GONE: _("A file of evidence is gone"),
        Fault.FILE_CHANGED: _("A file of evidence was changed"),
        Fault.FILE_LOCKED: _("The key of a file of evidence is missing"),
        Fault.UNREADABLE: _("The row cannot be read"),
        Fault.ENTRY_PLACE: _("An entry is filed under another institution"),
        Fault.TIMES: _("A time does not follow from the record's dates and its neighbours"),
        Fault.LEDGER: _("A ledger entry, or the tree over the entries, is not what was written"),
        Fault.CHECKPOINT: _("A signed checkpoint is not of this log's key or not of its tree head"),
        Fault.SEAL: _("A sealed score and its ledger entry differ"),
    }
    return words[Fault(fault)]
