"""The edge of the process: errors that a person can mend become one line and exit code 1; nothing known shows a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError

from anlan.assessment.errors import AssessmentError
from anlan.exchange.errors import ExchangeError
from anlan.flow.errors import FlowError
from anlan.kernel.errors import KernelError
from anlan.measures.errors import MeasuresError
from anlan.org.errors import OrgError

MENDABLE = (
    AssessmentError,
    ExchangeError,
    FlowError,
    KernelError,
    MeasuresError,
    OrgError,
    LookupError,
    FileNotFoundError,
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
    except (BadInput, *MENDABLE) as error:
        code = getattr(error, "code", "") or getattr(error, "id", "")
        print(f"anlan: {error.args[0] if error.args else error}" + (f" [{code}]" if code else ""), file=sys.stderr)
        outcome.code = 1
    except OperationalError as error:
        print(
            f"anlan: the database did not answer: {error}. Run `anlan serve` once, or look at ANLAN_DATABASE_URL.",
            file=sys.stderr,
        )
        outcome.code = 2
    except KeyboardInterrupt:
        print("anlan: stopped.", file=sys.stderr)
        outcome.code = 2
