"""The shapes of requests and answers, and how rooms' values become them."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, StringConstraints

from anlan.flow.authority import offered_steps
from anlan.flow.cases import clearance_in_record
from anlan.flow.declare import Step
from anlan.flow.masking import cell, cells, plain
from anlan.flow.models import Evidence
from anlan.flow.parties import NamedParty
from anlan.flow.reading import sortable
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.flow.timeline import Happening
from anlan.org.models import Institution
from anlan.org.scope import Actor

TYPES = {
    "BooleanField": "bool",
    "DateField": "date",
    "DecimalField": "decimal",
    "ForeignKey": "reference",
    "TextField": "text",
    "CharField": "text",
}


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL characters are not allowed.")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Paragraph = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_storable)]


class Body(Schema):
    """A request body: unknown keys are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class InstitutionOut(Schema):
    """One institution that the reader may see."""

    code: str
    name: str
    kind: str
    class_level: int
    is_large_specialist: bool
    beds: int
    staff: int
    commission: str
    is_synthetic: bool


class Choice(Schema):
    """One allowed value and its words."""

    value: str | int
    label: str


class FieldOut(Schema):
    """A column of a register: its type, whether the opening step needs it, its choices, what it refers to, its privacy."""

    name: str
    label: str
    type: str
    required: bool
    is_derived: bool
    max_length: int | None
    choices: list[Choice]
    refers_to: str | None
    privacy: str


class StepOut(Schema):
    """A step: where it starts and leads, who may take it, what it sets and needs."""

    name: str
    label: str
    sources: list[str]
    target: str
    by: list[str]
    fields: list[str]
    requires: list[str]
    needs_reason: bool
    evidence: int | str
    consequence: str
    clause: str


class RegisterLine(Schema):
    """A register in the list of all."""

    code: str
    name: str
    subsystem: str
    is_standing: bool
    privacy: str


class RegisterOut(RegisterLine):
    """A register with everything that a program needs to fill it."""

    purpose: str
    clauses: list[str]
    states: list[Choice]
    fields: list[FieldOut]
    steps: list[StepOut]
    opens_with: str
    filters: list[str]
    sorts: list[str]


class RecordOut(Schema):
    """A record as the reader may see it: masked values are "••••" and named in `masked`; sealed ones are left out."""

    uid: UUID
    register_code: str
    institution: str
    department: str | None
    number: str
    state: str
    occurred_on: str
    due_on: str | None
    recorded_at: str
    recorded_by: str | None
    is_counted: bool
    version: int
    values: dict[str, Any]
    masked: list[str]
    steps: list[str]


class PageOut(Schema):
    """A page of records. Pass `after` to get the next; `searched_to` is the date at which a search stopped before the page was full."""

    records: list[RecordOut]
    after: str
    searched_to: dt.date | None


class EvidenceOut(Schema):
    """A file that came with a step. SHA-256 in hex, size in bytes."""

    uid: UUID
    name: str
    content_type: str
    size: int
    sha256: str
    step: str
    version: int
    at: dt.datetime


class ChangeOut(Schema):
    """A column that a step changed."""

    name: str
    label: str
    before: Any
    after: Any
    is_masked: bool


class ToldPartyOut(Schema):
    """A party that a step named: a person by user name, or a unit by code with a role."""

    capacity: str
    person: str | None
    unit: str | None
    role: str


class HappeningOut(Schema):
    """One entry of a timeline. `who` is null where the system acted; `entry` is the id on its receipt.

    `parties` are those whom the step let in, or whose part it ended, as far as the caller may know them.
    """

    entry: UUID
    version: int
    step: str
    label: str
    who: str | None
    at: dt.datetime
    occurred_on: dt.date
    origin: str
    reason: str
    changes: list[ChangeOut]
    evidence: list[EvidenceOut]
    is_erased: bool
    parties: list[ToldPartyOut]


class Opening(Body):
    """A new record: the institution's code, and the columns of the opening step. References are receipts (`uid`)."""

    institution: Line
    values: dict[str, Any] = {}
    reason: Paragraph = ""


class Taking(Body):
    """A step on a record: the columns that it sets. `version`, when given, must be the one that the caller saw."""

    values: dict[str, Any] = {}
    reason: Paragraph = ""
    version: int | None = None


def institution_out(institution: Institution, *, commissions: dict[str, str]) -> InstitutionOut:
    """Return an institution's shape; `commissions` maps the paths of commissions to their codes."""
    unit = institution.unit
    return InstitutionOut(
        code=institution.code,
        name=unit.name,
        kind=institution.kind,
        class_level=institution.class_level,
        is_large_specialist=institution.is_large_specialist,
        beds=institution.beds,
        staff=institution.staff,
        commission=commissions.get(unit.path[: -unit.steplen], ""),
        is_synthetic=institution.is_synthetic,
    )


