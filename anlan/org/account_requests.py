"""Changes that take two people: asked for by one, carried out by another's approval, or refused, withdrawn, expired after a day.

`change` carries out what one may do alone and asks for the rest; screens and the command line call it in place of
`administration`. Of a one-time password for a guarded account the one who asks holds the first half, the one who approves the
second: neither can sign in with it. Who takes up such a role with an account that was there loses the password, the second
factor and the ties outside: what one administrator alone could have prepared opens nothing.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from anlan.ledger.entry import Origin
from anlan.org import administration
from anlan.org.accounts import GROUP_LENGTH, LETTERS
from anlan.org.attributes import Attributes, changed, of_request
from anlan.org.credentials import AccountRequest, OutsideIdentity
from anlan.org.errors import Contradiction, NotAllowed
from anlan.org.events import SCREEN, note
from anlan.org.guarded import (
    DIRECTORS,
    OFFICERS,
    Act,
    hold,
    is_guarded,
    lasting_posts,
    needs_second,
    oversees,
    seconds,
)
from anlan.org.models import Person, Post, Unit
from anlan.org.posts import actor_for
from anlan.org.roles import find_role
from anlan.org.scope import Actor, as_system
from anlan.org.subjects import REQUEST

State = AccountRequest.State
LASTS = dt.timedelta(hours=24)
LOOK = (*OFFICERS, *DIRECTORS, "can:access-log")
SHOWN = 100
_DO: dict[str, Callable[..., Any]] = {
    Act.PASSWORD: administration.issue_password,
    Act.FACTORS: administration.reset_factors,
    Act.UNLOCK: administration.unlock,
    Act.LINK: administration.link_outside,
    Act.DEACTIVATE: administration.deactivate,
    Act.REACTIVATE: administration.reactivate,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What came of it: `request` where a second person is waited for; `password` a whole one-time password or one half."""

    request: AccountRequest | None = None
    password: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the change was carried out."""
        return self.request is None


@transaction.atomic
def change(
    person: Person, act: str, *, by: Actor, origin: Origin = SCREEN, now: dt.datetime | None = None, **details: Any
) -> Change:
    """Carry out a change that one may make alone, or ask for it where it takes two people.

    The command line alone carries out what nobody else could approve, so that the first officers can be made and a lost last
    one replaced. Raises: NotAllowed; Contradiction as `administration` does, and where nobody could be the second person.
    """
    moment = now or timezone.now()
    hold(person)
    rule = Act.GIVE if _is_longer(act, details) else act  # a post that runs on is given anew
    if not needs_second(person, rule, role=_role_of(details), today=timezone.localdate(moment)):
        return Change(password=_carry_out(person, act, details, by=by, origin=origin, under=None) or "")
    row = _row(person, act, details, by=by, now=moment)
    able = seconds(person, paths=row.paths, asked_by=by.person_id, now=moment)
    if by.is_system and not able:
        return _alone(row, details, by=by, origin=origin)
    _try_out(row, details, by=by, origin=origin)
    if not able:
        text = _(
            "Nobody else can approve this: it takes another officer, or a director of the commission, who has signed in. "
            "Have it asked for on the server (anlan account), and approve it here."
        )
        raise Contradiction("org.E188", "", text)
    return _ask(row, by=by, origin=origin)


@transaction.atomic
def approve(row: AccountRequest, *, by: Actor, now: dt.datetime | None = None) -> Change:
    """Carry out what was asked for; return the second half of the password where one is issued.

    Raises: NotAllowed for who may not; Contradiction when it is over, or cannot be carried out any more.
    """
    moment = now or timezone.now()
    locked = _waiting(row, now=moment)
    hold(locked.person)
    if not may_decide(by, locked, now=moment):
        raise NotAllowed("org.E189", f"{by.name} may not approve this request.")
    _close(locked, State.DONE, by=by, now=moment)
    try:
        with _asker(locked, today=timezone.localdate(moment)) as asker:
            password = _carry_out(locked.person, locked.act, locked.details, by=asker, origin=SCREEN, under=locked)
    except NotAllowed as error:
        text = _("Who asked for it may not ask for it any more. Refuse the request.")
        raise Contradiction("org.E285", "", text) from error
    return Change(password=(password or "").removeprefix(f"{first_half(locked)}-"))


@transaction.atomic
def end(row: AccountRequest, *, by: Actor, now: dt.datetime | None = None) -> None:
    """End a request without the change: withdrawn by the one who asked, refused by one who could approve. Raises: NotAllowed."""
    moment = now or timezone.now()
    locked = _waiting(row, now=moment)
    is_own = by.person_id is not None and by.person_id == locked.asked_by_id
    if not is_own and not may_decide(by, locked, now=moment):
        raise NotAllowed("org.E189", f"{by.name} may not end this request.")
    _close(locked, State.WITHDRAWN if is_own else State.REFUSED, by=by, now=moment)


def expire(*, now: dt.datetime) -> int:
    """End the requests on which nobody decided within a day, each with its entry; return how many."""
    over = AccountRequest.objects.filter(state=State.WAITING, ends_at__lte=now)
    done = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic(), as_system("requests that expired") as system:
            row = AccountRequest.objects.select_for_update().filter(pk=pk, state=State.WAITING).first()
            if row is not None:
                _close(row, State.EXPIRED, by=system, now=now)
                done += 1
    return done


# ── who sees and decides ────────────────────────────────────────────────────────────────────────────────────────────


def may_look(actor: Actor) -> bool:
    """Tell whether the actor is one of those who ask, approve or watch."""
    return actor.can(*LOOK) and not actor.is_system


def may_decide(actor: Actor, row: AccountRequest, *, now: dt.datetime) -> bool:
    """Tell whether the actor can be the second person of a request that waits."""
    if row.state != State.WAITING or row.ends_at <= now or actor.person_id is None:
        return False
    return actor.person_id in seconds(row.person, paths=_paths_now(row, now=now), asked_by=row.asked_by_id, now=now)


def requests_for(actor: Actor, *, now: dt.datetime) -> list[AccountRequest]:
    """Return the requests that the actor asked for or oversees, the newest first: all that wait, and the newest of the others."""
    rows = AccountRequest.objects.select_related("person", "asked_by", "decided_by").order_by("-asked_at", "-pk")
    waiting = Q(state=State.WAITING, ends_at__gt=now)
    found = [row for row in rows.filter(waiting) if _may_see(actor, row)]
    over = (row for row in rows.exclude(waiting).iterator(chunk_size=SHOWN) if _may_see(actor, row))
    return [*found, *islice(over, SHOWN)]


def find_request(actor: Actor, uid: uuid.UUID) -> AccountRequest | None:
    """Return a request that the actor asked for or oversees, however old; null for none."""
    row = AccountRequest.objects.select_related("person", "asked_by", "decided_by").filter(uid=uid).first()
    return row if row is not None and _may_see(actor, row) else None


def _may_see(actor: Actor, row: AccountRequest) -> bool:
    return row.asked_by_id == actor.person_id or oversees(actor, LOOK, row.paths)


def count_to_decide(actor: Actor, *, now: dt.datetime) -> int:
    """Return how many requests wait for this person's decision; one query where none waits."""
    waiting = AccountRequest.objects.filter(state=State.WAITING, ends_at__gt=now).select_related("person")
    return sum(may_decide(actor, row, now=now) for row in waiting)


