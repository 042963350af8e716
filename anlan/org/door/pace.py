"""Failures at the door slow the next attempt. Nobody can be locked out by somebody else's failures, and no hospital by its address.

Four things weigh, each sinking with time:
- a user name, over all addresses: after ten failures the next attempt waits, longer each time, at most five minutes.
  A pair of name and address that signed in within thirty days does not wait: it has its own lock (axes, five failures);
- a browser that signed in before (it carries a signed cookie): only its own failures count for it, nobody else's;
- an address: after a hundred failures attempts of unknown pairs wait up to ten seconds. Known pairs never wait;
- the second factor of a person: after five wrong codes the next waits.
"""

import datetime as dt
import hashlib
import math
from dataclasses import dataclass

from axes.models import AccessAttempt
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from anlan.org.credentials import Pace

COOKIE = "known_here"
# Clocks of two servers differ by less. A failure later than that was noted before the clock was set back.
AHEAD = dt.timedelta(minutes=1)
COOKIE_DAYS = 180
KNOWN_DAYS = 30
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
    """One attempt: who from where. `browser` is the mark of a browser that this person signed in with before; else empty."""

    username: str
    address: str
    browser: str = ""

    @classmethod
    def of(cls, request: HttpRequest, username: str) -> "Knock":
        """Return the attempt that a request makes."""
        name = username.strip().casefold()[:150]
        return cls(username=name, address=str(request.META.get("REMOTE_ADDR", "")), browser=_browser(request, name))

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


def wait_seconds(knock: Knock, *, now: dt.datetime) -> int:
    """Return how long the attempt must wait; 0 lets it go on."""
    known_since = now - dt.timedelta(days=KNOWN_DAYS)
    if not knock.browser and Pace.objects.filter(key=knock.pair, at__gt=known_since).exists():
        return 0
    return max(wait(key, weight, now=now) for key, weight in knock.weights)


def failed(knock: Knock, *, now: dt.datetime) -> None:
    """Note that the attempt failed."""
    for key, weight in knock.weights:
        add(key, weight, now=now)


def succeeded(knock: Knock, *, now: dt.datetime) -> None:
    """Note that the attempt went well: the pair is known from now on, and the browser's failures are forgotten."""
    Pace.objects.update_or_create(key=knock.pair, defaults={"at": now})
    if knock.browser:
        Pace.objects.filter(key=f"browser:{knock.browser}").delete()


def factor_wait_seconds(person_id: int, *, now: dt.datetime) -> int:
    """Return how long a person's next code must wait."""
    return wait(f"factor:{person_id}", FACTOR, now=now)


def factor_failed(person_id: int, *, now: dt.datetime) -> None:
    """Note a wrong code."""
    add(f"factor:{person_id}", FACTOR, now=now)


def forget(username: str) -> int:
    """Forget the failures of a user name, over all addresses and at the second factor; return how many rows there were."""
    name = username.casefold()
    return Pace.objects.filter(key=f"user:{_hashed(name)}").delete()[0]


def forget_factor(person_id: int) -> None:
    """Forget wrong codes."""
    Pace.objects.filter(key=f"factor:{person_id}").delete()


def remember_browser(answer: HttpResponse, username: str, *, secure: bool) -> None:
    """Let the browser carry the mark that this person signed in with it."""
    mark = signing.dumps(username.casefold(), salt=_SALT)
    answer.set_cookie(COOKIE, mark, max_age=COOKIE_DAYS * 86400, httponly=True, samesite="Lax", secure=secure)


def is_known_browser(request: HttpRequest, credentials: dict[str, str] | None = None) -> bool:
    """Tell axes that its lock of name and address does not hold for a browser that this person signed in with before."""
    return bool(credentials and _browser(request, str(credentials.get("username") or "").strip().casefold()))


def sweep(*, now: dt.datetime) -> int:
    """Remove rows that weigh nothing any more, and locks from before the clock was set back; return how many."""
    AccessAttempt.objects.filter(attempt_time__gt=now + AHEAD).delete()
    return Pace.objects.filter(Q(at__lt=now - dt.timedelta(days=KNOWN_DAYS)) | Q(at__gt=now + AHEAD)).delete()[0]


def _browser(request: HttpRequest, name: str) -> str:
    mark = request.COOKIES.get(COOKIE, "")
    try:
        is_ours = signing.loads(mark, salt=_SALT, max_age=COOKIE_DAYS * 86400) == name
    except signing.BadSignature:
        return ""
    return _hashed(mark) if is_ours else ""


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
