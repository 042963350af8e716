"""Failures at sign-in slow the next attempt. Nobody can be locked out by somebody else's failures, and no hospital by its address.

A pair of user name and address is locked for fifteen minutes by five failures; not in a browser that signed in before.
Four things weigh besides, each sinking with time:
- a user name, over all addresses: after ten failures the next attempt waits, longer each time, at most five minutes.
  A pair of name and address that signed in within thirty days does not wait: it has its own lock;
- a browser that signed in before (it carries a signed cookie): only its own failures count for it, nobody else's;
- an address: after a hundred failures attempts of unknown pairs wait up to ten seconds. Known pairs never wait;
- the second factor of a person: after five wrong codes the next waits.
"""

import datetime as dt
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from anlan.org.credentials import Pace
from anlan.org.door.addresses import counted_as

# Clocks of two servers differ by less. A failure later than that was noted before the clock was set back.
AHEAD = dt.timedelta(minutes=1)
COOKIE_DAYS = 180
KNOWN_DAYS = 30
LOCK_FAILURES = 5
LOCK_TIME = dt.timedelta(minutes=15)
_SALT = "anlan.org.door.pace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How one kind of failure weighs: `free` of them cost nothing, one is forgotten each `sinks_seconds`, a wait ends at `longest`."""

    free: int
    sinks_seconds: float
    longest: int
    doubles: bool


