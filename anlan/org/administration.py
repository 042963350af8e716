"""What an administrator changes: units, profiles, people, posts and accounts. Screens and the command line call it.

Each function checks that `by` administers the unit or person, refuses what contradicts the tree or the role, and writes
one ledger entry in the transaction of the change. The system may do what an administrator may, and found the first commission.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.ledger.entry import Origin
from anlan.org import accounts
from anlan.org.attributes import changed, of_person, of_post, of_unit
from anlan.org.credentials import AccountRequest
from anlan.org.door import factors, outside, sessions
from anlan.org.errors import Contradiction, NotAllowed
from anlan.org.events import SCREEN, change_of_person, note
from anlan.org.guarded import Act, hold, lasting_posts, require_second, under_request
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.oversight import parent_of, require_governed, require_seen, require_unit, seats
from anlan.org.roles import Role, find_role
from anlan.org.scope import Actor

# Codes stand in addresses and sheets, user names are typed by hand.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
PARENT = {Unit.Kind.COMMISSION: Unit.Kind.COMMISSION, Unit.Kind.INSTITUTION: Unit.Kind.COMMISSION}
PARENT |= {Unit.Kind.DEPARTMENT: Unit.Kind.INSTITUTION}
LEVELS = (Unit.Level.PROVINCE, Unit.Level.CITY, Unit.Level.DISTRICT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an institution is. `class_level` is 0 for ungraded; the flag of a large specialist hospital needs its reason."""

    class_level: int
    kind: str
    beds: int = 0
    staff: int = 0
    is_large_specialist: bool = False
    large_specialist_reason: str = ""
    first_responsible: Person | None = None

    @classmethod
    def of(cls, institution: Institution) -> "Profile":
        """Return the profile that an institution has now."""
        return cls(**{name: getattr(institution, name) for name in cls.__slots__})

    def columns(self) -> dict[str, Any]:
        """Return the values by column of `Institution`."""
        return {name: getattr(self, name) for name in self.__slots__}


# ── units ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def add_unit(
    parent: Unit | None,
    *,
    kind: str,
    code: str,
    name: str,
    by: Actor,
    name_en: str = "",
    level: str = "",
    profile: Profile | None = None,
    origin: Origin = SCREEN,
) -> Unit:
    """Add a unit below `parent`; an institution comes with its profile. Only the system adds a unit without a parent.

    Raises: NotAllowed; Contradiction for a code that is taken, or a kind or level that does not belong there.
    """
    _require_parent(parent, by=by)
    _check_place(parent, kind=kind, level=level)
    _check_code(code)
    _check_name(name, name_en, most=120)
    if (profile is not None) is not (kind == Unit.Kind.INSTITUTION):
        raise Contradiction("org.E051", "", _("An institution has a profile, and nothing else has one."))
    fields = {"kind": kind, "level": level, "code": code, "name": name.strip(), "name_en": name_en.strip()}
    unit: Unit = (
        Unit.objects.add_child(Unit.objects.get(pk=parent.pk), fields) if parent else Unit.objects.add_root(fields)
    )
    if profile is not None:
        _check_profile(profile, by=by)
        Institution.objects.create(unit=unit, code=code, **profile.columns())
    note("org.unit", code, "add", of_unit(unit), at=unit, by=by, origin=origin)
    return unit


@transaction.atomic
def change_unit(unit: Unit, *, name: str, name_en: str, by: Actor, origin: Origin = SCREEN) -> None:
    """Rename a unit. Its code, kind and place in the tree stay: records and addresses name them."""
    require_unit(by, unit)
    _check_name(name, name_en, most=120)
    new = _set(unit, {"name": name.strip(), "name_en": name_en.strip()})
    if new:
        unit.save(update_fields=list(new))
        note("org.unit", unit.code, "change", new, at=unit, by=by, origin=origin)


@transaction.atomic
def change_profile(unit: Unit, profile: Profile, *, by: Actor, origin: Origin = SCREEN) -> None:
    """Change what an institution is. Raises: NotAllowed; Contradiction when the unit is no institution or a value is wrong."""
    require_unit(by, unit)
    institution = Institution.objects.select_for_update().filter(pk=unit.pk).first()
    if institution is None:
        raise Contradiction("org.E051", "", _("An institution has a profile, and nothing else has one."))
    _check_profile(profile, by=by)
    before = of_unit(unit)
    for name, value in profile.columns().items():
        setattr(institution, name, value)
    institution.save(update_fields=list(profile.columns()))
    if new := changed(before, of_unit(unit)):
        note("org.unit", unit.code, "profile", new, at=unit, by=by, origin=origin)


