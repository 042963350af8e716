"""Which changes of accounts and posts take two people, and who can be the second: nobody alone becomes an officer or a reviewer.

An account is guarded while its person holds, or will hold, a role with `takes_two`. Whatever gives access to it, and the giving of
such a role, is asked for by one person and carried out by another (`anlan.org.account_requests`); `administration` refuses it
otherwise. The second is an officer who oversees every place concerned; where no other officer is left, a director of the commission.
"""

import datetime as dt
import json
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.ledger.models import Entry
from anlan.org.credentials import AccountRequest
from anlan.org.errors import Contradiction
from anlan.org.events import subject_uid
from anlan.org.models import HAS_ACCOUNT, Person, Post
from anlan.org.posts import actor_for
from anlan.org.roles import Role, all_roles, find_role
from anlan.org.scope import Actor, as_system

Act = AccountRequest.Act
OFFICERS = ("can:administer", "can:secure")
DIRECTORS = ("can:countersign",)
# What takes something away is quick for everybody but officers: a stolen reviewer's account must not wait for a second person.
TAKES_AWAY = frozenset({Act.DEACTIVATE, Act.END})
CREDENTIALS = ("issue_password", "reset_factors", "link_outside", "reactivate")
RECENT = dt.timedelta(days=30)


class NeedsSecond(Contradiction):
    """The change takes two people: ask for it with `account_requests.change`."""


def lasting_posts(today: dt.date) -> QuerySet[Post]:
    """Return the posts that hold today or later, at closed units too."""
    return Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).select_related("unit")


def roles_of(person: Person, *, today: dt.date) -> tuple[Role, ...]:
    """Return the roles that the person holds today or will hold."""
    codes = lasting_posts(today).filter(person=person).values_list("role", flat=True)
    return tuple(find_role(code) for code in codes)


def is_guarded(person: Person, *, today: dt.date) -> bool:
    """Tell whether access to the person's account takes two people."""
    return any(role.takes_two for role in roles_of(person, today=today))


def needs_second(person: Person, act: str, *, role: Role | None = None, today: dt.date) -> bool:
    """Tell whether the act takes two people. `role` is the role of the post that is given or ended."""
    if act == Act.GIVE:
        return role is not None and role.takes_two
    if act == Act.END:
        return role is not None and role.is_exclusive
    held = roles_of(person, today=today)
    return any(one.is_exclusive if act in TAKES_AWAY else one.takes_two for one in held)


def hold(person: Person) -> None:
    """Let no other transaction change the account or its posts until this one ends: what is asked of it stays true.

    Otherwise a password that is issued to an ordinary account, while its guarded post is approved elsewhere, would open the post.
    """
    Person.objects.select_for_update().filter(pk=person.pk).first()


def require_second(person: Person, act: str, *, under: AccountRequest | None, role: Role | None = None) -> None:
    """Raise NeedsSecond unless the act needs no second person or is carried out under a request for it."""
    hold(person)
    is_under = under is not None and under.person_id == person.pk and under.state == AccountRequest.State.DONE
    if not is_under and needs_second(person, act, role=role, today=timezone.localdate()):
        text = _("This concerns the account of an officer, a protector or the commission: it takes two people.")
        raise NeedsSecond("org.E186", "", text)


def under_request(under: AccountRequest | None) -> dict[str, Any]:
    """Return what the entry of a change says of the request under which it was made."""
    return {"request": str(under.uid)} if under is not None else {}


# ── who can be the second ───────────────────────────────────────────────────────────────────────────────────────────


def seconds(person: Person, *, paths: list[str], asked_by: int | None, now: dt.datetime) -> frozenset[int]:
    """Return the people who can be the second: neither the one who asks nor the one concerned, and nobody's puppet.

    Officers first; directors of the commission only where no officer is left. All have come in by themselves: a one-time
    password that was not changed yet may be in the hands of whoever issued it.
    """
    for names in (OFFICERS, DIRECTORS):
        found = _overseers(names, paths, today=timezone.localdate(now)) - {person.pk, asked_by}
        found = frozenset(one for one in found if not _was_let_in_by(one, asked_by, now=now))
        if found:
            return found
    return frozenset()


def oversees(actor: Actor, names: tuple[str, ...], paths: list[str]) -> bool:
    """Tell whether posts of the actor that answer to one of the names reach every place."""
    reached = [grant.path for grant in actor.grants if grant.role.answers_to(names)]
    return bool(reached) and all(any(path.startswith(one) for one in reached) for path in paths)


def _overseers(names: tuple[str, ...], paths: list[str], *, today: dt.date) -> frozenset[int]:
    codes = [role.code for role in all_roles() if role.answers_to(names)]
    holders = lasting_posts(today).filter(role__in=codes, starts_on__lte=today).values("person")
    has_come = (HAS_ACCOUNT & Q(must_change_password=False)) | Q(outside_identities__isnull=False)
    people = Person.objects.filter(has_come, pk__in=holders, is_active=True).distinct()
    return frozenset(one.pk for one in people if oversees(actor_for(one, today=today), names, paths))


def _was_let_in_by(person_id: int, by: int | None, *, now: dt.datetime) -> bool:
    """Tell whether the present way into the account was opened by this one person alone, within thirty days."""
    if by is None:
        return False
    told = Entry.objects.filter(record_uid=subject_uid("org.person", person_id), step__in=CREDENTIALS)
    # row-level security shows a director no such entry, and none would be a yes
    with as_system("how an account was let in"):
        entries = list(told.order_by("-version"))
    for entry in entries:
        if "request" in json.loads(entry.content or "{}"):
            return False
        if entry.actor_id == by and entry.recorded_at > now - RECENT:
            return True
    return False
