"""The values of a statement's parameters: days and months reckoned from the period and the as-of day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from anlan.kernel.parameter import Parameter, parameter_value, stand_ins
from anlan.kernel.period import Period, month_index, years_back
from anlan.measures.errors import BadDefinition

Binding = datetime.date | int
BURST_DAYS, BURST_OLD_DAYS = "honesty.burst_days", "honesty.burst_old_days"


def bindings(names: tuple[str, ...], *, period: Period, as_of: datetime.date) -> Mapping[str, Binding]:
    """Return the value of every named parameter except those of the institution.

    Units: days are dates; ``months_due`` and ``quarters_due`` count; ``first_month`` and ``after_due_months`` are month
    indexes (``anlan.kernel.period.month_index``).
    Nulls: none; where nothing is due yet, the end of the due months is the day before the period.
    """
    return _bindings(names, period, as_of, stand_ins())


def bound_day(name: str, *, period: Period, as_of: datetime.date) -> datetime.date:
    """Return the value of one parameter that is a day."""
    value = _bindings((name,), period, as_of, stand_ins())[name]
    if not isinstance(value, datetime.date):
        raise BadDefinition(f"The parameter {name} is a number, not a day. Name a day, such as period_start.")
    return value


def bound_number(name: str, *, period: Period, as_of: datetime.date) -> int:
    """Return the value of one parameter that counts."""
    value = _bindings((name,), period, as_of, stand_ins())[name]
    if not isinstance(value, int):
        raise BadDefinition(f"The parameter {name} is a day, not a number. Name a number, such as months_due.")
    return value


@lru_cache(maxsize=64)
def _bindings(
    names: tuple[str, ...], period: Period, as_of: datetime.date, _limits: tuple[Parameter, ...]
) -> Mapping[str, Binding]:
    """One day's values serve every institution that is scored on it. `_limits` are in force here and part of the key."""
    values: dict[str, Binding] = {}
    for name in names:
        stem, _, years = name.rpartition("_")
        if years.isdigit():
            values[name] = _value(stem, period.back(int(years)), _cutoff(period, as_of, int(years)))
        elif not name.startswith("institution"):
            values[name] = _value(name, period, period.cutoff(as_of))
    return MappingProxyType(values)


def burst_since(as_of: datetime.date) -> datetime.date:
    """Return the first of the last days before an assessment on the as-of day, that day included.

    Raises: UnknownParameter.
    """
    return as_of - datetime.timedelta(days=parameter_value(BURST_DAYS, on=as_of) - 1)


def burst_before(as_of: datetime.date) -> datetime.date:
    """Return the day before which an event is old for an assessment on the as-of day. Raises: UnknownParameter."""
    return as_of - datetime.timedelta(days=parameter_value(BURST_OLD_DAYS, on=as_of))


_BURST = {"burst_since": burst_since, "burst_before": burst_before}


def is_closed(period: Period, as_of: datetime.date) -> bool:
    """Return whether the whole period counts: the as-of day is its end or later."""
    return as_of >= period.end


def _cutoff(period: Period, as_of: datetime.date, years: int) -> datetime.date:
    """The same day of an earlier year, but never past the end of that year's period."""
    if is_closed(period, as_of):
        return period.back(years).end
    return years_back(as_of, years)


def _value(name: str, period: Period, cutoff: datetime.date) -> Binding:
    if name in _BURST:
        return _BURST[name](cutoff)
    before = period.start - datetime.timedelta(days=1)
    months, quarters = period.due_months(cutoff), period.due_quarters(cutoff)
    month_due_end = months[-1].end if months else before
    values: dict[str, Binding] = {
        "as_of": cutoff,
        "period_start": period.start,
        "period_end": period.end,
        "month_due_end": month_due_end,
        "quarter_due_end": quarters[-1].end if quarters else before,
        "months_due": len(months),
        "quarters_due": len(quarters),
        "first_month": month_index(period.start),
        "after_due_months": month_index(month_due_end) + 1,
    }
    return values[name]
