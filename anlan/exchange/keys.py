"""Duplicate records: a row whose natural key another row, or a stored record of the institution, has already."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from anlan.flow.declare import ANNULLED
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec
from anlan.org.models import Institution
from anlan.org.scope import as_system
from anlan.vault.fields import opened

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A duplicate: the first column of the key, who has it, what to do."""

    name: str
    what: str
    expected: str


class Keys:
    """The natural key and every unique constraint of a register, with the records that hold each value now."""

    def __init__(self, spec: RegisterSpec, institution: Institution) -> None:
        self._spec = spec
        names = [spec.key] if spec.key else []
        for constraint in spec.model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and "number" not in constraint.fields:
                names.append(tuple(name for name in constraint.fields if name != "institution"))
        self._keys = tuple(dict.fromkeys(key for key in names if key))
        self._attributes = {key: tuple(spec.field(name).attname for name in key) for key in self._keys}
        self._stored = {key: self._load(key, institution) for key in self._keys}
        self._rows: dict[Key, dict[Key, int]] = {key: {} for key in self._keys}

    def clash(self, record: Register, *, row: int) -> Clash | None:
        """Return the first duplicate of a record and remember the record's keys as those of `row`."""
        for key in self._keys:
            value = tuple(getattr(record, name) for name in self._attributes[key])
            if all(part in (None, "") for part in value):
                continue
            other = self._rows[key].setdefault(value, row)
            if other != row:
                return self._clash(key, _("Row %(row)d of the file says the same.") % {"row": other})
            if number := self._stored[key].get(value):
                return self._clash(key, _("The record %(number)s is there already.") % {"number": number})
        return None

    def taken(self, records: list[Register], institution: Institution) -> list[str]:
        """Return the numbers of records stored since that now hold a key of `records`."""
        numbers = []
        for key in self._keys:
            stored = self._load(key, institution)
            values = (tuple(getattr(record, name) for name in self._attributes[key]) for record in records)
            numbers += [stored[value] for value in values if value in stored]
        return numbers

    def _clash(self, key: Key, what: str) -> Clash:
        columns = _(", ").join(str(self._spec.label(name)) for name in key)
        return Clash(name=key[0], what=what, expected=_("each combination of %(columns)s once") % {"columns": columns})

    def _load(self, key: Key, institution: Institution) -> dict[Key, str]:
        """Every holder counts, also one that the importer may not read; else the database would refuse it without a row."""
        with as_system("duplicates of an import"):
            rows = self._spec.model.objects.filter(institution=institution).exclude(state=ANNULLED)
            found = rows.values_list("number", "uid", *self._attributes[key]).iterator()
            return {self._plain(key, uid, values): number for number, uid, *values in found}

    def _plain(self, key: Key, uid: UUID, values: list[Any]) -> Key:
        names = self._attributes[key]
        return tuple(opened(self._spec.model, name, value, uid) for name, value in zip(names, values, strict=True))
