"""What lists and details read: keyset pages of one institution's register, and one record by its receipt. Web and API ask here.

A page costs the same in a register of a thousand records as in one of a million: it walks an index from where the last
page ended, and a filter or a search looks through at most `WINDOW` records before it says how far it came.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In
from django.utils.translation import gettext as _

from anlan.flow.cases import attach_capacities
from anlan.flow.errors import InvalidData
from anlan.flow.masking import may_read
from anlan.flow.noting import note_listed, note_shown
from anlan.flow.references import attach_references, find_target
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, find_register
from anlan.ledger.models import Entry
from anlan.org.access_collecting import unseen
from anlan.org.models import Institution
from anlan.org.policy import probing_clearance
from anlan.org.scope import current_actor
from anlan.vault.fields import EncryptedColumn

WINDOW = 20_000
LARGEST_PAGE = 200
NEWEST_FIRST = "-occurred_on"
BOUNDS = {"occurred_from": "occurred_on__gte", "occurred_to": "occurred_on__lte"}


class NotThere(LookupError):
    """No such record, or it is out of the reader's reach: the two look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a register. `after` is the key of the next page, empty at the end.

    `searched_to` is the date at which a filter or search stopped before the page was full; `after` goes on from there.
    """

    rows: tuple[Register, ...]
    after: str
    searched_to: dt.date | None = None


def list_records(
    spec: RegisterSpec,
    institution: Institution,
    *,
    filters: Mapping[str, Any] | None = None,
    search: str = "",
    sort: str = NEWEST_FIRST,
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return a page of the rows that the acting person may read. `limit` is held to 1…LARGEST_PAGE.

    Filters: the register's own columns, `state`, `department`, `occurred_from`, `occurred_to`; a list means any of them.
    Sort:    a column of `sortable`, with `-` for descending.
    Raises: InvalidData naming the filter, the sort or the key that is not right; Unscoped with nobody acting.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    actor = current_actor()
    clearance = probing_clearance(actor, institution, spec.kind)
    if clearance < 0:
        return Page(rows=(), after="")
    column, is_descending = _sort(spec, sort, clearance)
    narrowed = _filters(spec, filters or {}, clearance) & search_condition(spec, search, clearance=clearance)
    rows = _ordered(spec.model.objects.within(institution), column, is_descending)
    if after:
        rows = rows.filter(_beyond(spec, column, after, is_descending))
    edge = _edge(rows, column) if narrowed else None
    if edge is not None:
        rows = rows.filter(_not_past(column, edge, is_descending))
    with unseen():  # one more than is shown
        found = list(rows.filter(narrowed).select_related("department", "recorded_by")[: limit + 1])
    note_listed(spec, institution, len(found[:limit]))
    for row in found:
        row.institution = institution
    attach_references(spec, found[:limit])
    attach_capacities(spec, found[:limit], actor=actor)
    return _page(found, limit, column, edge)


def find_record(uid: uuid.UUID, *, spec: RegisterSpec | None = None) -> Register:
    """Return the record with its institution, unit, department and recorder.

    Without a spec the ledger says which register it lies in. Raises: NotThere for a missing and for a hidden record alike.
    """
    spec = spec or _register_of(uid)
    rows = spec.model.objects.select_related("institution__unit", "department", "recorded_by")
    record: Register | None = rows.filter(uid=uid).first()
    if record is None:
        raise NotThere(_("There is no such record."))
    note_shown(record)
    attach_references(spec, [record])
    return record


def _register_of(uid: uuid.UUID) -> RegisterSpec:
    code = Entry.objects.filter(record_uid=uid, version=1).values_list("register", flat=True).first()
    if code is None or code.startswith("org."):  # units, people and posts have entries too; they are no records
        raise NotThere(_("There is no such record."))
    return find_register(code)


def sortable(spec: RegisterSpec) -> tuple[str, ...]:
    """Return the columns by which a list may be sorted: those with an index behind the institution. Add an index to add one."""
    names = []
    for index in [*spec.model._meta.indexes, *spec.model._meta.constraints]:
        fields = list(getattr(index, "fields", ()))
        if len(fields) > 1 and fields[0] == "institution" and not index.condition and not spec.field(fields[1]).null:
            names.append(fields[1])
    return tuple(dict.fromkeys(name for name in names if name != "state"))


def filterable(spec: RegisterSpec, *, clearance: int) -> tuple[str, ...]:
    """Return the columns that a reader with this clearance may filter by, `state` first."""
    return ("state", "department", *(name for name in spec.filters if may_read(spec, name, clearance=clearance)))


def _page(found: Sequence[Register], limit: int, column: str, edge: Any) -> Page:
    if len(found) > limit:
        last = found[limit - 1]
        return Page(rows=tuple(found[:limit]), after=_key(getattr(last, column), last.pk))
    if edge is not None:
        return Page(rows=tuple(found), after=_key(*edge), searched_to=edge[0] if isinstance(edge[0], dt.date) else None)
    return Page(rows=tuple(found), after="")


def _ordered(rows: "models.QuerySet[Any]", column: str, is_descending: bool) -> "models.QuerySet[Any]":
    return rows.order_by(f"-{column}", "-pk") if is_descending else rows.order_by(column, "pk")


def _edge(rows: "models.QuerySet[Any]", column: str) -> Any:
    """Return (value, id) of the last record that a search may look at; null when fewer are left. Answered by the index alone."""
    return rows.values_list(column, "pk")[WINDOW - 1 : WINDOW].first()


def _past(column: str, key: tuple[Any, int], is_descending: bool) -> Q:
    """The rows behind a key in reading order. The first comparison is what the index seeks; the second settles equal values."""
    value, pk = key
    if is_descending:
        return Q(**{f"{column}__lte": value}) & (Q(**{f"{column}__lt": value}) | Q(pk__lt=pk))
    return Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(pk__gt=pk))


def _not_past(column: str, key: tuple[Any, int], is_descending: bool) -> Q:
    """The rows up to a key and its own: a range of the index, which a plain negation would not be."""
    value, pk = key
    if is_descending:
        return Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(pk__gte=pk))
    return Q(**{f"{column}__lte": value}) & (Q(**{f"{column}__lt": value}) | Q(pk__lte=pk))


def _beyond(spec: RegisterSpec, column: str, after: str, is_descending: bool) -> Q:
    value, _mark, pk = after.rpartition("~")
    try:
        return _past(column, (spec.field(column).to_python(value), int(pk)), is_descending)
    except (ValueError, ValidationError) as error:
        message = _("This is no key of a page. Start again at the first page.")
        raise InvalidData("flow.E041", message, fields={"after": [message]}) from error


def _key(value: Any, pk: int) -> str:
    return f"{value}~{pk}"


def _sort(spec: RegisterSpec, sort: str, clearance: int) -> tuple[str, bool]:
    column = sort.removeprefix("-")
    allowed = [name for name in sortable(spec) if may_read(spec, name, clearance=clearance)]
    if column not in allowed:
        message = _('The list cannot be sorted by "%(column)s"; it can by: %(allowed)s.')
        message %= {"column": column, "allowed": ", ".join(allowed)}
        raise InvalidData("flow.E042", message, fields={"sort": [message]})
    return column, sort.startswith("-")


def _filters(spec: RegisterSpec, filters: Mapping[str, Any], clearance: int) -> Q:
    condition, problems = Q(), {}
    allowed = {*filterable(spec, clearance=clearance), *BOUNDS}
    for name, given in filters.items():
        values = list(given) if isinstance(given, list | tuple | set | frozenset) else [given]
        if name not in allowed:
            problems[name] = [_("The register is not filtered by this column.")]
            continue
        try:
            condition &= _filter(spec, name, [_value(spec, name, value) for value in values])
        except (ValidationError, ValueError, TypeError, OverflowError):
            problems[name] = [
                _('"%(value)s" is no value of this column.') % {"value": ", ".join(map(str, values))[:80]}
            ]
    if problems:
        raise InvalidData("flow.E040", _("Some filters are not right."), fields=problems)
    return condition


def _filter(spec: RegisterSpec, name: str, values: list[Any]) -> Q:
    if name in BOUNDS:
        return Q(**{BOUNDS[name]: values[-1]})
    if name == "state":
        return Q(_in_states(values))
    return Q(**{f"{spec.field(name).attname}__in": values})


def _in_states(values: list[Any]) -> In:
    """`state IN (…)`, on SQLite as an expression: the index of open records is then no candidate, and the list's own is walked.

    With the plain condition SQLite takes the other index and sorts every record in the state; PostgreSQL has statistics.
    """
    return In(Coalesce("state", Value("")) if connection.vendor == "sqlite" else F("state"), values)


def _value(spec: RegisterSpec, name: str, given: Any) -> Any:
    """Return a filter's value as the column holds it. Raises: ValueError or ValidationError for one that it cannot hold."""
    if name == "state":
        return _one_of(spec.states, given)
    field = spec.field("occurred_on" if name in BOUNDS else name)
    if isinstance(field, models.ForeignKey):
        target = find_target(field, given)
        if target is None:
            raise ValueError(given)
        return target.pk
    if isinstance(field, models.BooleanField) and isinstance(given, str):
        given = {"true": True, "false": False}.get(given.lower(), given)
    value = field.to_python(given)
    return _one_of(dict(field.flatchoices), value) if field.choices else value


