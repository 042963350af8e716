"""The edge of the process: errors that a person can mend become one line and exit code 1; nothing known shows a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, DataError, IntegrityError

from anlan.assessment.errors import AssessmentError
from anlan.exchange.errors import ExchangeError
from anlan.flow.errors import FlowError
from anlan.kernel.errors import KernelError
from anlan.ledger.errors import LedgerError
from anlan.measures.errors import MeasuresError
from anlan.org.errors import OrgError
from anlan.vault.errors import VaultError
from config.backup.errors import BackupError
from config.outage import outage_of
from config.readiness import NotPrepared, require_prepared

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
    NotPrepared,
    LookupError,
)


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
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a full disk or a reader that has gone is still answered for
    except (BadInput, *MENDABLE) as error:
        outcome.code = _mendable(error)
    except BrokenPipeError:
        # `anlan registers | head`: the reader has seen enough.
        _close_output()
    except OSError as error:
        outcome.code = _file(error)
    except (IntegrityError, DataError):
        raise  # a fault of ours: the database refused what we wrote
    except DatabaseError as error:
        outcome.code = _database(error)
    except KeyboardInterrupt:
        print("anlan: stopped.", file=sys.stderr)
        outcome.code = 2


def settings_fault() -> str:
    """Return what is wrong with the settings in the environment, in one sentence; empty when they can be used."""
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018  (reads them)
    except OSError as error:
        return (
            f'the folder "{error.filename}" cannot be used: {error.strerror}. Set ANLAN_HOME to one that you may write.'
        )
    except (ValueError, ImproperlyConfigured) as error:
        return f"the settings cannot be used: {error}"
    return ""


def _file(error: OSError) -> int:
    name = error.filename2 or error.filename
    if name is not None:
        _say(f'the file "{name}" cannot be used: {error.strerror}.')
        return 1
    _close_output()
    _say(f"the output cannot be written: {error.strerror or error}.")
    return 2


def _close_output() -> None:
    """Let what is left of the output go nowhere: Python would complain again when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _mendable(error: BaseException) -> int:
    if type(error) in (KeyError, IndexError):
        raise error  # a fault of ours: what a person named wrongly is a LookupError with a sentence
    code = getattr(error, "code", "") or getattr(error, "id", "")
    _say(str(error.args[0] if error.args else error), code)
    return 1


def _database(error: DatabaseError) -> int:
    """Say what is wrong with the database: a command that asks for no prepared one may still have met a table that is not there."""
    try:
        require_prepared()
    except NotPrepared as unprepared:
        return _mendable(unprepared)
    except DatabaseError:
        pass
    outage = outage_of(error)
    said = " ".join(str(error).split()).rstrip(".?")
    _say(f"the database did not answer: {said}. Look at ANLAN_DATABASE_URL.", outage.id if outage else "")
    return 2


def _say(text: str, code: str = "") -> None:
    print(f"anlan: {text}" + (f" [{code}]" if code else ""), file=sys.stderr)
