"""The PostgreSQL server behind a pooler: its address for programs and for connections of a backup's own, and its programs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connection

from anlan.org.marks import SETTING, SYSTEM
from config.backup.errors import BackupError
from config.home import Home, database_from_url

# Row-level security holds the owner of the tables too; a backup is the system's work. A pooler refuses the option or loses it.
# It may take long, and one of its transactions waits for pg_dump: no time limit of the role or the server ends it.
_LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
SEES_ALL = " ".join((f"-c {SETTING}={SYSTEM}", *(f"-c {name}=0" for name in _LIMITS)))
_OF_A_TRANSACTION = 170_000  # since when there is `transaction_timeout`; an older server refuses what it does not know
AROUND = "Where ANLAN_DATABASE_URL is a pooler's, put the address of the server itself into ANLAN_DATABASE_DIRECT."
_PLACES = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
}


def direct_database() -> dict[str, Any]:
    """Return the settings of the database as the server itself is reached: `ANLAN_DATABASE_DIRECT`, or those in use."""
    url = settings.ANLAN_DATABASE_DIRECT
    return database_from_url(url, Home(path=settings.HOME.path)) if url else dict(connection.settings_dict)


def url_of(database: dict[str, Any], *, name: str = "", with_password: bool = True) -> str:
    """Return the URL of a database as `ANLAN_DATABASE_URL` takes it; of another one on the same server with `name`.

    Every part is percent-encoded. Without the password it may be printed: libpq takes one from `PGPASSWORD` or `~/.pgpass`.
    """
    user, password = str(database["USER"] or ""), str(database["PASSWORD"] or "") if with_password else ""
    login = f"{quote(user, safe='')}{':' if password else ''}{quote(password, safe='')}@" if user else ""
    options = {key: str(database[place]) for key, place in (("host", "HOST"), ("port", "PORT")) if database[place]}
    options |= {key: str(value) for key, value in database.get("OPTIONS", {}).items() if key in _VARIABLES}
    where = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{login}/{quote(name or str(database['NAME']), safe='')}{where}"


@contextmanager
def linked(database: dict[str, Any], *, name: str = "") -> Iterator["psycopg.Connection[Any]"]:
    """Yield a connection of the driver to the server itself that sees every row. `name` shows in `pg_stat_activity`.

    Raises: BackupError when there is none, or when what stands between has lost who acts.
    """
    try:
        link = psycopg.connect(**_parameters(database), client_encoding="utf8", autocommit=True, options=SEES_ALL)
    except psycopg.OperationalError as error:
        raise BackupError("backup.E087", f"PostgreSQL is not reached: {_first_line(str(error))}. {AROUND}") from error
    with link:
        [(told,)] = link.execute(f"SELECT current_setting('{SETTING}', true)").fetchall()
        if told != SYSTEM:
            raise BackupError("backup.E088", f"What stands before PostgreSQL drops options of a connection. {AROUND}")
        if link.info.server_version >= _OF_A_TRANSACTION:
            link.execute("SET transaction_timeout = 0")
        if name:
            link.execute("SELECT set_config('application_name', %s, false)", [name])
        try:
            yield link
        except psycopg.Error as error:
            raise BackupError("backup.E092", f"PostgreSQL refused: {_first_line(str(error))}.") from error


def _parameters(database: dict[str, Any]) -> dict[str, Any]:
    own = {key: database[place] for key, place in _PLACES.items() if database.get(place)}
    return own | {key: value for key, value in database.get("OPTIONS", {}).items() if key in _VARIABLES}


def environment_of(database: dict[str, Any]) -> dict[str, str]:
    """Return the environment that leads PostgreSQL's programs to a database. A password never stands among arguments."""
    own = {_VARIABLES[key]: str(value) for key, value in _parameters(database).items()}
    return {**os.environ, **own, "PGOPTIONS": SEES_ALL}


def run_tool(name: str, database: dict[str, Any], *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database. Raises: BackupError with what it said."""
    done = subprocess.run(
        [str(find_tool(name, least=server_major())), "--no-password", *arguments],
        env=environment_of(database),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(
            "backup.E001", f"{name} failed: {_first_line(done.stderr)}. Look at ANLAN_DATABASE_URL and ANLAN_PG_BIN."
        )


def _first_line(said: str) -> str:
    """Return the line that says what is wrong: later ones quote the statement."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "error:" in line.lower() or "fatal:" in line.lower()]
    return (wrong or lines or ["it said nothing"])[0].rstrip(".")


def find_tool(name: str, *, least: int = 0) -> Path:
    """Return a program of PostgreSQL: in `ANLAN_PG_BIN`, or the oldest on the path or installed that is no older than the server.

    A newer one than the server's may say what the server does not understand. Raises: BackupError, saying what to set.
    """
    if folder := os.environ.get("ANLAN_PG_BIN"):
        found = Path(folder) / name
        if not found.exists():
            raise BackupError("backup.E002", f"ANLAN_PG_BIN is {folder}, and there is no {name} in it.")
        if (major := _major(found)) < least:
            raise BackupError(
                "backup.E002", f"{found} is of version {major}; the server is of {least}. Install its programs."
            )
        return found
    on_path = shutil.which(name)
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    fitting = [
        (major, place, found)
        for place, found in enumerate([*([Path(on_path)] if on_path else []), *sorted(installed)])
        if (major := _major(found)) >= least
    ]
    if not fitting:
        raise BackupError(
            "backup.E002",
            f"No {name} of version {least} or newer was found. Install the server's client programs, or name their folder in ANLAN_PG_BIN.",
        )
    return min(fitting)[2]


def server_major() -> int:
    """Return the main version of the server in use."""
    connection.ensure_connection()
    return int(getattr(connection, "pg_version", 0)) // 10_000


def _major(program: Path) -> int:
    """Return the main version of a program: `pg_dump (PostgreSQL) 15.3 (Debian 15.3-1)` is 15."""
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0