def untold(person: Person) -> list[AccountRequest]:
    """Return what was done to the person's account or posts that they have not said they know."""
    rows = AccountRequest.objects.filter(person=person, state=State.DONE, told_at__isnull=True)
    return list(rows.select_related("asked_by", "decided_by").order_by("-decided_at"))


@transaction.atomic
def read_by(person: Person, *, which: Collection[str], by: Actor, now: dt.datetime) -> int:
    """Note that the person concerned has read of the changes `which` (hex ids) of their account; return how many those were.

    Only those that stood on the page count: what others did since is still to be told.
    """
    rows = [row for row in untold(person) if row.uid.hex in which]
    for row in rows:
        before = of_request(row)
        row.told_at = now
        row.save(update_fields=["told_at"])
        _note(row, "read", by=by, origin=SCREEN, before=before)
    return len(rows)


def first_half(row: AccountRequest) -> str:
    """Return the half of the password that the one who asks holds: derived from the installation's key, stored nowhere."""
    number = int.from_bytes(salted_hmac("anlan.org.request", row.uid.hex, algorithm="sha256").digest())
    letters = ""
    for _place in range(2 * GROUP_LENGTH):
        number, rest = divmod(number, len(LETTERS))
        letters += LETTERS[rest]
    return f"{letters[:GROUP_LENGTH]}-{letters[GROUP_LENGTH:]}"


