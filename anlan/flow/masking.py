"""Values as a reader may see them: masked above the clearance, sealed ones never sent. Lists, details, timeline and API ask here.

What tells who somebody is stays masked for everybody: 张**, 139****1234. `anlan.flow.unmasking` opens it, with a reason.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from anlan.flow.cases import case_of, item_of
from anlan.flow.references import reference_text
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.org.models import Institution
from anlan.org.parties import ACCUSED
from anlan.org.roles import Sensitivity, rank
from anlan.org.scope import current_actor

MASK = "••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a record as a reader may see it. `value` is JSON-ready, `text` is for people; both are the mask when masked."""

    name: str
    label: Any
    value: Any
    text: str
    is_masked: bool = False


def clearance_in(institution: Institution) -> int:
    """Return the rank of sensitivity that the acting person reads in the institution; -1 for none."""
    return current_actor().clearance(institution_path=institution.unit.path, institution_id=institution.pk)


def may_read(spec: RegisterSpec, name: str, *, clearance: int) -> bool:
    """Tell whether a column may be shown in full. A sealed column never is: it is opened only through its own procedure.

    Nor is one that tells who somebody is: neither a list nor a form nor a filter gives it away.
    """
    level = spec.field_sensitivity[name]
    return level is not Sensitivity.SEALED and name not in spec.identity and clearance >= rank(level)


def masked_text(record: Register, name: str, *, clearance: int) -> str:
    """Return what stands in place of a value that is not shown: its outline for a name, for the accused only dots."""
    spec = spec_of(record)
    if name not in spec.identity or clearance < rank(item_of(spec, name).sensitivity):
        return MASK
    if case_of(record, actor=current_actor()).capacities & ACCUSED:
        return MASK
    return outline(spec.identity[name], getattr(record, spec.field(name).attname))


def outline(kind: str, value: Any) -> str:
    """Return the outline of a name (张**), a telephone (139****1234) or another number (first and last letter); a dash for nothing.

    The number of letters of a name is not told: two asterisks always.
    """
    text = str(value or "").strip()
    if not text:
        return "—"
    if kind == "name":
        return f"{text[0]}**"
    if kind == "phone" and len(text) >= 8:
        return f"{text[:3]}****{text[-4:]}"
    return f"{text[0]}****{text[-1]}" if len(text) > 4 else MASK


def shown_columns(spec: RegisterSpec, names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the named columns (all that people fill and all derived ones, unless named) without the sealed."""
    every = [*(field.name for field in spec.fields), *sorted(spec.derived)] if names is None else names
    return tuple(name for name in every if spec.field_sensitivity[name] is not Sensitivity.SEALED)


def cells(record: Register, *, clearance: int, names: Iterable[str] | None = None) -> tuple[Cell, ...]:
    """Return the record's values as a reader with this clearance sees them; sealed columns are left out."""
    spec = spec_of(record)
    return tuple(cell(record, name, clearance=clearance) for name in shown_columns(spec, names))


def cell(record: Register, name: str, *, clearance: int) -> Cell:
    """Return one value. Raises: KeyError for a column that the register does not have."""
    spec = spec_of(record)
    field, label = spec.field(name), spec.label(name)
    if not may_read(spec, name, clearance=clearance):
        text = masked_text(record, name, clearance=clearance)
        return Cell(name=name, label=label, value=text, text=text, is_masked=True)
    value = getattr(record, field.attname)
    if isinstance(field, models.ForeignKey):
        return _reference_cell(record, field, label)
    return Cell(name=name, label=label, value=plain(value), text=value_text(field, value))


def plain(value: Any) -> Any:
    """Return a column's value for JSON: dates ISO, decimals as text."""
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)


def value_text(field: "models.Field[Any, Any]", value: Any) -> str:
    """Return a value in the reader's words: the label of a choice, yes or no, a dash for nothing."""
    if value in (None, ""):
        return "—"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(field, models.DecimalField):
        return f"{Decimal(value):,.2f}".rstrip("0").rstrip(".")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _reference_cell(record: Register, field: "models.ForeignKey[Any, Any]", label: Any) -> Cell:
    if getattr(record, field.attname) is None:
        return Cell(name=field.name, label=label, value=None, text="—")
    target = field.get_cached_value(record, default=None)
    if target is None:
        return Cell(name=field.name, label=label, value=MASK, text=MASK, is_masked=True)
    identifier = str(target.uid) if isinstance(target, Register) else getattr(target, "code", target.pk)
    return Cell(name=field.name, label=label, value=identifier, text=reference_text(target))
