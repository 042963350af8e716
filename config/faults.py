"""The edge of the process: errors that a person can mend become one line and exit code 1; nothing known shows a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, ProgrammingError

from anlan.assessment.errors import AssessmentError
from anlan.exchange.errors import ExchangeError
from anlan.flow.errors import FlowError
from anlan.kernel.errors import KernelError
from anlan.ledger.errors import LedgerError
from anlan.measures.errors import MeasuresError
from anlan.org.errors import OrgError
from anlan.vault.errors import VaultError
from config.backup.errors import BackupError

MENDABLE = (
    AssessmentError,
    ExchangeError,
    FlowError,
    KernelError,
    LedgerError,
    MeasuresError,
    OrgError,
    VaultError,
    BackupError,
    LookupError,
)
NO_TABLE = ("no such table", "does not exist")  # how SQLite and PostgreSQL say it


class BadInput(Exception):
    """Raised by a command for an argument or file that the user can mend."""


@dataclass(slots=True)
class Outcome:
    """Carries the exit code out of `as_exit_code`."""

    code: int = 0


@contextmanager
def as_exit_code() -> Iterator[Outcome]:
    """Turn errors of the block into an exit code, printing what happened and what to do on standard error."""
    outcome = Outcome()
    try:
        yield outcome
    except (BadInput, *MENDABLE) as error:
        code = getattr(error, "code", "") or getattr(error, "id", "")
        print(f"anlan: {error.args[0] if error.args else error}" + (f" [{code}]" if code else ""), file=sys.stderr)
        outcome.code = 1
    except BrokenPipeError:
        # `anlan registers | head`: the reader has seen enough. Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        outcome.code = 0
    except OSError as error:
        if error.filename is None:
            raise
        print(f'anlan: the file "{error.filename}" cannot be used: {error.strerror}.', file=sys.stderr)
        outcome.code = 1
    except (OperationalError, ProgrammingError) as error:
        if any(words in str(error) for words in NO_TABLE):
            print(
                "anlan: the database is not prepared yet. `anlan demo` makes it with the demo city,"
                " `anlan serve --no-demo` without.",
                file=sys.stderr,
            )
            outcome.code = 1
            return
        print(f"anlan: the database did not answer: {error}. Look at ANLAN_DATABASE_URL.", file=sys.stderr)
        outcome.code = 2
    except KeyboardInterrupt:
        print("anlan: stopped.", file=sys.stderr)
        outcome.code = 2