def gives_password(row: AccountRequest) -> bool:
    """Tell whether a one-time password comes with the change."""
    return row.act == Act.PASSWORD or bool(row.details.get("renews"))


# ── how ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _row(person: Person, act: str, details: dict[str, Any], *, by: Actor, now: dt.datetime) -> AccountRequest:
    kept = {name: _plain(value) for name, value in details.items()}
    if act == Act.GIVE and not is_guarded(person, today=timezone.localdate(now)):
        kept["renews"] = bool(details.get("with_account", person.has_usable_password()))
    kept.pop("with_account", None)
    row = AccountRequest(
        act=act, person=person, details=kept, asked_by_id=by.person_id, asked_at=now, ends_at=now + LASTS
    )
    row.paths = _paths_now(row, now=now)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, Unit | Post):
        return value.pk
    return value.isoformat() if isinstance(value, dt.date) else value


def _paths_now(row: AccountRequest, *, now: dt.datetime) -> list[str]:
    """Return the places that the second person must oversee: of every post that lasts, and of the one that is given."""
    paths = set(
        lasting_posts(timezone.localdate(now)).filter(person=row.person_id).values_list("unit__path", flat=True)
    )
    if row.act == Act.GIVE:
        paths |= set(Unit.objects.filter(pk=row.details["unit"]).values_list("path", flat=True))
    return sorted(paths)


def _ask(row: AccountRequest, *, by: Actor, origin: Origin) -> Change:
    same = AccountRequest.objects.filter(
        person=row.person, act=row.act, details=row.details, state=State.WAITING, ends_at__gt=row.asked_at
    )
    if same.exists():
        raise Contradiction("org.E286", "", _("This was asked for already; it waits for a second person."))
    row.save()
    _note(row, "ask", by=by, origin=origin, before={})
    return Change(request=row, password=first_half(row) if gives_password(row) else "")


def _alone(row: AccountRequest, details: dict[str, Any], *, by: Actor, origin: Origin) -> Change:
    row.state, row.is_alone, row.decided_at = State.DONE, True, row.asked_at
    row.details.pop("renews", None)
    row.save()
    _note(row, "alone", by=by, origin=origin, before={})
    details.pop("with_account", None)
    return Change(password=_carry_out(row.person, row.act, details, by=by, origin=origin, under=row) or "")


def _try_out(row: AccountRequest, details: dict[str, Any], *, by: Actor, origin: Origin) -> None:
    """Carry the change out and take it back, so that what is refused is refused to the one who asks."""
    row.state = State.DONE
    try:
        with transaction.atomic():
            _carry_out(Person.objects.get(pk=row.person_id), row.act, row.details, by=by, origin=origin, under=row)
            raise _TakenBackError
    except _TakenBackError:
        row.state = State.WAITING
    if by.person_id == row.person_id:
        raise Contradiction("org.E287", "", _("This is your own account; another officer has to ask for it."))


class _TakenBackError(Exception):
    """Nothing went wrong; the trial is over."""


def _carry_out(
    person: Person, act: str, details: dict[str, Any], *, by: Actor, origin: Origin, under: AccountRequest | None
) -> str | None:
    if act == Act.GIVE:
        return _give(person, details, by=by, origin=origin, under=under)
    if act == Act.END:
        post = Post.objects.select_related("unit", "person").filter(pk=_key(details["post"]), person=person).first()
        if post is None:
            raise Contradiction("org.E288", "", _("The post is gone already."))
        administration.end_post(post, ends_on=_day(details["ends_on"]), by=by, origin=origin, under=under)  # type: ignore[arg-type]
        return None
    more = dict(details)
    if act == Act.PASSWORD and under is not None and not under.is_alone:
        more["first_half"] = first_half(under)
    said: str | None = _DO[act](person, by=by, origin=origin, under=under, **more)
    return said


