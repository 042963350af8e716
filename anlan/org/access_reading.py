"""The access log as its readers see it: a page at a time, narrowed, within the reader's part of the tree.

The audit officer sees every kind; the security officer sees rights and sign-ins. Both see what concerns the commission of
their post and everything below; what has no place in the tree (a sign-in with an unknown name) is seen from the top.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from anlan.org.access import Access, last_days
from anlan.org.errors import NotAllowed
from anlan.org.models import Institution, Unit
from anlan.org.scope import Actor

AUDIT, SECURITY, PROTECT = "can:access-log", "can:secure", "can:protect"
KINDS_OF_SECURITY = frozenset(
    {Access.Kind.PERMISSION, Access.Kind.SIGN_IN, Access.Kind.SIGN_OUT, Access.Kind.FAILURE, Access.Kind.LOCK}
)
PAGE, MOST_EXPORTED = 50, 100_000
TOLD_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for; empty means all. `after` is the id of the last row of the page before."""

    kind: str = ""
    who: str = ""
    register: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    after: int = 0


def kinds_for(actor: Actor) -> tuple[str, ...]:
    """Return the kinds of access that the actor may see. Raises: NotAllowed where there is none."""
    if actor.can(AUDIT):
        return tuple(Access.Kind.values)
    if actor.can(SECURITY):
        return tuple(kind for kind in Access.Kind.values if kind in KINDS_OF_SECURITY)
    raise NotAllowed("org.E082", f"{actor.name} is no officer who reads the access log.")


def read_log(actor: Actor, wanted: Wanted, *, limit: int = PAGE) -> tuple[list[Access], int]:
    """Return a page, newest first, and the key of the next; 0 at the end. Raises: NotAllowed."""
    rows = list(Access.objects.filter(_condition(actor, wanted)).order_by("-pk")[: limit + 1])
    page = rows[:limit]
    return page, page[-1].pk if len(rows) > limit else 0


def export_log(actor: Actor, wanted: Wanted) -> Iterator[Access]:
    """Yield the rows that the reader asks for, oldest first, at most MOST_EXPORTED. Raises: NotAllowed."""
    rows = Access.objects.filter(_condition(actor, wanted)).order_by("pk")[:MOST_EXPORTED]
    return rows.iterator(chunk_size=2_000)


def _condition(actor: Actor, wanted: Wanted) -> Q:
    kinds = kinds_for(actor)
    condition = Q(kind__in=[kind for kind in kinds if wanted.kind in ("", kind)]) & _places(actor)
    condition &= Q(who__icontains=wanted.who) if wanted.who else Q()
    condition &= Q(register=wanted.register) if wanted.register else Q()
    condition &= Q(at__date__gte=wanted.since) if wanted.since else Q()
    condition &= Q(at__date__lte=wanted.until) if wanted.until else Q()
    return condition & (Q(pk__lt=wanted.after) if wanted.after else Q())


def _places(actor: Actor) -> Q:
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if grant.role.answers_to((AUDIT, SECURITY)):
            condition |= Q(path__startswith=grant.path) | (Q(path="") if _is_top(grant.path) else Q(pk__in=[]))
    return condition


def _is_top(path: str) -> bool:
    return len(path) == int(Unit.steplen)


# ── what a protector is told ────────────────────────────────────────────────────────────────────────────────────────


def told(actor: Actor, institution: Institution, *, now: dt.datetime, most: int = 20) -> list[Access]:
    """Return the newest openings of masked names that the actor is told of: at the institution whose people they protect.

    Empty for everybody else.
    """
    posts = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    if not any(grant.role.answers_to((PROTECT,)) for grant in posts):
        return []
    rows = Access.objects.filter(last_days(TOLD_DAYS, now=now), institution_id=institution.pk, kind=Access.Kind.UNMASK)
    return list(rows.order_by("-pk")[:most])