@transaction.atomic
def close_unit(unit: Unit, *, by: Actor, origin: Origin = SCREEN) -> None:
    """Close a unit: posts there give no rights any more; its records stay. Raises: Contradiction while units below are open."""
    require_unit(by, unit)
    if unit.pk in {seat.pk for seat in seats(by)} and not by.is_system:
        raise Contradiction("org.E052", "", _("You hold your own post here; closing the unit would lock you out."))
    if Unit.objects.filter(path__startswith=unit.path, depth__gt=unit.depth, is_active=True).exists():
        raise Contradiction(
            "org.E053", "", _("Units below “%(unit)s” are open. Close them first.") % {"unit": unit.name}
        )
    if any(find_role(post.role).is_exclusive for post in lasting_posts(timezone.localdate()).filter(unit=unit)):
        text = _("Officers hold posts at “%(unit)s”, and closing it would end them. End these posts first.")
        raise Contradiction("org.E187", "", text % {"unit": unit.name})
    _switch_unit(unit, "close", is_active=False, by=by, origin=origin)


@transaction.atomic
def reopen_unit(unit: Unit, *, by: Actor, origin: Origin = SCREEN) -> None:
    """Open a closed unit again; posts that still run hold again.

    Raises: Contradiction while the unit above is closed, and where a post would hold again that takes two people to give.
    """
    require_unit(by, unit)
    parent = parent_of(unit)
    if parent is not None and not parent.is_active:
        raise Contradiction(
            "org.E054", "", _("“%(unit)s” above it is closed. Reopen that first.") % {"unit": parent.name}
        )
    held = lasting_posts(timezone.localdate()).filter(unit=unit).select_related("person")
    if names := sorted({row.person.name for row in held if find_role(row.role).takes_two}):
        text = _(
            "Posts would hold again that one person alone does not give: %(names)s. End them first; they are given anew by two."
        )
        raise Contradiction("org.E290", "", text % {"names": ", ".join(names)})
    _switch_unit(unit, "reopen", is_active=True, by=by, origin=origin)


def _switch_unit(unit: Unit, step: str, *, is_active: bool, by: Actor, origin: Origin) -> None:
    if unit.is_active is is_active:
        return
    unit.is_active = is_active
    unit.save(update_fields=["is_active"])
    note("org.unit", unit.code, step, {"is_active": is_active}, at=unit, by=by, origin=origin)


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def add_person(unit: Unit, *, username: str, name: str, by: Actor, phone: str = "", origin: Origin = SCREEN) -> Person:
    """Enter a person of a unit. They have no rights before `give_post` and no account before `issue_password`."""
    require_unit(by, unit)
    if not USERNAME.fullmatch(username):
        raise Contradiction(
            "org.E060",
            "username",
            _("A user name has letters, digits and . _ @ - only, at most 64, and begins with a letter or digit."),
        )
    if Person.objects.filter(username__iexact=username).exists():
        taken = _("The user name “%(username)s” is taken; choose another.") % {"username": username}
        raise Contradiction("org.E061", "username", taken)
    _check_name(name, most=60)
    _check_phone(phone)
    person = Person.objects.create_user(username, name=name.strip(), phone=phone.strip())
    note("org.person", person.pk, "add", of_person(person), at=unit, by=by, origin=origin)
    return person


@transaction.atomic
def change_person(person: Person, *, name: str, phone: str, by: Actor, origin: Origin = SCREEN) -> None:
    """Change name and telephone of a person; the user name stays."""
    _require_account(person, by=by)
    _check_name(name, most=60)
    _check_phone(phone)
    with change_of_person(person, "change", at=_unit_of(person, by), by=by, origin=origin, only_if_changed=True):
        person.save(update_fields=list(_set(person, {"name": name.strip(), "phone": phone.strip()})))


@transaction.atomic
def issue_password(
    person: Person,
    *,
    by: Actor,
    origin: Origin = SCREEN,
    under: AccountRequest | None = None,
    first_half: str = "",
) -> str:
    """Give a person a one-time password and return it; it lifts a lock. The ledger says that it was issued, never what it is."""
    _require_account(person, by=by)
    if by.person_id == person.pk:
        raise Contradiction("org.E062", "", _("This is your own account; change your password yourself."))
    require_second(person, Act.PASSWORD, under=under)
    if not person.is_active:
        raise Contradiction(
            "org.E063", "", _("%(person)s is deactivated. Reactivate the account first.") % {"person": person}
        )
    with change_of_person(person, "issue_password", at=_unit_of(person, by), by=by, origin=origin) as beside:
        beside.update(under_request(under))
        return accounts.issue_one_time_password(person, first_half=first_half)


