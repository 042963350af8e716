"""The live database as an engine of measures: a record written a moment ago counts at once."""

from typing import Any, cast

from django.db import connection

from anlan.measures.engines import Cursor, SqlConnection
from anlan.org.marks import SYSTEM


def live_engine() -> SqlConnection:
    """Return an engine over Django's default connection, through the driver's own cursors.

    It sees uncommitted work of the caller's transaction. Scope is the caller's duty: ask only for institutions that
    `anlan.org.policy.visible_institutions` lets the acting person see.
    """
    return SqlConnection(_cursor, dialect="sqlite" if connection.vendor == "sqlite" else "postgres")


def _cursor() -> Cursor:
    connection.ensure_connection()
    if connection.vendor == "postgresql":  # figures count every record; who may see the figure was decided before
        connection.tell(SYSTEM)  # type: ignore[attr-defined]  # our own backend, see anlan.org.postgresql
    raw: Any = connection.connection
    return cast("Cursor", raw.cursor())
