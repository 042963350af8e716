"""The live database as an engine of measures: a record written a moment ago counts at once."""

import datetime as dt
from contextlib import nullcontext
from typing import Any, cast

from django.db import connection, transaction

from anlan.kernel.period import Period
from anlan.measures.engines import Cursor, Engine, SqlConnection
from anlan.measures.figures import FigureTable
from anlan.measures.plan import Plan
from anlan.org.scope import as_system


def live_engine() -> Engine:
    """Return an engine over Django's default connection, through the driver's own cursors.

    It sees uncommitted work of the caller's transaction. Scope is the caller's duty: ask only for institutions that
    `anlan.org.policy.visible_institutions` lets the acting person see.
    """
    if connection.vendor == "sqlite":
        return SqlConnection(_cursor, dialect="sqlite")
    return _Postgres(_cursor, dialect="postgres")


class _Postgres(SqlConnection):
    """One transaction for an evaluation: settings, what is prepared and who acts hold in it, whichever server's session a pooler gives."""

    def figures(
        self, plan: Plan, *, period: Period, as_of: dt.date, institutions: tuple[int, ...] | None
    ) -> FigureTable:
        """Count every record, as the system: who may see the figure was decided before."""
        own = nullcontext() if connection.in_atomic_block else transaction.atomic()
        with as_system("figures"), own:
            return super().figures(plan, period=period, as_of=as_of, institutions=institutions)


def _cursor() -> Cursor:
    connection.ensure_connection()
    raw: Any = connection.connection
    return cast("Cursor", raw.cursor())