@transaction.atomic
def unlock(person: Person, *, by: Actor, origin: Origin = SCREEN, under: AccountRequest | None = None) -> None:
    """Lift the lock after too many wrong passwords, from whichever address."""
    _require_account(person, by=by)
    require_second(person, Act.UNLOCK, under=under)
    content = {"failures": accounts.unlock(person)} | under_request(under)
    note("org.person", person.pk, "unlock", content, at=_unit_of(person, by), by=by, origin=origin)


@transaction.atomic
def reset_factors(person: Person, *, by: Actor, origin: Origin = SCREEN, under: AccountRequest | None = None) -> None:
    """Take away the second factors of a person who lost them; sessions end, and the next sign-in sets up new ones."""
    _require_account(person, by=by)
    if by.person_id == person.pk:
        raise Contradiction("org.E066", "", _("This is your own account; ask another administrator."))
    require_second(person, Act.FACTORS, under=under)
    with change_of_person(person, "reset_factors", at=_unit_of(person, by), by=by, origin=origin) as beside:
        beside.update({"factors": factors.remove_all(person)} | under_request(under))
        sessions.end_all(person)


@transaction.atomic
def link_outside(
    person: Person,
    *,
    provider: str,
    subject: str,
    by: Actor,
    origin: Origin = SCREEN,
    under: AccountRequest | None = None,
) -> None:
    """Tie a person to the subject by which a sign-in service knows them; an empty subject unties. Raises: Contradiction."""
    _require_account(person, by=by)
    require_second(person, Act.LINK, under=under)
    if not subject and not outside.is_linked(person, provider):
        return
    step = "link_outside" if subject else "unlink_outside"
    with change_of_person(person, step, at=_unit_of(person, by), by=by, origin=origin) as beside:
        beside.update({"provider": provider} | under_request(under))
        if subject:
            outside.link(person, provider, subject)
        else:
            outside.unlink(person, provider)
        sessions.end_all(person)


@transaction.atomic
def deactivate(person: Person, *, by: Actor, origin: Origin = SCREEN, under: AccountRequest | None = None) -> None:
    """Take a person's account away: sessions end at once and posts give no rights. What they recorded stays theirs."""
    _require_account(person, by=by)
    if by.person_id == person.pk:
        raise Contradiction("org.E064", "", _("Nobody deactivates their own account; ask another administrator."))
    require_second(person, Act.DEACTIVATE, under=under)
    _switch_person(person, "deactivate", is_active=False, by=by, origin=origin, under=under)


@transaction.atomic
def reactivate(person: Person, *, by: Actor, origin: Origin = SCREEN, under: AccountRequest | None = None) -> None:
    """Give a deactivated person the account back; posts that still run hold again."""
    _require_account(person, by=by)
    require_second(person, Act.REACTIVATE, under=under)
    _switch_person(person, "reactivate", is_active=True, by=by, origin=origin, under=under)


def _switch_person(
    person: Person, step: str, *, is_active: bool, by: Actor, origin: Origin, under: AccountRequest | None
) -> None:
    if person.is_active is is_active:
        return
    with change_of_person(person, step, at=_unit_of(person, by), by=by, origin=origin) as beside:
        beside.update(under_request(under))
        person.is_active = is_active
        person.save(update_fields=["is_active"])
        sessions.end_all(person)


# ── posts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def give_post(
    person: Person,
    *,
    unit: Unit,
    role: str,
    starts_on: dt.date,
    by: Actor,
    ends_on: dt.date | None = None,
    origin: Origin = SCREEN,
    under: AccountRequest | None = None,
) -> Post:
    """Give a person a role at a unit from one day to another (exclusive; null = open).

    Raises: NotAllowed; Contradiction when the role is not held at such a unit, the dates are wrong, the post is there
    already, or an officer would hold a second role. Nobody gives themselves a post.
    """
    require_unit(by, unit)
    require_seen(by, person)
    if by.person_id == person.pk:
        raise Contradiction("org.E070", "", _("Nobody gives themselves a post; ask another administrator."))
    _check_post(person, unit=unit, role=find_role(role), starts_on=starts_on, ends_on=ends_on)
    require_second(person, Act.GIVE, role=find_role(role), under=under)
    post = Post.objects.create(person=person, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)
    _end_sessions(person, by=by, origin=origin)
    note("org.post", post.pk, "give", of_post(post) | under_request(under), at=unit, by=by, origin=origin)
    return post


