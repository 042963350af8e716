"""Deadlines: from a declaration and a date to the day on which something is due."""
import datetime as dt

from anlan.flow.declare import Deadline
from anlan.flow.errors import DeclarationError
from anlan.kernel.parameter import parameter_value
from anlan.kernel.workdays import add_working_days, working_day_table


def due_date(deadline: Deadline, *, start: dt.date) -> dt.date:
    """Return the day that the deadline falls on, counted from `start` (not included).

    Raises: DeclarationError when the deadline names neither days nor a parameter.
    """
    days = deadline.days
    if deadline.parameter:
        days = int(parameter_value(deadline.parameter, on=start))
    if days is None:
        raise DeclarationError("flow.E104", "A deadline needs `days` or the name of a dated parameter.")
    if deadline.working:
        return add_working_days(start, days, table=working_day_table())
    return start + dt.timedelta(days=days)
