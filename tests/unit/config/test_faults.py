"""What the command line says, and with which exit code, when something is wrong."""

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection

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
@pytest.mark.django_db
def test_an_unprepared_database_is_the_users_to_mend(capsys, monkeypatch, error):
    monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])
    assert _ends_with(error) == 1
    assert capsys.readouterr().err.endswith("set ANLAN_HOME or ANLAN_DATABASE_URL. [database.E001]\n")


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_a_failure_on_one_line_with_its_id(capsys):
    assert _ends_with(OperationalError("connection failed: refused\n\tIs the server running?")) == 2
    assert capsys.readouterr().err == (
        "anlan: the database did not answer: connection failed: refused Is the server running. "
        "Look at ANLAN_DATABASE_URL. [outage.E003]\n"
    )


def test_a_fault_of_ours_keeps_its_traceback_and_is_not_taken_for_a_wrong_name():
    with pytest.raises(KeyError, match="institution"), as_exit_code():
        raise KeyError("institution")


def test_what_the_database_refuses_of_ours_keeps_its_traceback():
    with pytest.raises(IntegrityError, match="UNIQUE"), as_exit_code():
        raise IntegrityError("UNIQUE constraint failed")
