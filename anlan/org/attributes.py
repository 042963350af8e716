"""What rows of units, people and posts say, in the terms of their ledger entries: names and JSON values for each row.

An entry tells the attributes that its step set; merged in order they give what these functions read (`anlan.org.replay`). Secrets
stand as keyed digests. What moves at each sign-in stays outside on purpose (`OUTSIDE`): those would be entries without end.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any

from django.db import DataError, OperationalError, models
from django.db.models import QuerySet
from django.db.models.functions import Concat, Length

from anlan.org.credentials import AccountRequest, Factor, FormerPassword, OutsideIdentity
from anlan.org.digests import digest
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.subjects import PERSON, POST, REQUEST, UNIT

Attributes = dict[str, Any]
# What reading a row raises that holds no value of its column: a day beyond all days, bytes that are no text.
UNREADABLE = (ValueError, TypeError, InvalidOperation, DataError, OperationalError)
SECRETS = ("password", "factor.", "former.", "outside.")
"""How the names of attributes begin whose values are digests."""
OUTSIDE = frozenset({
    "org.Person.last_login", "org.Factor.counter", "org.Factor.used_at",  # move at each sign-in
    "org.Unit.depth", "org.Unit.numchild",  # follow from the paths; `replay` reckons them
    "org.FormerPassword.id", "org.OutsideIdentity.id",  # keys that nothing refers to
})  # fmt: skip
"""Columns of these tables that no entry tells, with the reason. Every other one is told; a test compares the lists."""

_UNIT = ("id", "code", "kind", "level", "name", "name_en", "is_active", "path")
_PROFILE = (
    "code", "class_level", "is_large_specialist", "large_specialist_reason", "kind", "beds", "staff",
    "first_responsible__username", "is_synthetic",
)  # fmt: skip
_PERSON = (
    "id", "username", "name", "phone", "is_active", "must_change_password", "is_synthetic", "password_changed_at",
    "session_generation",
)  # fmt: skip
_POST = ("id", "person__username", "unit__code", "role", "starts_on", "ends_on")
_REQUEST = (
    "id", "act", "person__username", "asked_by", "asked_at", "ends_at", "state", "decided_by", "decided_at", "is_alone",
    "told_at", "paths",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of row whose entries tell it. `read` gives the attributes by primary key and the keys that cannot be read.

    `key` names the subject among its register (from `key_column`), `name` says for people which row it is, `homes` gives by
    primary key the unit under which entries are filed, null for none. `broken` names what contradicts within the rows, `ends`
    the steps after which there is no row any more. `names` are the attributes, beside those whose names have the `beginning`;
    whatever else an entry says is for people.
    """

    register: str
    model: type[models.Model]
    read: Callable[[Collection[int]], tuple[dict[int, Attributes], list[int]]]
    key: Callable[[Attributes], str | int]
    key_column: str
    name: Callable[[Attributes], str]
    homes: Callable[[Collection[int]], Mapping[int, int | None]]
    broken: Callable[[Collection[int]], Iterable[tuple[int, str, Any, Any]]] = lambda _keys: ()
    ends: frozenset[str] = frozenset()
    names: frozenset[str]
    beginning: str = ""


