"""The checks before a step: authority, state, data, evidence. Pure towards the database; `perform` writes what comes out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.flow.authority import conflicts, grants_to_take, may_take
from anlan.flow.clocks import due_date
from anlan.flow.declare import Step
from anlan.flow.errors import BadEvidence, FlowError, InvalidData, Refused, WrongState
from anlan.flow.evidence import StoredFile
from anlan.flow.parties import NamedParty, check_parties
from anlan.flow.references import find_target, lies_in
from anlan.flow.register import Register
from anlan.flow.replay import reason_key
from anlan.flow.spec import HONEST_COLUMNS, RegisterSpec, spec_of
from anlan.flow.times import set_times
from anlan.org.roles import Reach
from anlan.org.scope import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A step that passed its checks. The record carries the new values; `content` is what the ledger will say."""

    record: Register
    spec: RegisterSpec
    step: str
    version: int
    at: dt.datetime
    changed: tuple[str, ...]
    content: Mapping[str, Any]
    evidence: tuple[StoredFile, ...]
    parties: tuple[NamedParty, ...]
    before: Mapping[str, Any]


def prepare(
    record: Register,
    step_name: str,
    *,
    by: Actor,
    at: dt.datetime,
    data: Mapping[str, Any],
    evidence: Sequence[StoredFile] = (),
    reason: str = "",
    parties: Sequence[NamedParty] = (),
    follows: bool = False,
) -> Prepared:
    """Check a step and put its values on the record, in memory only.

    `follows` marks a follow-up: the authority was checked with the step that brought it.

    Raises: FlowError (unknown step), Refused, WrongState, InvalidData (with a message per column), BadEvidence.
    """
    spec = spec_of(record)
    step = _find_step(spec, record, step_name)
    if not follows:
        _check_authority(record, spec, step, by)
    _check_state(record, spec, step_name, step)
    if step.needs_reason and not reason.strip():
        raise InvalidData(
            "flow.E014", _("Say why: the reason stays in the timeline."), fields={"reason": [_("A reason is needed.")]}
        )
    record.before = before = (
        {} if record.pk is None else {name: getattr(record, name) for name in content_columns(spec)}
    )
    placed = record.department_id
    if not follows:
        _set_department(record, step, data, by)
    _assign(record, spec, step_name, step, data)
    if not follows and ("department" in data or record.department_id != placed):
        # Nobody hands a record to a department out of reach, or reviews their own.
        _check_authority(record, spec, step, by)
    if step.target:
        record.state = step.target
    record.is_counted = record.state in spec.counted
    _set_deadline(record, step)
    _check_values(record, step, today=_day(at))
    _check_evidence(record, step, evidence)
    check_parties(record, step_name, step, parties)
    if record.pk is None:
        record.recorded_at, record.recorded_by_id = at, by.person_id
    times = set_times(record, spec)
    record.version += 1
    changed = tuple(
        name for name in content_columns(spec) if record.pk is None or before[name] != getattr(record, name)
    )
    content = {
        name: json_value(getattr(record, name)) for name in changed if getattr(record, name) not in (None, "") or before
    }
    if evidence:
        content["evidence"] = [file.sha256 for file in evidence]
        content["evidence_files"] = [
            [file.name, file.content_type, file.size, file.original_sha256] for file in evidence
        ]
    content |= {reason_key(content_columns(spec)): reason} if reason else {}
    content |= {"parties": [party.content() for party in parties]} if parties else {}
    return Prepared(
        record=record,
        spec=spec,
        step=step_name,
        version=record.version,
        at=at,
        changed=(*changed, *times),
        content=content,
        evidence=tuple(evidence),
        parties=tuple(parties),
        before=before,
    )


def require_step(record: Register, step_name: str, *, by: Actor) -> None:
    """Refuse a step that the actor may not take, or that does not start from the record's state.

    Asked before anything that comes with the step is looked into or kept; `prepare` asks again. Raises: FlowError, Refused, WrongState.
    """
    spec = spec_of(record)
    step = _find_step(spec, record, step_name)
    _check_authority(record, spec, step, by)
    _check_state(record, spec, step_name, step)


