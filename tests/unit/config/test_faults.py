"""What the command line says, and with which exit code, when something is wrong."""

import pytest
from django.db import OperationalError, ProgrammingError

from config.faults import as_exit_code


def _ends_with(error: Exception) -> int:
    with as_exit_code() as outcome:
        raise error
    return outcome.code


def test_a_file_that_is_not_there_is_named(capsys):
    assert _ends_with(FileNotFoundError(2, "No such file or directory", "/no/hazards.xlsx")) == 1
    assert capsys.readouterr().err == 'anlan: the file "/no/hazards.xlsx" cannot be used: No such file or directory.\n'


@pytest.mark.parametrize(
    "error",
    [OperationalError("no such table: org_unit"), ProgrammingError('relation "org_unit" does not exist')],
    ids=["sqlite", "postgresql"],
)
def test_an_unprepared_database_is_the_users_to_mend(capsys, error):
    assert _ends_with(error) == 1
    assert "not prepared yet. `anlan demo` makes it" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_a_failure(capsys):
    assert _ends_with(OperationalError("connection refused")) == 2
    assert "did not answer: connection refused" in capsys.readouterr().err