def units(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return units with their profiles. `kind` is the profile's for an institution; `unit_kind` is always the unit's own."""
    rows, bad = readable(Unit.objects.filter(pk__in=keys), _UNIT)
    profiles, bad_profiles = readable(Institution.objects.filter(pk__in=keys), ("pk", *_PROFILE))
    above = {row[7][: -Unit.steplen] for row in rows}
    parents = dict(Unit.objects.filter(path__in=above).values_list("path", "code"))
    found = {}
    for row in rows:
        told = dict(zip(_UNIT, row, strict=True))
        found[row[0]] = told | {"unit_kind": told["kind"], "parent": parents.get(told["path"][: -Unit.steplen])}
    for pk, code, *values in profiles:
        profile = dict(zip(_PROFILE[1:], values, strict=True))
        profile["first_responsible"] = profile.pop("first_responsible__username")
        found.setdefault(pk, {"id": pk, "code": code}).update(profile | {"institution_code": code})
    return found, [*bad, *bad_profiles]


def people(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return people with their credentials. Four queries."""
    rows, bad = readable(Person.objects.filter(pk__in=keys), (*_PERSON, "password"))
    found: dict[int, Attributes] = {}
    for *values, password in rows:
        told = {name: json_value(value) for name, value in zip(_PERSON, values, strict=True)}
        found[told["id"]] = told | {"password": digest("password", told["id"], password)}
    for pk, name, value, is_bad in _credentials(keys):
        if is_bad:
            bad.append(pk)
        elif pk in found:
            found[pk][name] = value
    return found, bad


def posts(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return posts: who by user name, where by code."""
    rows, bad = readable(Post.objects.filter(pk__in=keys), _POST)
    names = [name.partition("__")[0] for name in _POST]
    found = {row[0]: {name: json_value(value) for name, value in zip(names, row, strict=True)} for row in rows}
    for told in found.values():
        told["ends_on"] = told["ends_on"] or ""
    return found, bad


def requests(keys: Collection[int]) -> tuple[dict[int, Attributes], list[int]]:
    """Return requests for changes that take two people. A subject outside is a digest; whether a password came along is no part."""
    rows, bad = readable(AccountRequest.objects.filter(pk__in=keys), (*_REQUEST, "uid", "details"))
    names = [name.partition("__")[0] for name in _REQUEST]
    found: dict[int, Attributes] = {}
    for pk, *values, uid, details in rows:
        told = {name: json_value(value) for name, value in zip(names, (pk, *values), strict=True)} | {"uid": uid.hex}
        plain = dict(details) if isinstance(details, dict) else {"": details}
        if subject := plain.pop("subject", ""):
            told["outside.subject"] = digest("request", uid.hex, str(subject))
        plain.pop("renews", None)
        found[pk] = told | {"details": plain}
    return found, bad


def is_attribute(kind: Kind, name: str) -> bool:
    """Tell whether what an entry says under a name stands in the row."""
    return name in kind.names or is_secret(name) or bool(kind.beginning and name.startswith(kind.beginning))


def of_request(row: AccountRequest) -> Attributes:
    """Return what a request's row says now."""
    return requests([row.pk])[0][row.pk]


def of_person(person: Person) -> Attributes:
    """Return what one person's rows say now."""
    return people([person.pk])[0].get(person.pk, {})


def of_unit(unit: Unit) -> Attributes:
    """Return what one unit's rows say now."""
    return units([unit.pk])[0][unit.pk]


def of_post(post: Post) -> Attributes:
    """Return what a post's row says now."""
    return posts([post.pk])[0][post.pk]


def changed(before: Attributes, after: Attributes) -> Attributes:
    """Return what differs afterwards; null for what is gone."""
    return {name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)}


def is_secret(name: str) -> bool:
    """Tell whether an attribute stands for a secret."""
    return name.startswith(SECRETS) and name != "password_changed_at"


def _credentials(keys: Collection[int]) -> Iterator[tuple[int, str, str, bool]]:
    """Yield (person, attribute, digest, whether it could not be read) of factors that count, former passwords and ties."""
    factors = Factor.objects.filter(person_id__in=keys, confirmed_at__isnull=False)
    for model, rows, fields, named in (
        (Factor, factors, ("person_id", "id", "kind", "name", "data", "created_at", "confirmed_at"), "factor.{}"),
        (
            FormerPassword,
            FormerPassword.objects.filter(person_id__in=keys),
            ("person_id", "id", "password", "at"),
            "former.{}",
        ),
        (
            OutsideIdentity,
            OutsideIdentity.objects.filter(person_id__in=keys),
            ("person_id", "provider", "subject", "linked_at"),
            "outside.{}",
        ),
    ):
        found, bad = readable(rows, fields)
        for pk, key, *values in found:
            yield pk, named.format(key), digest(model.__name__, pk, key, *map(_part, values)), False
        for pk in model.objects.filter(pk__in=bad).values_list("person_id", flat=True):
            yield pk, "", "", True


def _part(value: Any) -> str | bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(json_value(value))


def readable(rows: "QuerySet[Any]", fields: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[int]]:
    """Return the rows and the keys of those that hold something that is no value of its column (SQLite keeps anything)."""
    try:
        return list(rows.values_list(*fields)), []
    except UNREADABLE:
        found: list[tuple[Any, ...]] = []
        bad = []
        for key in rows.values_list("pk", flat=True):
            try:
                found += rows.filter(pk=key).values_list(*fields)
            except UNREADABLE:
                bad.append(key)
        return found, bad


def json_value(value: Any) -> Any:
    """Return a column's value as canonical JSON maps it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


# ── under which unit entries are filed ────────────────────────────────────────────────────────────────────────────────


def _homes_of_units(keys: Collection[int]) -> Mapping[int, int | None]:
    return {key: key for key in keys}


def _homes_of_people(keys: Collection[int]) -> Mapping[int, int | None]:
    """The unit of a person's newest post, else the root."""
    root = Unit.objects.filter(depth=1).order_by("path").values_list("pk", flat=True).first()
    newest = Post.objects.filter(person_id__in=keys).order_by("starts_on", "pk").values_list("person_id", "unit_id")
    return dict.fromkeys(keys, root) | dict(newest)


def _homes_of_posts(keys: Collection[int]) -> Mapping[int, int | None]:
    return dict(Post.objects.filter(pk__in=keys).values_list("pk", "unit_id"))


def _homes_of_requests(keys: Collection[int]) -> Mapping[int, int | None]:
    rows = {
        pk: [path for path in paths if isinstance(path, str)]
        if isinstance(paths, list)
        else []  # a hand may have been at it
        for pk, paths in AccountRequest.objects.filter(pk__in=keys).values_list("pk", "paths")
    }
    there = dict(
        Unit.objects.filter(path__in={path for paths in rows.values() for path in paths}).values_list("path", "pk")
    )
    root = Unit.objects.filter(depth=1).order_by("path").values_list("pk", flat=True).first()
    return {pk: next((there[path] for path in sorted(paths) if path in there), root) for pk, paths in rows.items()}


def _broken_tree(keys: Collection[int]) -> Iterator[tuple[int, str, Any, Any]]:
    """Yield (unit, column, row says, follows) where depth or number of children do not follow from the paths."""
    first, last = (Concat(models.OuterRef("path"), models.Value(sign * Unit.steplen)) for sign in ("0", "Z"))
    below = Unit.objects.filter(path__gte=first, path__lte=last)
    children = below.annotate(long=Length("path")).filter(long=Length(models.OuterRef("path")) + Unit.steplen)
    counted = children.order_by().values("long").annotate(count=models.Count("pk")).values("count")
    rows = Unit.objects.filter(pk__in=keys).annotate(below=models.Subquery(counted[:1]))
    for pk, path, depth, numchild, count in rows.values_list("pk", "path", "depth", "numchild", "below"):
        follows = {"depth": (depth, len(path) // Unit.steplen), "numchild": (numchild, count or 0)}
        yield from ((pk, name, says, should) for name, (says, should) in follows.items() if says != should)


UNITS = Kind(
    register=UNIT,
    model=Unit,
    read=units,
    key=lambda told: str(told["code"]),
    key_column="code",
    name=lambda told: str(told["code"]),
    homes=_homes_of_units,
    broken=_broken_tree,
    names=frozenset({*_UNIT, "unit_kind", "parent", *_PROFILE, "institution_code", "first_responsible"})
    - {"first_responsible__username"},
)
PEOPLE = Kind(
    register=PERSON,
    model=Person,
    read=people,
    key=lambda told: int(told["id"]),
    key_column="id",
    name=lambda told: str(told.get("username", told["id"])),
    homes=_homes_of_people,
    names=frozenset({*_PERSON, "password"}),
)
POSTS = Kind(
    register=POST,
    model=Post,
    read=posts,
    key=lambda told: int(told["id"]),
    key_column="id",
    name=lambda told: f"{told.get('person')} {told.get('role')} {told.get('unit')}",
    homes=_homes_of_posts,
    ends=frozenset({"withdraw"}),
    names=frozenset(name.partition("__")[0] for name in _POST),
)
REQUESTS = Kind(
    register=REQUEST,
    model=AccountRequest,
    read=requests,
    key=lambda told: str(told["uid"]),
    key_column="uid",
    name=lambda told: f"{told.get('act')} {told.get('person')}",
    homes=_homes_of_requests,
    names=frozenset({*(name.partition("__")[0] for name in _REQUEST), "uid", "details"}),
)
KINDS = (UNITS, PEOPLE, POSTS, REQUESTS)
