"""Between the password and the session: who has shown a password and still owes a second factor. Kept in the session for five minutes."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from anlan.org.account_requests import untold
from anlan.org.door import again, sessions
from anlan.org.models import Person

KEY = "second_step"
SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A person who has shown a password here, the page that they wanted, and the way in (empty for a password)."""

    person: Person
    next: str
    came: str = ""


def wait_for(request: HttpRequest, person: Person, *, next: str, moment: float, came: str = "") -> None:
    """Remember who has shown a password. A change of password or posts in between makes it void."""
    request.session.cycle_key()
    request.session[KEY] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "until": int(moment) + SECONDS,
        "next": next,
        "came": came,
    }


def waiting(request: HttpRequest, *, moment: float) -> Waiting | None:
    """Return who owes a second factor: somebody who has just shown a password, or who is signed in without one."""
    if isinstance(request.user, Person):
        return Waiting(person=request.user, next=str(request.GET.get("next", "")))
    kept: dict[str, Any] = request.session.get(KEY) or {}
    if not kept or moment > kept["until"]:
        return None
    person = Person.objects.filter(pk=kept["person"], is_active=True).first()
    if person is None or person.get_session_auth_hash() != kept["hash"]:
        return None
    return Waiting(person=person, next=kept["next"], came=kept["came"])


def let_in(
    request: HttpRequest, person: Person, *, factor: str, now: dt.datetime, came: str = "", is_shown: bool = True
) -> None:
    """Begin the session of somebody who has shown all that is asked of them.

    Not `is_shown`: a service outside let them in without asking them, so what asks again still does.
    """
    sessions.begin(request, person, factor=factor, now=now, came=came)
    if is_shown:
        again.shown(request, person, now=now)
    if untold(person):
        messages.warning(request, _("Others changed your account. Look at what was done under “Me”."))


def origin_of(request: HttpRequest) -> str:
    """Return the origin that the browser sees, for example `https://anlan.example.cn`."""
    return f"{request.scheme}://{request.get_host()}"
