"""Deadlines: from a declaration and a date to the day on which something is due."""

import datetime as dt

from django.utils.translation import gettext as _

from anlan.flow.declare import Deadline
from anlan.flow.errors import DeclarationError, InvalidData
from anlan.kernel.parameter import UnknownParameter, parameter_value
from anlan.kernel.workdays import add_working_days, working_day_table


def due_date(deadline: Deadline, *, start: dt.date) -> dt.date:
    """Return the day that the deadline falls on, counted from `start` (not included).

    Raises: DeclarationError when the deadline names neither days nor a parameter; InvalidData when the parameter had no
    value in force on that day.
    """
    days = _parameter_days(deadline, start) if deadline.parameter else deadline.days
    if days is None:
        raise DeclarationError("flow.E104", "A deadline needs `days` or the name of a dated parameter.")
    if deadline.working:
        return add_working_days(start, days, table=working_day_table())
    return start + dt.timedelta(days=days)


def _parameter_days(deadline: Deadline, start: dt.date) -> int:
    """Return the value in force. A day before the first row is a user error: a wrong date or a short table."""
    try:
        return int(parameter_value(deadline.parameter, on=start))
    except UnknownParameter as error:
        message = _(
            'No figure "%(code)s" was in force on %(day)s. Check the date, or ask for an earlier row of the parameter.'
        )
        words = {"code": deadline.parameter, "day": start}
        raise InvalidData("flow.E019", message % words, fields={deadline.after: [message % words]}) from error
