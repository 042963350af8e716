"""Signing in again: whatever changes how somebody comes in asks for the password and the second factor once more.

What was shown counts for five minutes, in the session in which it was shown: it ends with the session's key, and with a change
of the password, the posts or the second factor.
"""

import datetime as dt
import hmac

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from anlan.org.models import Person

KEY, HALF = "again", "again_password"
SECONDS = 300
AHEAD_SECONDS = 60  # clocks of two servers differ by less


def shown(request: HttpRequest, person: Person, *, now: dt.datetime) -> None:
    """Note that password and second factor were shown now, in this session."""
    request.session.pop(HALF, None)
    request.session[KEY] = mark(request.session.session_key or "", person, now=now)


def mark(session_key: str, person: Person, *, now: dt.datetime) -> dict[str, object]:
    """Return what the session carries."""
    return {"at": int(now.timestamp()), "seal": _seal(session_key, person)}


def is_fresh(request: HttpRequest, person: Person, *, now: dt.datetime) -> bool:
    """Tell whether both were shown in this session within the last five minutes."""
    return _holds(request, person, request.session.get(KEY), now=now)


def half_shown(request: HttpRequest, person: Person, *, now: dt.datetime, next: str) -> None:
    """Note that the password was shown; the second factor is still owed. `next` is the page that was wanted."""
    request.session[HALF] = mark(request.session.session_key or "", person, now=now) | {"next": next}


def wanted_after_half(request: HttpRequest, person: Person, *, now: dt.datetime) -> str | None:
    """Return the page that was wanted when the password was shown; null when none was within the last five minutes."""
    kept = request.session.get(HALF)
    return str(kept["next"]) if kept is not None and _holds(request, person, kept, now=now) else None


def _holds(request: HttpRequest, person: Person, kept: object, *, now: dt.datetime) -> bool:
    if not isinstance(kept, dict):
        return False
    age = now.timestamp() - float(kept["at"])
    seal = _seal(request.session.session_key or "", person)
    return -AHEAD_SECONDS <= age <= SECONDS and hmac.compare_digest(str(kept["seal"]), seal)


def _seal(session_key: str, person: Person) -> str:
    value = f"{session_key}/{person.pk}/{person.get_session_auth_hash()}"
    return salted_hmac("anlan.org.door.again", value, algorithm="sha256").hexdigest()