def json_value(value: Any) -> Any:
    """Return a column's value as the ledger writes it: dates ISO, decimals as text, references by key."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, dict | list) else str(value)


def _day(at: dt.datetime) -> dt.date:
    return timezone.localtime(at).date()


def content_columns(spec: RegisterSpec) -> tuple[str, ...]:
    """Return the columns that entries tell of, by the name under which they do; the header tells the rest."""
    cached: tuple[str, ...] | None = spec.__dict__.get("_attnames")
    if cached is None:
        skip = {"id", "uid", "recorded_at", "recorded_by", "version", "batch", "institution", "number"}
        skip |= HONEST_COLUMNS  # they follow from what the ledger says anyway
        cached = tuple(field.attname for field in spec.model._meta.concrete_fields if field.name not in skip)
        spec.__dict__["_attnames"] = cached
    return cached


def _find_step(spec: RegisterSpec, record: Register, name: str) -> Step:
    if name in spec.steps:
        return spec.steps[name]
    known = ", ".join(spec.steps)
    raise FlowError("flow.E010", f'{spec.name} {record.number} has no step "{name}"; it has: {known}.')


def _check_authority(record: Register, spec: RegisterSpec, step: Step, by: Actor) -> None:
    if may_take(record, step, by=by):
        return
    if conflicts(record, step, by=by):
        message = _(
            '%(who)s may not take the step "%(step)s" here: it reviews or investigates a unit that they head, or a case that '
            "concerns them. Somebody else takes it."
        )
        raise Refused("flow.E011", message % {"who": by.name, "step": step.label})
    roles = ", ".join(step.by) or _("no one; it only follows another step")
    raise Refused(
        "flow.E011",
        _('%(who)s may not take the step "%(step)s" on %(register)s %(number)s; it is for: %(roles)s.')
        % {
            "who": by.name,
            "step": step.label,
            "register": spec.name,
            "number": record.number or _("(new)"),
            "roles": roles,
        },
    )


def _set_department(record: Register, step: Step, data: Mapping[str, Any], by: Actor) -> None:
    """A new record of a post that reaches only a department belongs to that department, unless the data name one."""
    if by.is_system or record.pk is not None or record.department_id is not None or data.get("department"):
        return
    grants = grants_to_take(record, step, by=by)
    if grants and all(grant.role.reach is Reach.DEPARTMENT for grant in grants):
        record.department_id = grants[0].unit_id


def _check_state(record: Register, spec: RegisterSpec, name: str, step: Step) -> None:
    if (record.pk is None and not step.sources) or (record.pk is not None and record.state in step.sources):
        return
    if record.pk is None:
        message = _('A new record of "%(register)s" opens with "%(first)s", not with "%(step)s".')
        raise WrongState(
            "flow.E012", message % {"register": spec.name, "first": spec.steps[spec.first].label, "step": step.label}
        )
    sources = ", ".join(str(spec.states[state]) for state in step.sources) or _("a new record")
    message = _(
        '%(register)s %(number)s is "%(state)s"; "%(step)s" starts from %(sources)s. Take another step, or correct the record first.'
    )
    words = {
        "register": spec.name,
        "number": record.number,
        "state": spec.states[record.state],
        "step": step.label,
        "sources": sources,
    }
    raise WrongState("flow.E012", message % words)


def _assign(record: Register, spec: RegisterSpec, step_name: str, step: Step, data: Mapping[str, Any]) -> None:
    allowed = spec.settable(step) | {"department"}
    unknown = sorted(set(data) - allowed)
    if unknown:
        message = _('The step "%(step)s" does not set: %(columns)s.') % {
            "step": step.label,
            "columns": ", ".join(unknown),
        }
        raise InvalidData(
            "flow.E013", message, fields={name: [_("This step does not set the column.")] for name in unknown}
        )
    problems: dict[str, list[str]] = {}
    for name, value in (*data.items(), *step.sets.items()):
        try:
            _set_value(record, spec.field(name), value)
        except ValidationError as error:
            problems[name] = list(error.messages)
        except (TypeError, ValueError, OverflowError):  # a list for a date, infinity for a number
            problems[name] = [_("This is no value of the column.")]
    if problems:
        raise InvalidData("flow.E013", _("Some values are not right."), fields=problems)


def _set_value(record: Register, field: "models.Field[Any, Any]", value: Any) -> None:
    if isinstance(field, models.ForeignKey):
        _set_reference(record, field, value)
        return
    if value is None and not field.null and isinstance(field, models.CharField | models.TextField):
        value = ""
    if isinstance(field, models.CharField | models.TextField):
        _require_text(value)
    setattr(record, field.attname, field.clean(value, record))


def _require_text(value: Any) -> None:
    """Refuse what no database keeps as text: structures, NUL characters, half of a surrogate pair."""
    if isinstance(value, dict | list | bool):
        raise ValidationError(_("This is no text."))
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValidationError(_("The text holds characters that cannot be stored."))


def _set_reference(record: Register, field: "models.ForeignKey[Any, Any]", value: Any) -> None:
    """References stay within the institution. A key is looked up in the acting person's scope."""
    if value in (None, ""):
        setattr(record, field.name, field.clean(None, record) if not field.null else None)
        return
    target = find_target(field, value)
    if target is None or not lies_in(target, record):
        raise ValidationError(_("This record does not exist in the institution."))
    setattr(record, field.name, target)


def _set_deadline(record: Register, step: Step) -> None:
    # Without a date there is nothing to count from; `_check_values` refuses the record where the date is needed.
    if step.deadline is not None and getattr(record, step.deadline.after) is not None:
        setattr(record, step.deadline.field, due_date(step.deadline, start=getattr(record, step.deadline.after)))


def value_of(record: Register, name: str) -> Any:
    """Return a column's stored value: of a reference the key, so that nothing is fetched."""
    return getattr(record, spec_of(record).field(name).attname)


def _check_values(record: Register, step: Step, *, today: dt.date) -> None:
    if record.occurred_on is None:
        raise InvalidData("flow.E015", _("Some values are missing."), fields={"occurred_on": [_("A date is needed.")]})
    if not record.is_standing and record.occurred_on > today:
        message = _("The date lies in the future; record it when it has happened.")
        raise InvalidData("flow.E016", message, fields={"occurred_on": [message]})
    missing = [name for name in step.requires if value_of(record, name) in (None, "")]
    if missing:
        fields = {name: [_("This is needed for the step.")] for name in missing}
        raise InvalidData("flow.E015", _("Some values are missing."), fields=fields)
    record.derive(today=today)
    try:
        record.clean()
    except ValidationError as error:
        raise InvalidData("flow.E017", " ".join(error.messages), fields=error.message_dict) from error


def needed_evidence(record: Register, step: Step) -> int:
    """Return how many files must come with the step on this record."""
    return int(getattr(record, step.evidence)()) if isinstance(step.evidence, str) else step.evidence


def _check_evidence(record: Register, step: Step, evidence: Sequence[StoredFile]) -> None:
    needed = needed_evidence(record, step)
    if len(evidence) < needed:
        message = _('The step "%(step)s" needs %(count)d file(s) of evidence.') % {"step": step.label, "count": needed}
        raise BadEvidence("flow.E018", message, fields={"evidence": [message]})
