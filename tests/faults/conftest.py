"""Faults: how many, and where the counts go. `make faults` runs the full numbers; the suite runs a few of each."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.installation import Installation, own_database

IS_FULL = os.environ.get("ANLAN_FAULTS") == "full"


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
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for the tests that stop their server in an orderly way; making one costs a minute."""
    folder = tmp_path_factory.mktemp("standing")
    with own_database(connection.vendor, folder) as url:
        yield Installation.make(folder / "home", url)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own, to be killed: a home, a database of the kind under test, the small tree, Li's session."""
    with own_database(connection.vendor, tmp_path) as url:
        yield Installation.make(tmp_path / "home", url)