def _one_of(known: Mapping[Any, Any], value: Any) -> Any:
    if value not in known:
        raise ValueError(value)
    return value


def search_records(
    spec: RegisterSpec, where: Q, text: str, *, institution: Institution | None, clearance: int, most: int
) -> list[Register]:
    """Return the newest visible records that meet the condition and hold every word, at most `most`; noted as found by a search.

    `institution` is where the search looks; null for several.
    """
    rows = spec.model.objects.filter(where, search_condition(spec, text, clearance=clearance))
    with unseen():
        found = list(rows.select_related("institution__unit").order_by("-occurred_on", "-pk")[:most])
    note_listed(spec, institution, len(found), what="search")
    return found


def search_condition(spec: RegisterSpec, text: str, *, clearance: int) -> Q:
    """Return the condition that every word stands in some search column that may be read; for no text the condition that keeps all.

    An encrypted column is found by its whole value only. At most five words count.
    """
    words = text.split()
    if not words:
        return Q()
    columns = [name for name in spec.search if may_read(spec, name, clearance=clearance)]
    encrypted = [name for name in columns if isinstance(spec.field(name), EncryptedColumn)]
    condition = Q()
    for word in words[:5]:
        any_column = Q(*(Q(**{name: word}) for name in encrypted), _connector=Q.OR)
        for name in (one for one in columns if one not in encrypted):
            any_column |= Q(**{f"{name}__icontains": word})
        condition &= any_column or _NOTHING
    whole = " ".join(words)  # a name of several words is found by all of them
    return condition | Q(*(Q(**{name: whole}) for name in encrypted), _connector=Q.OR)


_NOTHING = Q(pk__in=[])