@transaction.atomic
def end_post(
    post: Post, *, ends_on: dt.date, by: Actor, origin: Origin = SCREEN, under: AccountRequest | None = None
) -> None:
    """Let a post hold no longer from a day on. A post that would not have begun by then is withdrawn: it never held.

    Raises: NotAllowed; Contradiction for one's own post and for a post that has ended.
    """
    require_unit(by, post.unit)
    hold(post.person)
    try:
        post.refresh_from_db(fields=["ends_on"])
    except Post.DoesNotExist as error:
        raise Contradiction("org.E288", "", _("The post is gone already.")) from error
    if by.person_id == post.person_id:
        raise Contradiction("org.E071", "", _("Nobody ends their own post; ask another administrator."))
    if post.ends_on is not None and post.ends_on <= timezone.localdate():
        raise Contradiction("org.E072", "", _("This post ended on %(day)s already.") % {"day": post.ends_on})
    is_longer = post.ends_on is not None and ends_on > post.ends_on
    require_second(post.person, Act.GIVE if is_longer else Act.END, role=find_role(post.role), under=under)
    step = "end" if ends_on > post.starts_on else "withdraw"
    _end_sessions(post.person, by=by, origin=origin)
    # what the row says else may have been falsified, and is not told again
    content = {"ends_on": ends_on.isoformat()} | under_request(under)
    note("org.post", post.pk, step, content, at=post.unit, by=by, origin=origin, whose=post.person.username)
    if step == "withdraw":
        post.delete()
        return
    post.ends_on = ends_on
    post.save(update_fields=["ends_on"])


def _end_sessions(person: Person, *, by: Actor, origin: Origin) -> None:
    """End a person's sessions because their posts change; the post's own entry says so in the access log."""
    with change_of_person(person, "end_sessions", by=by, origin=origin, changes_rights=False):
        sessions.end_all(person)


# ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _require_parent(parent: Unit | None, *, by: Actor) -> None:
    if parent is not None:
        require_unit(by, parent)
    elif not by.is_system:
        raise NotAllowed("org.E043", _("Only the command line founds a commission that has none above it."))


def _require_account(person: Person, *, by: Actor) -> None:
    require_governed(by, person, today=timezone.localdate())


def _check_place(parent: Unit | None, *, kind: str, level: str) -> None:
    """Refuse a kind below a parent that cannot hold it, and a commission that does not stand below a higher one."""
    if kind not in Unit.Kind.values:
        raise Contradiction("org.E044", "kind", _("A unit is a commission, an institution or a department."))
    wanted = PARENT[Unit.Kind(kind)]
    if parent is None and kind != Unit.Kind.COMMISSION:
        raise Contradiction("org.E045", "kind", _("The top of the tree is a commission."))
    if parent is not None and parent.kind != wanted:
        words = {"kind": Unit.Kind(kind).label, "wanted": wanted.label, "unit": parent.name}
        words["is"] = Unit.Kind(parent.kind).label
        text = _("“%(kind)s” belongs below “%(wanted)s”; “%(unit)s” is “%(is)s”.")
        raise Contradiction("org.E045", "kind", text % words)
    if parent is not None and not parent.is_active:
        raise Contradiction("org.E046", "", _("“%(unit)s” is closed; reopen it first.") % {"unit": parent.name})
    _check_level(parent, kind=kind, level=level)


def _check_level(parent: Unit | None, *, kind: str, level: str) -> None:
    if kind != Unit.Kind.COMMISSION:
        if level:
            raise Contradiction("org.E047", "level", _("Only a commission has a level."))
        return
    if level not in LEVELS:
        raise Contradiction("org.E047", "level", _("A commission is of a province, a city or a district."))
    if parent is not None and LEVELS.index(Unit.Level(level)) <= LEVELS.index(Unit.Level(parent.level)):
        words = {"level": Unit.Level(level).label, "unit": parent.name, "above": Unit.Level(parent.level).label}
        text = _("A commission of the level “%(level)s” does not stand below “%(unit)s” of the level “%(above)s”.")
        raise Contradiction("org.E047", "level", text % words)


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        text = _("A code has letters, digits and . _ - only, at most 32, and begins with a letter or digit.")
        raise Contradiction("org.E048", "code", text)
    taken = Unit.objects.filter(code__iexact=code).first()
    if taken is not None:
        text = _("The code “%(code)s” is taken by another unit; choose another.")
        raise Contradiction("org.E049", "code", text % {"code": taken.code})


