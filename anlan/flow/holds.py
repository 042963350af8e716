"""What still needs a record, so that it may not be erased yet: its own open work, records that refer to it, retention periods.

Rooms above add their own, for example a sealed score, with `declare_hold`; an erasure asks them all, at the request and again
inside its transaction.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anlan.flow.declare import ANNULLED
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, spec_of
from anlan.kernel.parameter import Parameter, find_parameter
from anlan.org.scope import as_system

GENERAL_RETENTION = "retention.register_years"
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One reason why a record must stay. `until` is the last day of it, where one is known; `clause` cites the source."""

    words: str
    until: dt.date | None = None
    clause: str = ""
    is_verified: bool = True


Source = Callable[[Register, dt.date], Iterable[Hold]]


def declare_hold(source: Source) -> Source:
    """Add a source of holds: a function of the record and today. Usable as a decorator."""
    if source not in _sources:
        _sources.append(source)
    return source


def holds_on(record: Register, *, today: dt.date) -> tuple[Hold, ...]:
    """Return everything that still needs the record; it may be erased when there is nothing."""
    with as_system("what still needs a record"):
        return tuple(hold for source in _sources for hold in source(record, today))


def still_open(record: Register, _today: dt.date) -> Iterator[Hold]:
    """A case under way, such as an open dispute or a hazard that is not mended, needs its record."""
    spec = spec_of(record)
    if spec.final - {ANNULLED} and record.state not in spec.final:
        message = _("It is still open (%(state)s). Bring it to its end, or annul it first.")
        yield Hold(words=message % {"state": spec.states[record.state]})


def referred_to(record: Register, _today: dt.date) -> Iterator[Hold]:
    """Other records that name this one would lead nowhere."""
    for spec, numbers in _referring(record):
        listed = ", ".join(numbers[:NAMED]) + (" …" if len(numbers) > NAMED else "")
        message = _("Other records refer to it: %(register)s %(numbers)s. Erase or correct them first.")
        yield Hold(words=message % {"register": spec.name, "numbers": listed})


def retained(record: Register, today: dt.date) -> Iterator[Hold]:
    """Periods of retention, each a dated parameter in years that begins with the year after the event."""
    spec = spec_of(record)
    for code in (GENERAL_RETENTION, spec.retention):
        if code:
            row = find_parameter(code, on=today)
            until = dt.date(_last_year(record) + row.value, 12, 31)
            if today <= until:
                yield _retention(row, until)


def _retention(row: Parameter, until: dt.date) -> Hold:
    name = row.name.in_language(get_language() or "zh")
    message = _("It must be kept until %(day)s. %(name)s: %(years)d (clause %(clause)s).")
    words = message % {"day": until, "name": name or row.code, "years": row.value, "clause": row.clause}
    return Hold(words=words, until=until, clause=row.clause, is_verified=row.verified)


def _last_year(record: Register) -> int:
    """The year to which a record belongs; what was in force belongs to the year in which it ended."""
    ended: dt.date | None = getattr(record, "ended_on", None)
    return max(record.occurred_on.year, ended.year if ended else 0)


def _referring(record: Register) -> Iterator[tuple[RegisterSpec, list[str]]]:
    for relation in type(record)._meta.get_fields(include_hidden=True):
        model: Any = relation.related_model if relation.auto_created and not relation.concrete else None
        if isinstance(model, type) and issubclass(model, Register):
            name = relation.field.name  # type: ignore[union-attr]
            numbers = list(model.objects.filter(**{name: record.pk}).order_by("pk").values_list("number", flat=True))
            if numbers:
                yield spec_of(model), numbers


_sources: list[Source] = [still_open, referred_to, retained]
