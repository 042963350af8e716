"""A password is shown, at sign-in or to sign in again: the one place that throttles, looks at it, and notes what happened."""

import datetime as dt

from django.contrib.auth import authenticate
from django.http import HttpRequest

from anlan.org import doors
from anlan.org.door import pace
from anlan.org.errors import OrgError
from anlan.org.models import Person

LOCKED, SLOW, WRONG = "locked", "slow", "wrong"


class PasswordNotTaken(OrgError):
    """The password opened nothing. `why` is locked, slow or wrong; `wait_seconds` says how long a slowed attempt must wait."""

    def __init__(self, why: str, *, wait_seconds: int = 0) -> None:
        super().__init__("org.E185", f"The password was not taken: {why}.")
        self.why = why
        self.wait_seconds = wait_seconds


def show_password(request: HttpRequest, username: str, password: str, *, now: dt.datetime) -> Person:
    """Return the active person whose password this is. While the attempt must wait, or is locked, nobody looks at it.

    Raises: PasswordNotTaken, the same for an unknown name and for a wrong password.
    """
    knock = pace.Knock.of(request, username)
    if pace.is_locked(knock, now=now):
        raise PasswordNotTaken(LOCKED)
    if seconds := pace.wait_seconds(knock, now=now):
        raise PasswordNotTaken(SLOW, wait_seconds=seconds)
    person = authenticate(request, username=username, password=password)
    if isinstance(person, Person):
        pace.succeeded(knock, now=now)
        return person
    if pace.failed(knock, now=now):
        doors.locked(username, request)
        raise PasswordNotTaken(LOCKED)
    raise PasswordNotTaken(WRONG)
