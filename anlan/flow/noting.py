"""Notes for the access log where sensitive records are read: each row that is loaded for a person, whichever page asks for it.

The registers, their files and what is kept of their erasures tell here of every row that they load. A row of number, state,
place and dates alone (`values("number")`, `only("state")`) is no content; counts and sums are none either.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable

from anlan.flow.spec import RegisterSpec, all_registers, spec_of
from anlan.org import access_collecting as collecting
from anlan.org.models import Institution
from anlan.org.roles import Sensitivity, rank


def is_noted(spec: RegisterSpec) -> bool:
    """Tell whether reading the register stands in the access log: it is sensitive as a whole or in a column, or tells who somebody is."""
    told = (spec.sensitivity, *spec.field_sensitivity.values())
    return any(rank(one) >= rank(Sensitivity.SENSITIVE) for one in told) or bool(spec.identity)


def note_shown(record: Any, what: str = "") -> None:
    """Note that the acting person is shown a record, or the part of it that `what` names; nothing for a register that is not sensitive."""
    spec = spec_of(record)
    if is_noted(spec) and (gathered := collecting.gathered_for_person()) is not None:
        gathered.show(spec.code, record.uid, record.institution, what)


def note_told(record: Any) -> None:
    """Take in that a row of the access log says of this request more than that the record was read."""
    if (gathered := collecting.gathered_for_person()) is not None:
        gathered.tell(spec_of(record).code, record.uid)


def note_listed(spec: RegisterSpec, institution: Institution | None, count: int, what: str = "") -> None:
    """Note that the acting person is shown so many records of a list, as one row. The rows were loaded `unseen`."""
    if count and is_noted(spec) and (gathered := collecting.gathered_for_person()) is not None:
        gathered.list(spec.code, institution, count, what)


def note_loaded(record: Any, names: Iterable[str]) -> None:
    """Note that the row was loaded with the columns `names` (attributes), if one of them is content."""
    model: Any = type(record)
    content = _content(model)
    if not content or (gathered := collecting.gathered_for_person()) is None or content.isdisjoint(names):
        return
    cached = record._state.fields_cache.get("institution")
    institution = cached if cached is not None else record.__dict__.get("institution_id")
    gathered.load(spec_of(record).code, record.__dict__.get("uid"), institution)


def note_kept(register: str, record_uid: uuid.UUID | None, institution_id: int | None, count: int = 1) -> None:
    """Note that what is kept of a record beside its row was loaded: a file, why it was erased, or faulty rows of a sheet."""
    if (gathered := collecting.gathered_for_person()) is not None and register in _noted_codes():
        gathered.load(register, record_uid, institution_id, count)


class NotedRows(models.QuerySet[Any]):
    """Rows of a register. Content that is read as values, past the records themselves, is noted too."""

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        if is_new and self._reads_content():
            self._note(self._result_cache or ())

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Yield the rows, each noted as it is read."""
        rows = super().iterator(*args, **kwargs)
        if not self._reads_content():
            return rows
        return self._each_noted(rows)

    def _each_noted(self, rows: Iterable[Any]) -> Iterator[Any]:
        for row in rows:
            self._note((row,))
            yield row

    def _reads_content(self) -> bool:
        """Records note themselves as they are loaded; groups with counts are figures."""
        if issubclass(self._iterable_class, ModelIterable) or self.query.group_by is not None:
            return False
        model: Any = self.model
        content = _content(model)
        if not content or collecting.gathered_for_person() is None:
            return False
        names = getattr(self, "_fields", None) or tuple(content)
        return any(name.split("__")[0] in content or "__" in name for name in names if isinstance(name, str))

    def _note(self, rows: Sequence[Any]) -> None:
        gathered = collecting.gathered_for_person()
        if gathered is not None and rows:
            gathered.load(spec_of(self.model).code, None, None, count=len(rows))


@cache
def _content(model: Any) -> frozenset[str]:
    """Return the columns (names and attributes) whose values are content of a noted register; empty for the others."""
    spec = spec_of(model)
    if not is_noted(spec):
        return frozenset()
    fields: Collection[Any] = [*spec.fields, *(spec.field(name) for name in spec.derived)]
    told = {name for field in fields if field.name not in PLAIN for name in (field.name, field.attname)}
    return frozenset(told | {"extra"})


# What a list may tell of a record without telling what it says.
PLAIN = frozenset({"occurred_on", "ended_on", "due_on", "department"})


@cache
def _noted_codes() -> frozenset[str]:
    return frozenset(spec.code for spec in all_registers() if is_noted(spec))
