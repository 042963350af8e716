"""The connection: before a statement it tells PostgreSQL who is acting, once for each change of actor, not for each statement.

`anlan.flow.rowsecurity` holds the policies that read what is told here. With nothing told, no row of a register is seen. What is
told belongs to the transaction: when that is rolled back the database forgets it, and so does this connection.
"""

from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from psycopg.pq import TransactionStatus

from anlan.org.marks import NOBODY, SYSTEM, Mark, mark_of
from anlan.org.scope import acting_now

_TELL = "SELECT " + ", ".join(f"set_config('anlan.{name}', %s, false)" for name in Mark._fields)


class DatabaseWrapper(PostgresWrapper):
    """Django's wrapper with one more duty. `is_migrating` lets migrations reach the rows that they change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: Mark | None = None
        self.is_migrating = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection to which nothing was told yet."""
        self.told = None
        return super().get_new_connection(conn_params)

    def tell(self, mark: Mark) -> None:
        """Tell the database who acts, unless it knows. Code that uses the driver's own cursors calls it itself."""
        self.ensure_connection()
        link: Any = self.connection
        if mark != self.told and link.info.transaction_status != TransactionStatus.INERROR:
            with link.cursor() as cursor:
                cursor.execute(_TELL, mark)
            self.told = mark

    def _cursor(self, name: str | None = None) -> Any:
        actor = acting_now()
        nobody = SYSTEM if self.is_migrating else NOBODY
        self.tell(mark_of(actor) if actor is not None else nobody)
        return super()._cursor(name)  # type: ignore[misc]

    def _rollback(self) -> Any:
        self.told = None
        return super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self.told = None
