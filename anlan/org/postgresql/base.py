"""The connection: whatever it sends, PostgreSQL knows in the same transaction who is acting.

`anlan.flow.rowsecurity` holds the policies that read what is told here (`anlan.org.marks`); with nothing told, no row of a register
is seen. The mark lives in the transaction, so a pooler may hand the server's session to somebody else after it: in a transaction
it is told before the first statement and when the actor changes, outside of one in the same message as each statement.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from django.db import NotSupportedError
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import ClientCursor, sql
from psycopg.pq import TransactionStatus

from anlan.org.marks import FORMER_SETTING, NOBODY, SETTING, SYSTEM, Rows, mark_of
from anlan.org.scope import Actor, acting_now

_TELL = "SET LOCAL "  # in capitals, which no mark has
_REMEMBERED = 8  # actors of one request or job: the person, the system, who is asked on somebody's behalf
# Statements that stand in no transaction, and touch no row that a policy holds.
_ALONE = re.compile(
    r"\s*(VACUUM|REINDEX|(CREATE|DROP|ALTER)\s+(DATABASE|SYSTEM|ROLE)|(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\s*ROLLBACK\s+((WORK|TRANSACTION)\s+)?TO\b", re.IGNORECASE)


class Cursor(base.Cursor, ClientCursor[Any]):
    """Tells who acts before a statement, in the same message and so in the same transaction."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement as the driver does."""
        link: Any = self.connection
        words = text_of(query, self)
        telling = link.teller.telling(words)
        if not telling:
            return super().execute(query, params, **options)
        super().execute(telling + words, params, **options)
        for _setting in range(telling.count(_TELL)):  # their results come first
            self.nextset()
        link.teller.has_told(telling)
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:
        """Run a statement for each set of values, in one transaction."""
        link: Any = self.connection
        if link.autocommit:
            link.teller.forget()  # the driver begins the transaction past us: what the one before was told is gone
        with link.transaction() if link.autocommit else nullcontext():
            link.teller.tell()
            super().executemany(query, params_seq, **options)

    def copy(self, *arguments: Any, **options: Any) -> Any:
        """Copy as the driver does. Raises: NotSupportedError outside a transaction, where nobody could be told first."""
        link: Any = self.connection
        if link.autocommit:
            raise NotSupportedError("COPY needs a transaction, in which the database is told who acts: use atomic().")
        link.teller.tell()
        return super().copy(*arguments, **options)

    def stream(self, *arguments: Any, **options: Any) -> Any:
        """Refuse: rows that arrive one by one would hold the connection while its caller asks for more."""
        raise NotSupportedError("stream() is not used: iterate over a QuerySet with iterator().")


def text_of(query: Any, cursor: Any) -> str:
    """Return a statement as text, however the driver was handed it."""
    if isinstance(query, sql.Composable):
        return query.as_string(cursor)
    return query.decode() if isinstance(query, bytes) else str(query)


class Teller:
    """What one connection of the driver was told in its transaction. The end of the transaction takes it back."""

    def __init__(self, link: Any, wanted: Callable[[], Mapping[str, str]]) -> None:
        self._link, self._wanted = link, wanted
        self.told: str | None = None
        self._is_asking = False

    def telling(self, words: str = "") -> str:
        """Return what must stand before a statement; empty where the transaction knows it already, or can know nothing."""
        status = self._link.info.transaction_status
        if status == TransactionStatus.IDLE or _BACK.match(words):
            self.forget()
        if (
            _BACK.match(words)
            or self._is_asking
            or status == TransactionStatus.INERROR
            or (self._link.autocommit and _ALONE.match(words))
        ):
            return ""
        self._is_asking = True  # finding out what to tell asks the database
        try:
            statement = "".join(f"{_TELL}{name} = '{value}'; " for name, value in self._wanted().items())
        finally:
            self._is_asking = False
        return "" if statement == self.told else statement

    def has_told(self, statement: str) -> None:
        """Remember what the transaction was told, if it goes on."""
        self.told = statement if self._link.info.transaction_status == TransactionStatus.INTRANS else None

    def tell(self) -> None:
        """Tell it now, for what is not one statement."""
        if self.telling():
            self._link.execute("SELECT")

    def forget(self) -> None:
        """Believe nothing: a savepoint was rolled back, and what was told since with it."""
        self.told = None


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with one more duty. `is_migrating` lets migrations reach the rows that they change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_migrating = False
        self._marks: list[tuple[Actor, str]] = []

    def get_connection_params(self) -> dict[str, Any]:
        """Return the driver's parameters, with cursors that tell who acts."""
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection to which nothing was told yet."""
        link: Any = super().get_new_connection(conn_params)
        link.teller = Teller(link, self._settings)
        return link

    def forget_marks(self) -> None:
        """Find out anew who may see what: the tree or the parties to a case have changed."""
        self._marks.clear()

    def chunked_cursor(self) -> Any:
        """Return a cursor of the server for long results. It needs a transaction; outside of one it has a connection of its own.

        A cursor WITH HOLD belongs to the session, which a pooler shares. A cursor of the client would hold every row at once.
        """
        if not self.get_autocommit():
            return super().chunked_cursor()
        apart: Any = self.copy()
        apart.is_migrating = self.is_migrating
        apart.set_autocommit(False)
        return _CursorApart(apart.chunked_cursor().cursor, apart)

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor of the driver; one with a name is declared at once, so who acts is told before."""
        if name:
            link: Any = self.connection
            link.teller.tell()
        return super().create_cursor(name)

    def _settings(self) -> dict[str, str]:
        """Return the settings to make. While a database is upgraded its policies may still be those of the release before."""
        actor = acting_now()
        if self.is_migrating and (actor is None or actor.is_system):
            return {SETTING: SYSTEM, FORMER_SETTING: "1"}
        return {SETTING: NOBODY if actor is None else self._mark(actor)}

    def _mark(self, actor: Actor) -> str:
        """Return what to tell of an actor. It is looked up once: its posts were read once, too."""
        if actor.is_system:
            return SYSTEM
        for known, mark in self._marks:
            if known is actor:
                return mark
        mark = mark_of(actor, self._ask)
        self._marks = [(actor, mark), *self._marks[: _REMEMBERED - 1]]
        return mark

    def _ask(self, query: str, values: dict[str, Any]) -> Rows:
        link: Any = self.connection
        found: Rows = link.execute(query, values).fetchall()
        return found

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        link: Any = self.connection
        link.teller.forget()


class _CursorApart(CursorWrapper):
    """A cursor with a connection of its own, which ends with it."""

    def close(self) -> None:
        try:
            self.cursor.close()
        finally:
            self.db.rollback()
            self.db.close()
