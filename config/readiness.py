"""Whether the database at hand has the tables of this version. Every command that needs one asks before it begins.

Asked first, so that a check of an empty database cannot end with "nothing is wrong", and a half-migrated one shows no driver's words.
"""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NO_TABLES, PENDING = "database.E001", "database.E002"


class NotPrepared(Exception):
    """The database lacks tables, or migrations of this version. `code` is stable; the sentence says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def require_tables() -> None:
    """Raises: NotPrepared when the database holds no tables of Anlan."""
    if "django_migrations" not in connection.introspection.table_names():
        raise no_tables()


def require_prepared() -> None:
    """Raises: NotPrepared when the database holds no tables of Anlan, or waits for migrations."""
    require_tables()
    executor: Any = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise pending(len(waiting), str(waiting[0][0]))


def no_tables() -> NotPrepared:
    """Return the error for a database without tables. It names the database: often ANLAN_HOME points elsewhere."""
    return NotPrepared(
        NO_TABLES,
        f"{_name()} is not prepared: it holds no tables. `anlan demo` makes them with the demo city, "
        "`anlan serve --no-demo` without. If your data lie elsewhere, set ANLAN_HOME or ANLAN_DATABASE_URL.",
    )


def pending(count: int, first: str) -> NotPrepared:
    """Return the error for a database of an older version."""
    return NotPrepared(
        PENDING,
        f"{_name()} is of an older version: {count} migration(s) wait, the first is {first}. "
        "Make a backup (`anlan backup`), then start `anlan serve`: the start migrates.",
    )


def _name() -> str:
    settings = connection.settings_dict
    where = "" if connection.vendor == "sqlite" else f" on {settings['HOST'] or 'this machine'}"
    return f'The database "{settings["NAME"]}"{where}'