def register_line(spec: RegisterSpec) -> dict[str, Any]:
    """Return a register as a line of the list."""
    return {
        "code": spec.code,
        "name": str(spec.name),
        "subsystem": spec.subsystem,
        "is_standing": spec.is_standing,
        "privacy": spec.sensitivity.value,
    }


def register_out(spec: RegisterSpec) -> RegisterOut:
    """Return everything that a program needs to know of a register."""
    return RegisterOut(
        **register_line(spec),
        purpose=str(spec.purpose),
        clauses=list(spec.clauses),
        states=[Choice(value=code, label=str(label)) for code, label in spec.states.items()],
        fields=[
            *(_field(spec, field.name) for field in spec.fields),
            *(_field(spec, name) for name in sorted(spec.derived)),
        ],
        steps=[_step(spec, name, step) for name, step in spec.steps.items()],
        opens_with=spec.first,
        filters=["state", "department", "occurred_from", "occurred_to", *spec.filters],
        sorts=[sign + name for name in sortable(spec) for sign in ("-", "")],
    )


def _field(spec: RegisterSpec, name: str) -> FieldOut:
    field = spec.field(name)
    return FieldOut(
        name=name,
        label=str(spec.label(name)),
        type=TYPES.get(field.get_internal_type(), "int"),
        required=name in spec.steps[spec.first].requires or name == "occurred_on",
        is_derived=name in spec.derived,
        max_length=field.max_length,
        choices=[Choice(value=value, label=str(label)) for value, label in field.flatchoices],
        refers_to=_referred(field.related_model),
        privacy=spec.field_sensitivity[name].value,
    )


def _referred(model: Any) -> str | None:
    if model is None:
        return None
    return spec_of(model).code if issubclass(model, Register) else "unit"


def _step(spec: RegisterSpec, name: str, step: Step) -> StepOut:
    names = [field.name for field in spec.fields if field.name in spec.settable(step)]
    return StepOut(
        name=name,
        label=str(step.label),
        sources=list(step.sources),
        target=step.target,
        by=list(step.by),
        fields=names,
        requires=list(step.requires),
        needs_reason=step.needs_reason,
        evidence=step.evidence,
        consequence=str(step.consequence),
        clause=step.clause,
    )


def record_out(record: Register, *, actor: Actor) -> RecordOut:
    """Return a record as the acting person sees it."""
    spec, clearance = spec_of(record), clearance_in_record(record)
    shown = [one for one in cells(record, clearance=clearance) if one.name != "department"]
    base = {name: cell(record, name, clearance=clearance) for name in ("department", "recorded_by", "due_on")}
    return RecordOut(
        uid=record.uid,
        register_code=spec.code,
        institution=record.institution.code,
        department=base["department"].value,
        number=record.number,
        state=record.state,
        occurred_on=str(cell(record, "occurred_on", clearance=clearance).value),
        due_on=base["due_on"].value,
        recorded_at=plain(record.recorded_at),
        recorded_by=base["recorded_by"].text if base["recorded_by"].value else None,
        is_counted=record.is_counted,
        version=record.version,
        values={one.name: one.value for one in shown},
        masked=[one.name for one in shown if one.is_masked],
        steps=[name for name, _ in offered_steps(record, to=actor)],
    )


def evidence_out(file: Evidence) -> EvidenceOut:
    """Return a file's shape."""
    return EvidenceOut.from_orm(file)


def happening_out(happening: Happening) -> HappeningOut:
    """Return an entry of a timeline."""
    changes = [
        ChangeOut(name=one.name, label=str(one.label), before=one.before, after=one.after, is_masked=one.is_masked)
        for one in happening.changes
    ]
    return HappeningOut(
        entry=happening.entry,
        version=happening.version,
        step=happening.step,
        label=str(happening.step_label),
        who=happening.who.name if happening.who else None,
        at=happening.at,
        occurred_on=happening.occurred_on,
        origin=happening.origin,
        reason=happening.reason,
        changes=changes,
        evidence=[evidence_out(file) for file in happening.evidence],
        is_erased=happening.is_erased,
        parties=[told_party(party) for party in happening.parties],
    )


def told_party(party: NamedParty) -> ToldPartyOut:
    """Return a party as the API tells it."""
    return ToldPartyOut(
        capacity=party.capacity,
        person=party.person.username if party.person else None,
        unit=party.unit.code if party.unit else None,
        role=party.role,
    )
