"""One preparer of a database at a time: others wait until it is done, and then find nothing left to do.

On SQLite a lock on a file beside the database, on PostgreSQL a lock of a transaction on a connection of its own, which a pooler
leaves in one piece. Either goes with its process, also when that is killed.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

NUMBER = 7_320_411_902  # of the lock, in the database; any number that nothing else takes
WAITING = "Another process is preparing this database; waiting for it"
LOOK_AGAIN_SECONDS = 0.5


@contextmanager
def preparing(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock within the block; says once that it waits, if it has to."""
    held = _in_database(say) if connection.vendor == "postgresql" else _beside_file(say)
    with held:
        yield


@contextmanager
def _beside_file(say: Callable[[str], None]) -> Iterator[None]:
    path = Path(f"{Path(connection.settings_dict['NAME']).resolve()}.preparing")  # one lock, whichever link leads there
    with path.open("a") as file:
        path.chmod(0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(WAITING)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _in_database(say: Callable[[str], None]) -> Iterator[None]:
    import psycopg

    given: dict[str, Any] = connection.get_connection_params()
    wanted = {name: value for name, value in given.items() if name not in ("cursor_factory", "context")}
    with psycopg.connect(**wanted) as link:  # not in autocommit: the transaction begins with the first statement
        if not _is_taken(link):
            say(WAITING)
            while not _is_taken(link):
                time.sleep(LOOK_AGAIN_SECONDS)
        yield


def _is_taken(link: Any) -> bool:
    """Begin a transaction in which the lock is ours, without a limit of its time; end it where another has the lock.

    Who waited inside it would hold a session of the pooler, and several would hold all that the preparer itself needs.
    """
    link.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    if link.info.server_version >= 170_000:
        link.execute("SET LOCAL transaction_timeout = 0")
    [(is_ours,)] = link.execute("SELECT pg_try_advisory_xact_lock(%s)", (NUMBER,)).fetchall()
    if not is_ours:
        link.rollback()
    return bool(is_ours)