def _check_name(name: str, name_en: str = "", *, most: int) -> None:
    if not name.strip():
        raise Contradiction("org.E050", "name", _("Give a name."))
    for field, text, limit in (("name", name, most), ("name_en", name_en, 160)):
        if len(text.strip()) > limit:
            raise Contradiction("org.E050", field, _("At most %(count)d characters.") % {"count": limit})


def _check_phone(phone: str) -> None:
    if len(phone.strip()) > 20:
        raise Contradiction("org.E065", "phone", _("At most %(count)d characters.") % {"count": 20})


def _check_profile(profile: Profile, *, by: Actor) -> None:
    if profile.class_level not in Institution.ClassLevel.values:
        raise Contradiction("org.E055", "class_level", _("The class is 0 (ungraded), 1, 2 or 3."))
    if profile.kind not in Institution.Kind.values:
        known = ", ".join(Institution.Kind.values)
        raise Contradiction("org.E056", "kind", _("The kind is one of %(known)s.") % {"known": known})
    for name, value in (("beds", profile.beds), ("staff", profile.staff)):
        if not 0 <= value <= 100_000:
            raise Contradiction("org.E057", name, _("Give a whole number from 0 to 100,000."))
    if profile.is_large_specialist is not bool(profile.large_specialist_reason.strip()):
        text = _("A large specialist hospital needs the reason why it counts as one; others have no reason.")
        raise Contradiction("org.E058", "large_specialist_reason", text)
    if len(profile.large_specialist_reason) > 200:
        raise Contradiction("org.E058", "large_specialist_reason", _("At most %(count)d characters.") % {"count": 200})
    if profile.first_responsible is not None:
        require_seen(by, profile.first_responsible)


def _check_post(person: Person, *, unit: Unit, role: Role, starts_on: dt.date, ends_on: dt.date | None) -> None:
    if unit.kind not in role.held_at:
        kinds = " / ".join(str(Unit.Kind(kind).label) for kind in role.held_at)
        words = {"role": role.name, "kind": kinds, "unit": unit.name}
        words["is"] = Unit.Kind(unit.kind).label
        text = _("“%(role)s” is held at “%(kind)s”; “%(unit)s” is “%(is)s”.")
        raise Contradiction("org.E073", "unit", text % words)
    if not unit.is_active:
        raise Contradiction("org.E046", "unit", _("“%(unit)s” is closed; reopen it first.") % {"unit": unit.name})
    if not person.is_active:
        raise Contradiction(
            "org.E063", "", _("%(person)s is deactivated. Reactivate the account first.") % {"person": person}
        )
    if ends_on is not None and ends_on <= starts_on:
        raise Contradiction("org.E074", "ends_on", _("A post ends after it begins."))
    _check_beside(person, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)


def _check_beside(person: Person, *, unit: Unit, role: Role, starts_on: dt.date, ends_on: dt.date | None) -> None:
    """Refuse a post beside the person's other posts of the same days that it repeats or must not stand beside."""
    beside = Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on), person=person)
    beside = beside.filter(starts_on__lt=ends_on) if ends_on else beside
    for other in beside.select_related("unit"):
        words = {"person": person.name, "role": find_role(other.role).name, "unit": other.unit.name}
        if other.role == role.code and other.unit_id == unit.pk:
            text = _("%(person)s is “%(role)s” at “%(unit)s” in these days already.")
            raise Contradiction("org.E075", "role", text % words)
        if other.role != role.code and (role.is_exclusive or find_role(other.role).is_exclusive):
            text = _(
                "%(person)s is “%(role)s” at “%(unit)s”; an officer of the system holds no other role. End one post first."
            )
            raise Contradiction("org.E076", "role", text % words)


def _set(row: Unit | Person, wanted: dict[str, str]) -> dict[str, str]:
    """Set what differs on the row and return it."""
    new = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    return new


def _unit_of(person: Person, by: Actor) -> Unit:
    """Return the unit under which an entry about an account is filed: the newest post's, else the administrator's own."""
    posts = Post.objects.filter(person=person).select_related("unit").order_by("-starts_on", "-pk")
    post = posts.first()
    unit = post.unit if post else next(iter(seats(by)), None)
    if unit is None:
        raise NotAllowed("org.E043", _("There is no unit yet; the command line founds the first commission."))
    return unit