USER = Weight(free=10, sinks_seconds=600, longest=300, doubles=True)
BROWSER = Weight(free=5, sinks_seconds=180, longest=300, doubles=True)
ADDRESS = Weight(free=100, sinks_seconds=2, longest=10, doubles=False)
FACTOR = Weight(free=5, sinks_seconds=300, longest=600, doubles=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """One attempt: who from where, by what the address counts as. `browser`: of one that this person signed in with; else empty."""

    username: str
    address: str
    browser: str = ""

    @classmethod
    def of(cls, request: HttpRequest, username: str) -> "Knock":
        """Return the attempt that a request makes."""
        name = username.strip().casefold()[:150]
        address = counted_as(str(request.META.get("REMOTE_ADDR", "")))
        return cls(username=name, address=address, browser=_browser(request, name))

    @property
    def weights(self) -> list[tuple[str, Weight]]:
        """The rows that count for this attempt."""
        if self.browser:
            return [(f"browser:{self.browser}", BROWSER)]
        return [(f"user:{_hashed(self.username)}", USER), (f"address:{self.address}", ADDRESS)]

    @property
    def pair(self) -> str:
        """The row that says that this name signed in from this address."""
        return f"pair:{_hashed(self.username + '@' + self.address)}"

    @property
    def lock(self) -> str:
        """The row that counts the failures of this name at this address; it begins with the name, so that all can be lifted."""
        return f"{_locks_of(self.username)}{_hashed(self.address)[:30]}"


def wait_seconds(knock: Knock, *, now: dt.datetime) -> int:
    """Return how long the attempt must wait; 0 lets it go on."""
    known_since = now - dt.timedelta(days=KNOWN_DAYS)
    if not knock.browser and Pace.objects.filter(key=knock.pair, at__gt=known_since).exists():
        return 0
    return max(wait(key, weight, now=now) for key, weight in knock.weights)


def is_locked(knock: Knock, *, now: dt.datetime) -> bool:
    """Tell whether the pair of name and address is locked; a browser in which the person signed in before never is."""
    return not knock.browser and _locks(now=now).filter(key=knock.lock).exists()


def locked_names(usernames: Iterable[str], *, now: dt.datetime) -> set[str]:
    """Return those of the user names that are locked now from at least one address."""
    names = {_locks_of(name.casefold()): name for name in usernames}
    held = _locks(now=now).filter(key__startswith="lock:").values_list("key", flat=True)
    return {names[name] for key in held if (name := f"{key.rpartition(':')[0]}:") in names}


def failed(knock: Knock, *, now: dt.datetime) -> bool:
    """Note that the attempt failed, and tell whether the pair of name and address is locked by it."""
    for key, weight in knock.weights:
        add(key, weight, now=now)
    return not knock.browser and _fail_pair(knock, now=now) >= LOCK_FAILURES


@transaction.atomic
def _fail_pair(knock: Knock, *, now: dt.datetime) -> int:
    """Count one more failure of the pair and return how many there were, none of them older than the lock holds."""
    row, _made = Pace.objects.select_for_update().get_or_create(key=knock.lock, defaults={"level": 0, "at": now})
    is_running = now - LOCK_TIME < row.at <= now + AHEAD
    row.level, row.at = (row.level + 1 if is_running else 1), now
    row.save(update_fields=["level", "at"])
    return int(row.level)


def succeeded(knock: Knock, *, now: dt.datetime) -> None:
    """Note that the attempt went well: the pair is known from now on, its failures and the browser's are forgotten."""
    Pace.objects.update_or_create(key=knock.pair, defaults={"at": now})
    Pace.objects.filter(key=knock.lock).delete()
    if knock.browser:
        Pace.objects.filter(key=f"browser:{knock.browser}").delete()


def factor_wait_seconds(person_id: int, *, now: dt.datetime) -> int:
    """Return how long a person's next code must wait."""
    return wait(f"factor:{person_id}", FACTOR, now=now)


def factor_failed(person_id: int, *, now: dt.datetime) -> None:
    """Note a wrong code."""
    add(f"factor:{person_id}", FACTOR, now=now)


def forget(username: str) -> int:
    """Forget the failures of a user name and lift its locks, over all addresses; return how many rows there were."""
    name = username.casefold()
    return Pace.objects.filter(Q(key=f"user:{_hashed(name)}") | Q(key__startswith=_locks_of(name))).delete()[0]


def forget_factor(person_id: int) -> None:
    """Forget wrong codes."""
    Pace.objects.filter(key=f"factor:{person_id}").delete()


def remember_browser(answer: HttpResponse, username: str, *, secure: bool) -> None:
    """Let the browser carry the mark that this person signed in with it."""
    mark = signing.dumps(username.casefold(), salt=_SALT)
    name = settings.ANLAN_KNOWN_COOKIE_NAME
    answer.set_cookie(name, mark, max_age=COOKIE_DAYS * 86400, httponly=True, samesite="Lax", secure=secure)


def sweep(*, now: dt.datetime) -> int:
    """Remove rows that weigh nothing any more, and locks from before the clock was set back; return how many."""
    return Pace.objects.filter(Q(at__lt=now - dt.timedelta(days=KNOWN_DAYS)) | Q(at__gt=now + AHEAD)).delete()[0]


def _browser(request: HttpRequest, name: str) -> str:
    mark = request.COOKIES.get(settings.ANLAN_KNOWN_COOKIE_NAME, "")
    try:
        is_ours = signing.loads(mark, salt=_SALT, max_age=COOKIE_DAYS * 86400) == name
    except signing.BadSignature:
        return ""
    return _hashed(mark) if is_ours else ""


def _locks(*, now: dt.datetime) -> QuerySet[Pace]:
    """Return the rows of pairs that are locked now; one from before the clock was set back locks nobody."""
    return Pace.objects.filter(level__gte=LOCK_FAILURES, at__gt=now - LOCK_TIME, at__lte=now + AHEAD)


def _locks_of(name: str) -> str:
    return f"lock:{_hashed(name)}:"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _level(row: Pace, weight: Weight, now: dt.datetime) -> float:
    if row.at > now + AHEAD:
        return 0.0
    return max(0.0, row.level - max(0.0, (now - row.at).total_seconds()) / weight.sinks_seconds)


def wait(key: str, weight: Weight, *, now: dt.datetime) -> int:
    """Return the seconds that are left of the wait after what weighed last on the row of a key."""
    row = Pace.objects.filter(key=key, at__lte=now + AHEAD).first()
    over = row.level - weight.free if row is not None else -1.0
    if row is None or over < 0:
        return 0
    whole = min(weight.longest, 2 ** min(over, 12) if weight.doubles else 1 + over * weight.sinks_seconds)
    return max(0, math.ceil(whole - (now - row.at).total_seconds()))


@transaction.atomic
def add(key: str, weight: Weight, *, now: dt.datetime) -> None:
    """Let one more weigh on the row of a key."""
    row, _made = Pace.objects.select_for_update().get_or_create(key=key, defaults={"level": 0, "at": now})
    most = weight.free + 12
    row.level, row.at = min(most, _level(row, weight, now) + 1), now
    row.save(update_fields=["level", "at"])
