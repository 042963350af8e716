"""What the administrator's pages show: the tree, a unit, people with their posts, what wants attention. No record is read here."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from anlan.ledger.models import Entry
from anlan.org.account_requests import count_to_decide
from anlan.org.accounts import locked
from anlan.org.events import subject_uid
from anlan.org.models import HAS_ACCOUNT, Institution, Person, Post, Unit
from anlan.org.oversight import administered_people, administers
from anlan.org.roles import Group, Reach, Role, all_roles, find_role
from anlan.web.place import Place, unit_name

PAGE = 50
GROUPS = {
    Group.INSTITUTION: gettext_lazy("The whole institution"),
    Group.DEPARTMENT: gettext_lazy("One department"),
    Group.COMMISSION: gettext_lazy("Commission and bureaus"),
    Group.OFFICER: gettext_lazy("The three officers"),
    Group.OUTSIDE: gettext_lazy("From outside: one case at a time"),
}
STEPS = {
    "add": gettext_noop("Added"),
    "change": gettext_noop("Changed"),
    "profile": gettext_noop("Profile changed"),
    "close": gettext_noop("Out of use"),
    "reopen": gettext_noop("Reopened"),
    "issue_password": gettext_noop("One-time password issued"),
    "unlock": gettext_noop("Lock lifted"),
    "reset_factors": gettext_noop("Second factor reset"),
    "change_password": gettext_noop("Password changed"),
    "rehash_password": gettext_noop("Password stored anew by newer rules"),
    "end_sessions": gettext_noop("Sessions ended"),
    "use_recovery_code": gettext_noop("Recovery code used"),
    "baseline": gettext_noop("State at the upgrade written down"),
    "add_factor": gettext_noop("Second factor set up"),
    "remove_factor": gettext_noop("Second factor removed"),
    "recovery_codes": gettext_noop("Recovery codes made"),
    "link_outside": gettext_noop("Outside sign-in linked"),
    "unlink_outside": gettext_noop("Outside sign-in removed"),
    "deactivate": gettext_noop("Account deactivated"),
    "reactivate": gettext_noop("Account reactivated"),
    "give": gettext_noop("Post given"),
    "end": gettext_noop("Post ended"),
    "withdraw": gettext_noop("Post withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A commission of the tree with the institutions directly below it."""

    unit: Unit
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the list: the account's state and the posts that hold today or later."""

    person: Person
    posts: list[Post]
    is_locked: bool


def branches(place: Place) -> list[Branch]:
    """Return the commissions at and below the place in tree order, each with its institutions."""
    below = Unit.objects.filter(path__startswith=place.unit.path).select_related("institution").order_by("path")
    units = list(below)
    people, departments = (
        _people_by_unit(place),
        Counter(unit.path[: -Unit.steplen] for unit in units if _is_department(unit)),
    )
    found: dict[str, Branch] = {}
    for unit in units:
        if unit.kind == Unit.Kind.COMMISSION:
            found[unit.path] = Branch(unit=unit, rows=[])
        elif unit.kind == Unit.Kind.INSTITUTION and unit.path[: -Unit.steplen] in found:
            row = {"unit": unit, "departments": departments[unit.path], "people": people[unit.path]}
            found[unit.path[: -Unit.steplen]].rows.append(row)
    return list(found.values())


def _is_department(unit: Unit) -> bool:
    return bool(unit.kind == Unit.Kind.DEPARTMENT)


def _people_by_unit(place: Place) -> Counter[str]:
    """Return how many people hold a post in or below each institution today, by its path."""
    pairs = _holding(place.today).filter(unit__path__startswith=place.unit.path)
    at = {
        (person, path[: -Unit.steplen] if kind == Unit.Kind.DEPARTMENT else path)
        for person, path, kind in pairs.values_list("person_id", "unit__path", "unit__kind")
    }
    return Counter(path for _person, path in at)


def _holding(today: dt.date) -> Any:
    return Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), starts_on__lte=today)


def attention(place: Place) -> list[dict[str, Any]]:
    """Return what the administrator should look at, each with its number and the page that lists it; only what there is."""
    people = people_at(place)
    wanting = (
        (_("Accounts locked after wrong passwords"), "lock", "locked"),
        (_("One-time passwords not used yet"), "key", "waiting"),
        (_("Accounts without a post"), "user", "without"),
    )
    found = [
        {
            "name": name,
            "icon": icon,
            "count": _shown(people, show, place).count(),
            "url": f"{place.url('people')}?show={show}",
        }
        for name, icon, show in wanting
    ]
    found.append(
        {
            "name": _("Account requests that wait for you"),
            "icon": "shield-lock",
            "count": count_to_decide(place.actor, now=timezone.now()),
            "url": reverse("web:account-requests"),
        }
    )
    empty: dict[str, Any] = {
        "name": _("Institutions where nobody holds a post"),
        "icon": "building-hospital",
        "url": f"{place.url('units')}",
    }
    counts = _people_by_unit(place)
    paths = Institution.objects.filter(unit__path__startswith=place.unit.path, unit__is_active=True)
    empty["count"] = sum(1 for path in paths.values_list("unit__path", flat=True) if not counts[path])
    return [item for item in [*found, empty] if item["count"]]


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def people_at(place: Place) -> Any:
    """Return the people with a post at or below the place; at the administrator's own unit also those without any post."""
    here = Q(pk__in=Post.objects.filter(unit__path__startswith=place.unit.path).values("person"))
    if place.unit.kind == Unit.Kind.COMMISSION:
        here |= ~Q(pk__in=Post.objects.values("person"))
    return Person.objects.filter(administered_people(place.actor), here)


