"""The columns of a register as a sheet sees them. Template, reader, dry run and `anlan registers` all follow from these."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from anlan.flow.spec import RegisterSpec, find_register

LANGUAGES = ("zh-hans", "en")


class Kind(StrEnum):
    """What a cell of the column holds."""

    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    INTEGER = "int"
    DECIMAL = "decimal"
    TEXT = "text"
    REFERENCE = "reference"


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column of a sheet. `labels` has one heading for each of `LANGUAGES`; `choices` are (code, lazy label)."""

    name: str
    kind: Kind
    field: "models.Field[Any, Any]"
    labels: tuple[str, str]
    is_required: bool
    choices: tuple[tuple[Any, Any], ...]

    def label(self) -> str:
        """Return the heading in the language in use."""
        return self.labels[0 if (translation.get_language() or "").startswith("zh") else 1]

    @property
    def target(self) -> "type[models.Model]":
        """The model that a reference points to."""
        target = self.field.related_model
        if not isinstance(target, type):
            raise TypeError(f"{self.name} is no reference.")
        return target

    @property
    def places(self) -> int:
        """Decimal places of a decimal column."""
        return int(getattr(self.field, "decimal_places", 0) or 0)


def columns_of(spec: RegisterSpec) -> tuple[Column, ...]:
    """Return the columns that people may bring in a file, in the order of the form, the department last."""
    return _columns_of(spec.code)


@lru_cache(maxsize=256)
def _columns_of(code: str) -> tuple[Column, ...]:
    spec = find_register(code)
    fields = sorted(spec.fields, key=lambda field: field.name == "department")
    labels = {language: _labels(spec, fields, language) for language in LANGUAGES}
    return tuple(
        Column(
            name=field.name,
            kind=_kind(field),
            field=field,
            labels=(labels["zh-hans"][field.name], labels["en"][field.name]),
            is_required=_is_required(spec, field),
            choices=tuple(field.choices or ()),
        )
        for field in fields
    )


def _labels(spec: RegisterSpec, fields: "list[models.Field[Any, Any]]", language: str) -> dict[str, str]:
    """Two columns of one label are told apart by their codes."""
    with translation.override(language):
        labels = {field.name: str(spec.label(field.name)) for field in fields}
    seen = list(labels.values())
    return {name: label if seen.count(label) == 1 else f"{label} ({name})" for name, label in labels.items()}


def _is_required(spec: RegisterSpec, field: "models.Field[Any, Any]") -> bool:
    if field.has_default():
        return False
    first = spec.steps[spec.first]
    return field.name == "occurred_on" or field.name in first.requires or not (field.null or field.blank)


_KINDS: "tuple[tuple[type[models.Field[Any, Any]], Kind], ...]" = (
    (models.ForeignKey, Kind.REFERENCE),
    (models.DateField, Kind.DATE),
    (models.BooleanField, Kind.BOOL),
    (models.DecimalField, Kind.DECIMAL),
    (models.IntegerField, Kind.INTEGER),
)


def _kind(field: "models.Field[Any, Any]") -> Kind:
    if field.choices:
        return Kind.CHOICE
    return next((kind for base, kind in _KINDS if isinstance(field, base)), Kind.TEXT)


def expected(column: Column) -> str:
    """Return what belongs in a cell of the column, in words of the language in use."""
    if column.kind is Kind.CHOICE:
        return _("one of: %(choices)s") % {"choices": _("; ").join(str(label) for _code, label in column.choices)}
    if column.kind is Kind.DECIMAL:
        return _("a number with at most %(places)d decimal places") % {"places": column.places}
    if column.kind is Kind.TEXT:
        return _text(column)
    if column.kind is Kind.REFERENCE:
        return _("number or name of a record of the institution: %(what)s") % {"what": column.target._meta.verbose_name}
    return {
        Kind.DATE: _("a date such as 2025-03-12, 2025.3.12 or 2025年3月12日"),
        Kind.BOOL: _("是 or 否 (also 有/无, √/×, Y/N, 1/0)"),
        Kind.INTEGER: _("a whole number"),
    }[column.kind]


def _text(column: Column) -> str:
    limit = getattr(column.field, "max_length", None)
    return _("text of at most %(limit)d characters") % {"limit": limit} if limit else _("text")


def letter(index: int) -> str:
    """Return the sheet's letter of a column, 0 = A."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
