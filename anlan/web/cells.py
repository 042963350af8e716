"""Values of records as people read them: choice words, dates, yes and no, references; masked where the policy says so."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from anlan.flow.declare import ANNULLED
from anlan.flow.masking import MASK, masked_text, may_read, shown_columns
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.models import Unit
from anlan.web.place import unit_name

MONTH = "month_no"  # the column of a register that happens once a month: yyyymm
TONES = ("warning", "info", "attention", "accent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value to show. `kind` is text, number, date, due, flag, choice, link or masked; an empty value has no text."""

    name: str
    label: str
    text: str = ""
    kind: str = "text"
    value: Any = None
    tone: str = ""
    is_wide: bool = False
    link: tuple[str, str] | None = None


def cell(spec: RegisterSpec, record: Register, name: str, *, clearance: int) -> Cell:
    """Return a column of a record, masked when the person may not read it."""
    label = str(spec.label(name))
    if not may_read(spec, name, clearance=clearance):
        return Cell(name=name, label=label, kind="masked", text=_outline(spec, record, name, clearance))
    field = spec.field(name)
    if isinstance(field, models.ForeignKey) and _is_hidden(field, record):
        return Cell(name=name, label=label, kind="masked")
    kind, text = _say(field, record, name)
    tone = "danger" if kind == "choice" and getattr(record, name) == "major" else ""
    is_wide = isinstance(field, models.TextField)
    value = getattr(record, field.attname)
    return Cell(
        name=name, label=label, text=text, kind=kind, value=value, tone=tone, is_wide=is_wide, link=_link(field, record)
    )


def _outline(spec: RegisterSpec, record: Register, name: str, clearance: int) -> str:
    """Return the outline of a masked name; empty where nothing at all is told, and the tag alone stands there."""
    return masked_text(record, name, clearance=clearance).replace(MASK, "") if name in spec.identity else ""


def _say(field: "models.Field[Any, Any]", record: Register, name: str) -> tuple[str, str]:
    if field.choices:
        return "choice", str(getattr(record, f"get_{name}_display")() or "")
    if name == MONTH and getattr(record, name):
        year, month = divmod(getattr(record, name), 100)
        return "date", f"{year}-{month:02d}"
    return kind_of(field), say(getattr(record, name))


def kind_of(field: "models.Field[Any, Any]") -> str:
    """Return how values of a field are laid out."""
    if field.name in {"due_on", "ended_on"} or field.name.startswith(("due_", "next_")):
        return "due" if field.name != "ended_on" else "date"
    kinds: tuple[tuple[Any, str], ...] = (
        (models.DateField, "date"),
        (models.BooleanField, "flag"),
        (models.ForeignKey, "link"),
        ((models.IntegerField, models.DecimalField), "number"),
    )
    return next((kind for types, kind in kinds if isinstance(field, types)), "text")


def say(value: Any) -> str:
    """Return a value in words; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if isinstance(value, Decimal):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Unit):
        return unit_name(value)
    return reference_text(value) if isinstance(value, Register) else str(value)


def _is_hidden(field: "models.ForeignKey[Any, Any]", record: Register) -> bool:
    """A reference that was not attached lies outside the reader's scope."""
    is_set = getattr(record, field.attname) is not None
    return is_set and issubclass(field.related_model, Register) and not field.is_cached(record)


def _link(field: "models.Field[Any, Any]", record: Register) -> tuple[str, str] | None:
    target = getattr(record, field.name) if isinstance(field, models.ForeignKey) else None
    if not isinstance(target, Register):
        return None
    return spec_of(target).code, str(target.uid)


def state_tone(spec: RegisterSpec, state: str) -> str:
    """Return the colour of a state: muted when annulled, green when final, else by its place in the flow.

    Where nothing has a deadline, what counts is neither late nor a warning: it takes the accent.
    """
    if state == ANNULLED:
        return "line"
    if state in spec.final:
        return "done"
    order = list(spec.states)
    is_settled = state in spec.counted and not any(step.deadline for step in spec.steps.values())
    if len(order) <= 2 or is_settled:
        return "accent"
    return TONES[min(order.index(state), len(TONES) - 1)] if state in order else ""


def groups_of(spec: RegisterSpec, record: Register, *, clearance: int) -> list[tuple[str, list[Cell]]]:
    """Return the facts of a record in groups: what it is, what it says yes or no to, long texts, local extras."""
    cells = [cell(spec, record, name, clearance=clearance) for name in shown_columns(spec) if name != "department"]
    plain = [one for one in cells if one.kind != "flag" and not one.is_wide]
    flags = [one for one in cells if one.kind == "flag"]
    wide = [one for one in cells if one.is_wide]
    extra = [Cell(name=key, label=key, text=say(value)) for key, value in _extras(record.extra)]
    groups = [("", plain + wide), (_("Checked points"), flags), (_("Local extras"), extra)]
    return [(title, group) for title, group in groups if group]


def _extras(extra: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    return (extra or {}).items()