def _give(
    person: Person, details: dict[str, Any], *, by: Actor, origin: Origin, under: AccountRequest | None
) -> str | None:
    give = partial(administration.give_post, person, by=by, origin=origin, under=under)
    is_new = under is not None and not under.is_alone and not is_guarded(person, today=timezone.localdate())
    unit = Unit.objects.get(pk=_key(details["unit"]))
    starts_on, ends_on = _day(details["starts_on"]), _day(details.get("ends_on"))
    give(unit=unit, role=details["role"], starts_on=starts_on, ends_on=ends_on)  # type: ignore[arg-type]
    return _renew(person, by=by, origin=origin, under=under) if is_new and under is not None else None


def _renew(person: Person, *, by: Actor, origin: Origin, under: AccountRequest) -> str | None:
    """Take every way into the account away that was there before, and give a new one, a password of two halves.

    What counts is how the account stands now: while a request waits, one administrator alone may still change it.
    """
    for provider in OutsideIdentity.objects.filter(person=person).values_list("provider", flat=True):
        administration.link_outside(person, provider=provider, subject="", by=by, origin=origin, under=under)
    administration.reset_factors(person, by=by, origin=origin, under=under)
    if not under.details.get("renews") and not person.has_usable_password():
        return None
    under.details["renews"] = True
    if under.pk is not None:
        under.save(update_fields=["details"])
    return administration.issue_password(person, by=by, origin=origin, under=under, first_half=first_half(under))


def _key(value: Any) -> int:
    return int(value.pk if isinstance(value, Unit | Post) else value)


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None


def _is_longer(act: str, details: dict[str, Any]) -> bool:
    if act != Act.END:
        return False
    ends_on, now_on = (
        _day(details["ends_on"]),
        Post.objects.values_list("ends_on", flat=True).get(pk=_key(details["post"])),
    )
    return ends_on is not None and now_on is not None and ends_on > now_on


def _role_of(details: dict[str, Any]) -> Any:
    if "post" in details:
        return find_role(Post.objects.values_list("role", flat=True).get(pk=_key(details["post"])))
    return find_role(details["role"]) if "role" in details else None


def _asker(row: AccountRequest, *, today: dt.date) -> Any:
    """Return, as a context, the one who asked with the rights of today; the command line is the system."""
    from contextlib import nullcontext

    return as_system("command line") if row.asked_by is None else nullcontext(actor_for(row.asked_by, today=today))


def _waiting(row: AccountRequest, *, now: dt.datetime) -> AccountRequest:
    locked = AccountRequest.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.state != State.WAITING or locked.ends_at <= now:
        raise Contradiction("org.E289", "", _("This request is over already."))
    return locked


def _close(row: AccountRequest, state: str, *, by: Actor, now: dt.datetime) -> None:
    before = of_request(row)
    row.state, row.decided_by_id, row.decided_at = state, by.person_id, now
    row.save(update_fields=["state", "decided_by", "decided_at"])
    steps = {State.DONE: "approve", State.REFUSED: "refuse", State.WITHDRAWN: "withdraw", State.EXPIRED: "expire"}
    _note(row, steps[State(state)], by=by, origin=SCREEN, before=before)


def _note(row: AccountRequest, step: str, *, by: Actor, origin: Origin, before: Attributes) -> None:
    """Append the entry of a step: the person, the change, and what the step set; never a password or a subject outside."""
    said = {name: value for name, value in row.details.items() if name != "subject"}
    unit = (
        Unit.objects.filter(path__in=row.paths).order_by("path").first()
        or Unit.objects.filter(depth=1).order_by("path")[0]
    )
    content = {**said, "act": row.act, "person": row.person.username} | changed(before, of_request(row))
    note(REQUEST, row.uid.hex, step, content, at=unit, by=by, origin=origin)
