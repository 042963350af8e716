"""The database of a drill: a whole copy of the installation that must go. One that could not be dropped is named and tried again."""

import contextlib
import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, LiteralString

import psycopg
from django.db import connection
from django.utils import timezone
from psycopg import sql

from config.backup.errors import BackupError
from config.backup.server import direct_database, linked, url_of

PREFIX = "anlan_drill_"
EVERY = dt.timedelta(hours=1)
TRIES, PAUSE = 3, 2.0
WHAT_IT_IS = "all data stand in it once more. The worker tries each hour to drop it; or drop it by hand."
# Whoever runs a drill holds a connection with the copy's name: without one the drill is over, killed or not.
_LEFT = """
SELECT datname FROM pg_database
WHERE starts_with(datname, %s) AND pg_get_userbyid(datdba) = current_user
AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = pg_database.datname) ORDER BY 1
"""
# Those of the first release do not say whose they are: one is ours if its tree begins with our first head. A drill works in it.
_UNNAMED = """
SELECT datname FROM pg_database
WHERE datname ~ '^anlan_drill_[0-9a-f]{8}$' AND pg_get_userbyid(datdba) = current_user
AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = pg_database.datname) ORDER BY 1
"""
_FIRST_HEAD = "SELECT size, root FROM ledger_treehead ORDER BY size LIMIT 1"
# As the database itself: a server that was made in another encoding makes databases in which no Chinese can stand.
_KIND = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = current_database()"
_CREATE: LiteralString = "CREATE DATABASE {} ENCODING {} LC_COLLATE {} LC_CTYPE {} TEMPLATE template0"
_log = logging.getLogger("anlan.backup")


@dataclass
class Copy:
    """The copy of a drill: its URL, and afterwards why it is still there; empty when it is gone."""

    url: str
    left: str = ""


@contextlib.contextmanager
def copy_database() -> Iterator[Copy]:
    """Make a database on the same server for a drill, and drop it. Raises: BackupError when the role may make none."""
    database, name = direct_database(), f"{_of_this()}{secrets.token_hex(4)}"
    with linked(database, name=name) as link:
        try:
            ours = link.execute(_KIND).fetchall()[0]
            link.execute(_statement(_CREATE, name, *ours))
        except psycopg.Error as error:
            said = str(error).splitlines()[0]
            raise BackupError(
                "backup.E010",
                f"No database could be made for the drill ({said}). Give the role CREATEDB, or drill elsewhere.",
            ) from error
        copy = Copy(url=url_of(database, name=name))
        try:
            yield copy
        finally:
            copy.left = _drop(name)


def _of_this() -> str:
    """Return how the names of our copies begin: with a hash of the database's own, since a name has 63 bytes at most."""
    return f"{PREFIX}{sha256(connection.settings_dict['NAME'].encode()).hexdigest()[:12]}_"


def _drop(name: str) -> str:
    """Drop a copy, several times where it is held, and return what to do about it; empty when it is gone."""
    said = ""
    for attempt in range(1, TRIES + 1):
        try:
            with linked(direct_database()) as link:
                _drop_now(link, name)
        except (psycopg.Error, BackupError) as error:
            said = str(error).splitlines()[0]
            _log.warning("the drill's copy %s could not be dropped (attempt %s): %s", name, attempt, said)
            time.sleep(PAUSE if attempt < TRIES else 0)
        else:
            return ""
    return f"the drill's copy of the database, {name}, could not be dropped ({said}): {WHAT_IT_IS}"


def _drop_now(link: "psycopg.Connection[Any]", name: str) -> None:
    """End our own sessions, then drop. WITH (FORCE) is refused to an ordinary role while autovacuum works in the copy."""
    link.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
        [name],
    )
    link.execute(_statement("DROP DATABASE IF EXISTS {}", name))


def _statement(text: LiteralString, name: str, *values: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(name), *map(sql.Literal, values))


def left_copies() -> tuple[str, ...]:
    """Return the databases that drills left behind; none but on PostgreSQL."""
    if connection.vendor != "postgresql":
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [_of_this()])
        named = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(_UNNAMED)
        return (*named, *(str(row[0]) for row in cursor.fetchall() if _is_of_this(row[0])))


def _is_of_this(name: str) -> bool:
    """Tell whether a copy that does not say whose it is holds our tree; one that cannot be looked into is left alone."""
    heads = []
    for database in (direct_database(), {**direct_database(), "NAME": name}):
        with contextlib.suppress(psycopg.Error, BackupError), linked(database) as link:
            heads += link.execute(_FIRST_HEAD).fetchall()
    return len(heads) == 2 and heads[0] == heads[1]


def drop_left_copies() -> tuple[str, ...]:
    """Drop what drills left behind and return what could not be dropped; the log says why."""
    stay = []
    for name in left_copies():
        if _drop(name):
            stay.append(name)
        else:
            _log.warning("the copy %s, which a drill had left behind, is dropped", name)
    return tuple(stay)


def copies_rounds() -> tuple[Callable[[], object], ...]:
    """Return the round that drops left copies once an hour; none but on PostgreSQL."""
    if connection.vendor != "postgresql":
        return ()
    due = timezone.now()

    def drop_left() -> None:
        nonlocal due
        if timezone.now() >= due:
            due = timezone.now() + EVERY
            drop_left_copies()

    return (drop_left,)
