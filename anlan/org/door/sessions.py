"""Sessions: when they begin, how long they last, who holds which, and how all of a person's end at once.

A session carries a hash over the person's password and `session_generation` (see `Person`). Each request loads the person
anyway, so the comparison costs nothing; raising the generation ends every session at its next request.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from anlan.org.credentials import OpenSession
from anlan.org.door.limits import Limits, limits_of
from anlan.org.door.noted import own_change
from anlan.org.door.session_store import SessionStore, remove, stored
from anlan.org.models import Person
from anlan.org.scope import Actor

BEGAN, SEEN, FACTOR, CAME = "began_at", "seen_at", "factor", "came"
OUTSIDE = "outside"  # came through a sign-in service: our own password plays no part in this session
NOTED_EACH_SECONDS = 60  # how exact "last seen" is; a write for each request would be too many
BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, person: Person, *, factor: str, now: dt.datetime, came: str = "") -> None:
    """Sign a person in: a new session key, the moment, the second factor that was shown (empty for none), and the way in."""
    login(request, person, backend=BACKEND)
    request.session[CAME] = came
    request.session[BEGAN] = request.session[SEEN] = int(now.timestamp())
    request.session[FACTOR] = factor
    request.session.save()
    _note(request, person, now=now)


def strengthen(request: HttpRequest, factor: str) -> None:
    """Note that a second factor was shown in a session that is open already; its key changes."""
    old_key = key_of(request)
    request.session.cycle_key()
    request.session[FACTOR] = factor
    OpenSession.objects.filter(session_key=old_key).update(session_key=key_of(request), factor=factor)


def is_over(request: HttpRequest, limits: Limits, *, now: dt.datetime) -> bool:
    """Tell whether the session was idle too long or lasted long enough; else note that it was seen.

    One that was seen later than now is over too: the clock was set back, and nobody can say any more how long it lasted.
    A request that the page sends by itself (header `X-Unattended`) does not keep a session open.
    """
    moment = int(now.timestamp())
    began, seen = request.session.get(BEGAN), request.session.get(SEEN)
    if began is None or seen is None:
        request.session[BEGAN] = began = request.session.get(BEGAN, moment)
        seen = moment - NOTED_EACH_SECONDS
    if moment - began >= limits.total_seconds or moment - seen >= limits.idle_seconds + NOTED_EACH_SECONDS:
        return True
    if max(began, seen) - moment > NOTED_EACH_SECONDS:
        return True
    if moment - seen >= NOTED_EACH_SECONDS and "X-Unattended" not in request.headers:
        request.session[SEEN] = moment
        _note(request, request.user, now=now)
    return False


def key_of(request: HttpRequest) -> str:
    """Return what is stored for the key of the request's session; empty for none."""
    return stored(request.session.session_key)


def limits_for(actor: Actor) -> Limits:
    """Return the limits of the actor's roles."""
    return limits_of(tuple(grant.role for grant in actor.grants), settings.ANLAN_SESSION_LIMITS)


def close(request: HttpRequest) -> None:
    """End the session of the request."""
    OpenSession.objects.filter(session_key=key_of(request)).delete()
    logout(request)


def end_all(person: Person) -> None:
    """End every session of a person: each is refused at its next request."""
    Person.objects.filter(pk=person.pk).update(session_generation=F("session_generation") + 1)
    person.refresh_from_db(fields=["session_generation"])
    forget(person)


def forget(person: Person, *, but: str = "") -> None:
    """Remove the stored sessions of a person, but for one, named as it is stored; they are refused already."""
    rows = OpenSession.objects.filter(person=person).exclude(session_key=but)
    remove(rows.values_list("session_key", flat=True))
    rows.delete()


@transaction.atomic
def end_others(request: HttpRequest, person: Person) -> None:
    """End every session of the person but the one of the request."""
    with own_change(person, "end_sessions"):
        Person.objects.filter(pk=person.pk).update(session_generation=F("session_generation") + 1)
    person.refresh_from_db(fields=["session_generation"])
    keep(request, person)


def keep(request: HttpRequest, person: Person) -> None:
    """Keep the request's session after the person's password or generation changed, and forget the others."""
    factor = request.session.get(FACTOR, "")
    old_key = key_of(request)
    update_session_auth_hash(request, person)
    request.session[FACTOR] = factor
    request.session.save()
    OpenSession.objects.filter(session_key=old_key).update(session_key=key_of(request))
    forget(person, but=key_of(request))


def sessions_of(person: Person, limits: Limits, *, now: dt.datetime) -> list[OpenSession]:
    """Return the person's sessions that would still be let in, the one seen last first."""
    seen = now - dt.timedelta(seconds=limits.idle_seconds + NOTED_EACH_SECONDS)
    began = now - dt.timedelta(seconds=limits.total_seconds)
    rows = OpenSession.objects.filter(person=person, seen_at__gt=seen, began_at__gt=began)
    return list(rows.order_by("-seen_at", "-pk"))


def sweep(*, now: dt.datetime) -> int:
    """Remove what is left of sessions whose whole time is over and return how many there were on people's lists."""
    longest = max(limits.total_seconds for limits in settings.ANLAN_SESSION_LIMITS.values())
    SessionStore.clear_expired()
    return OpenSession.objects.filter(began_at__lt=now - dt.timedelta(seconds=longest)).delete()[0]


def _note(request: HttpRequest, person: Any, *, now: dt.datetime) -> None:
    if not request.session.session_key:
        request.session.save()
    began = dt.datetime.fromtimestamp(request.session[BEGAN], tz=dt.UTC)
    fresh = {"person": person, "seen_at": now, "factor": request.session.get(FACTOR, "")}
    first = {"began_at": began, "address": str(request.META.get("REMOTE_ADDR", ""))[:45]}
    first["agent"] = request.headers.get("User-Agent", "")[:200]
    OpenSession.objects.update_or_create(session_key=key_of(request), defaults=fresh, create_defaults=fresh | first)