def _shown(people: Any, show: str, place: Place) -> Any:
    if show == "locked":
        return people.filter(username__in=locked(people.values_list("username", flat=True), now=timezone.now()))
    if show == "waiting":
        return people.filter(must_change_password=True, is_active=True)
    if show == "without":
        return people.filter(HAS_ACCOUNT).exclude(pk__in=_lasting(place.today).values("person"))
    if show == "inactive":
        return people.filter(is_active=False)
    return people


def _lasting(today: dt.date) -> Any:
    return Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today))


def members(place: Place, *, text: str, show: str, after: str) -> tuple[list[Member], str]:
    """Return one page of people in the order of user names, and the key of the next page; empty when this is the last."""
    found = _shown(people_at(place), show, place)
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(username__icontains=word) | Q(phone__icontains=word))
    rows = list(found.filter(username__gt=after).order_by("username")[: PAGE + 1])
    page = rows[:PAGE]
    return _with_posts(place, page), page[-1].username if len(rows) > PAGE else ""


def _with_posts(place: Place, people: list[Person]) -> list[Member]:
    posts: dict[int, list[Post]] = {}
    for post in _lasting(place.today).filter(person__in=people).select_related("unit").order_by("pk"):
        if administers(place.actor, post.unit):
            posts.setdefault(post.person_id, []).append(post)
    shut = locked((person.username for person in people), now=timezone.now())
    return [Member(person=one, posts=posts.get(one.pk, []), is_locked=one.username in shut) for one in people]


def members_of(place: Place) -> list[Member]:
    """Return the people who hold a post at exactly this unit, or will."""
    here = Person.objects.filter(pk__in=_lasting(place.today).filter(unit=place.unit).values("person"))
    return _with_posts(place, list(here.order_by("username")))


def posts_of(place: Place, person: Person) -> list[dict[str, Any]]:
    """Return the posts of a person that the administrator may see, newest first, with whether they hold today."""
    posts = Post.objects.filter(person=person).select_related("unit").order_by("-starts_on", "-pk")
    return [
        {
            "post": post,
            "role": find_role(post.role),
            "state": _state(post, place.today),
            "can_end": (post.ends_on is None or post.ends_on > place.today) and person.pk != place.actor.person_id,
        }
        for post in posts
        if administers(place.actor, post.unit)
    ]


def _state(post: Post, today: dt.date) -> str:
    if post.starts_on > today:
        return "future"
    return "past" if post.ends_on is not None and post.ends_on <= today else "now"


def role_cards(place: Place) -> list[dict[str, Any]]:
    """Return the roles by group, each with its description, where it is held, and how many hold it at or below the place."""
    holding = _holding(place.today).filter(unit__path__startswith=place.unit.path)
    count = Counter(role for _person, role in set(holding.values_list("person_id", "role")))
    sees = {
        Reach.NOTHING: _("no records"),
        Reach.CASE: _("the cases to which its holder is a party"),
        Reach.DEPARTMENT: _("records of the department and their own"),
        Reach.INSTITUTION: _("records of the institution"),
        Reach.SUBTREE: _("records of every institution below"),
    }
    groups: dict[Group, list[dict[str, Any]]] = {group: [] for group in Group}
    for role in all_roles():
        card = {"role": role, "held_at": held_at(role), "sees": sees[role.reach], "count": count[role.code]}
        groups[role.group].append(card)
    return [{"name": GROUPS[group], "code": group.value, "cards": cards} for group, cards in groups.items() if cards]


def held_at(role: Role) -> str:
    """Return the names of the kinds of unit at which a role is held."""
    return " / ".join(str(Unit.Kind(kind).label) for kind in role.held_at)


# ── history and ways ────────────────────────────────────────────────────────────────────────────────────────────────


def history(register: str, key: str | int, *, most: int = 12) -> list[dict[str, Any]]:
    """Return what was changed of a unit or an account, newest first: step, by whom, when, and the new values."""
    entries = list(Entry.objects.filter(record_uid=subject_uid(register, key)).order_by("-version")[:most])
    names = dict(
        Person.objects.filter(pk__in=[one.actor_id for one in entries if one.actor_id]).values_list("pk", "name")
    )
    return [
        {
            "step": _(STEPS.get(one.step, one.step)),
            "by": names.get(one.actor_id or 0, _("Command line")),
            "at": one.recorded_at,
            "changes": [] if one.step in ("add", "baseline") else _changes(one.content),
        }
        for one in entries
    ]


def _changes(content: str | None) -> list[str]:
    values: dict[str, Any] = json.loads(content) if content else {}
    return [str(value) for name, value in values.items() if name in ("name", "name_en", "phone") and value]


def way(place: Place, *last: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the crumbs from the administrator's unit down to the place, then the pages named in `last` (name, address)."""
    steps = range(Unit.steplen, len(place.unit.path) + 1, Unit.steplen)
    paths = [place.unit.path[:end] for end in steps]
    above: Iterable[Unit] = Unit.objects.filter(path__in=paths).order_by("path")
    crumbs = [
        {"name": unit_name(unit), "url": reverse("web:unit", args=(unit.code, place.year))}
        for unit in above
        if administers(place.actor, unit)
    ]
    return [*crumbs, *({"name": name, "url": url} for name, url in last)]
