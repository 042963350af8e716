"""Dated parameters: a legal figure, from when to when it holds, and where it is written.

The content declares them as data; code asks for the value in force on a day and never holds a figure itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from anlan.kernel.citation import Citation
from anlan.kernel.errors import BadParameter, ParameterMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """One value of a parameter, in force from ``starts_on`` to ``ends_on`` inclusive (None = until further notice).

    ``is_verified`` says that a person has compared it with the printed instrument.
    """

    value: int
    starts_on: datetime.date
    citation: Citation
    ends_on: datetime.date | None = None
    is_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A figure of law by name, with its unit and its values in order of time.

    Units: ``unit`` names it ("days", "percent", "hundredths of a point"); values are integers.
    """

    name: str
    unit: str
    values: tuple[DatedValue, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.values, key=lambda value: value.starts_on))
        if not ordered:
            raise BadParameter(f'Parameter "{self.name}" has no value. Give at least one.')
        for value in ordered:
            if value.ends_on is not None and value.ends_on < value.starts_on:
                raise BadParameter(f'Parameter "{self.name}": the value from {value.starts_on} ends before it begins.')
        for earlier, later in zip(ordered, ordered[1:], strict=False):
            if earlier.ends_on is None or earlier.ends_on >= later.starts_on:
                raise BadParameter(
                    f'Parameter "{self.name}": the value from {earlier.starts_on} still holds on {later.starts_on}, '
                    "when the next begins. End it the day before."
                )
        object.__setattr__(self, "values", ordered)

    def on(self, day: datetime.date) -> DatedValue:
        """Return the value in force on the day.

        Raises: ParameterMissing, naming the parameter and the days that are covered.
        """
        for value in self.values:
            if value.starts_on <= day and (value.ends_on is None or day <= value.ends_on):
                return value
        spans = "; ".join(f"{value.starts_on} to {value.ends_on or 'now'}" for value in self.values)
        raise ParameterMissing(f'Parameter "{self.name}" has no value on {day}. Covered: {spans}. Add the dated value.')


class ParameterTable:
    """Parameters by name."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters: dict[str, Parameter] = {}
        for parameter in parameters:
            if parameter.name in self._parameters:
                raise BadParameter(f'Parameter "{parameter.name}" is declared twice. Merge the two.')
            self._parameters[parameter.name] = parameter

    def on(self, name: str, day: datetime.date) -> DatedValue:
        """Return the value of the named parameter in force on the day.

        Raises: ParameterMissing.
        """
        if name not in self._parameters:
            known = ", ".join(sorted(self._parameters)) or "none"
            raise ParameterMissing(f'No parameter is called "{name}". Known: {known}.')
        return self._parameters[name].on(day)
