"""Faults: how many, and where the counts go. `make faults` runs the full numbers; the suite runs a few of each."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.installation import Installation, own_database

IS_FULL = os.environ.get("ANLAN_FAULTS") == "full"
ONLY_FULL = pytest.mark.skipif(not IS_FULL, reason="minutes with a server of its own: make faults (ANLAN_FAULTS=full)")


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """Return a function of (few, many) that says how often: few in the suite, many in `make faults`."""
    return lambda few, many: many if IS_FULL else few


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that prints counts and, in `make faults`, appends them to the file that docs/reliability.md quotes."""

    def write(**counts: object) -> None:
        line = {"test": request.node.name, "database": connection.vendor, **counts}
        print(json.dumps(line, ensure_ascii=False))
        if path := os.environ.get("ANLAN_FAULTS_FILE"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    return write


@pytest.fixture(scope="session")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Installation]:
    """Return a function that makes an installation in a home: on SQLite a copy of one that is made once for all processes of the run."""
    base = tmp_path_factory.getbasetemp()
    pattern = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "pattern"

    def make(home: Path, url: str) -> Installation:
        if url:
            return Installation.make(home, url)
        pattern.mkdir(exist_ok=True)
        told = pattern / "session"
        with (pattern / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(Installation.make(pattern / "home", url).session)
        shutil.copytree(pattern / "home", home)
        return Installation(home=home, url=url, session=told.read_text())

    return make


@pytest.fixture(scope="session")
def standing(
    tmp_path_factory: pytest.TempPathFactory, new_installation: Callable[[Path, str], Installation]
) -> Iterator[Installation]:
    """One installation for the tests that stop their server in an orderly way."""
    folder = tmp_path_factory.mktemp("standing")
    with own_database(connection.vendor, folder) as url:
        yield new_installation(folder / "home", url)


@pytest.fixture
def installation(tmp_path: Path, new_installation: Callable[[Path, str], Installation]) -> Iterator[Installation]:
    """An installation of its own, to be killed: a home, a database of the kind under test, the small tree, Li's session."""
    with own_database(connection.vendor, tmp_path) as url:
        yield new_installation(tmp_path / "home", url)
