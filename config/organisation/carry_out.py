"""Carries out a declared organisation through `anlan.org.administration`: adds what is missing, changes what differs, all or nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from anlan.ledger.entry import Origin
from anlan.org import administration
from anlan.org.account_requests import change
from anlan.org.administration import Profile
from anlan.org.credentials import AccountRequest
from anlan.org.errors import OrgError
from anlan.org.guarded import Act
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.oversight import parent_of
from anlan.org.scope import Actor
from config.organisation.declared import Declared, DeclaredPerson, DeclaredUnit, Faulty, Problem

WAITS = "posts waiting for a second person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A new account. The password serves for one sign-in and is stored nowhere in clear."""

    username: str
    password: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A post that waits for a second person; `first_half` is that of the one-time password which comes with it, or empty."""

    username: str
    role: str
    unit: str
    first_half: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was done: counts by kind of change, the accounts made, and the posts that wait for a second person."""

    counts: Counter[str] = field(default_factory=Counter)
    accounts: list[Account] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)


def carry_out(declared: Declared, *, by: Actor, origin: Origin, is_dry: bool = False) -> Outcome:
    """Bring the database to what the file declares. What the file does not say stays as it is; nothing is ever removed.

    Raises: Faulty with every fault that was found; the database is then as before. A dry run changes nothing either.
    """
    with transaction.atomic():
        work = _Work(declared, by=by, origin=origin)
        work.run()
        if work.problems:
            raise Faulty(work.problems)
        if is_dry:
            transaction.set_rollback(True)
            return Outcome(counts=work.outcome.counts)
        work.issue_passwords()
    return work.outcome


class _Work:
    """One run over a file. A fault is noted and the rest is tried on, so that all faults are told at once."""

    def __init__(self, declared: Declared, *, by: Actor, origin: Origin) -> None:
        self.declared, self.by, self.origin = declared, by, origin
        self.problems = list(declared.problems)
        self.outcome = Outcome()
        self._new: dict[str, DeclaredPerson] = {}
        self._names: dict[str, str] = {}

    def run(self) -> None:
        bad = {problem.place.rpartition(".")[0] for problem in self.problems}
        for unit in self.declared.units:
            if unit.place not in bad:
                self._try(unit.place, partial(self._unit, unit))
        for person in self.declared.people:
            if person.place not in bad:
                self._try(person.place, partial(self._person, person))
        for unit in self.declared.units:
            if unit.first_responsible and unit.place not in bad:
                self._try(f"{unit.place}.first_responsible", partial(self._first_responsible, unit))

    def issue_passwords(self) -> None:
        """Give each new person who shall have an account a one-time password; whose post waits, gets one with it."""
        for username, entry in self._new.items():
            if any(one.username == username for one in self.outcome.waiting):
                continue
            person = Person.objects.get(username=username)
            password = change(person, Act.PASSWORD, by=self.by, origin=self.origin).password
            self.outcome.accounts.append(
                Account(username=username, password=password, name=person.name, unit=entry.unit)
            )

    def _try(self, place: str, do: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                do()
        except (OrgError, LookupError) as error:
            code = f" [{error.code}]" if isinstance(error, OrgError) else ""
            self.problems.append(Problem(place=place, message=f"{error.args[0]}{code}"))

    # ── units ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _unit(self, wanted: DeclaredUnit) -> None:
        unit = Unit.objects.filter(code=wanted.code).first()
        if unit is None:
            self._add(wanted)
            return
        _refuse_moves(unit, wanted)
        name_en = unit.name_en if wanted.name_en is None else wanted.name_en
        is_changed = (unit.name, unit.name_en) != (wanted.name, name_en)
        administration.change_unit(unit, name=wanted.name, name_en=name_en, by=self.by, origin=self.origin)
        if unit.kind == Unit.Kind.INSTITUTION:
            before = Profile.of(Institution.objects.get(pk=unit.pk))
            profile = _profile(wanted, before)
            is_changed = is_changed or profile != before
            administration.change_profile(unit, profile, by=self.by, origin=self.origin)
        self.outcome.counts["units changed" if is_changed else "units unchanged"] += 1

    def _add(self, wanted: DeclaredUnit) -> None:
        administration.add_unit(
            _unit_at(wanted.parent) if wanted.parent else None,
            kind=wanted.kind,
            code=wanted.code,
            name=wanted.name,
            name_en=wanted.name_en or "",
            level=wanted.level,
            profile=_profile(wanted, None) if wanted.kind == Unit.Kind.INSTITUTION else None,
            by=self.by,
            origin=self.origin,
        )
        self.outcome.counts["units added"] += 1

    def _first_responsible(self, wanted: DeclaredUnit) -> None:
        unit = _unit_at(wanted.code)
        before = Profile.of(Institution.objects.get(pk=unit.pk))
        profile = replace(before, first_responsible=_person_called(wanted.first_responsible))
        administration.change_profile(unit, profile, by=self.by, origin=self.origin)

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _person(self, wanted: DeclaredPerson) -> None:
        if wanted.name and self._names.setdefault(wanted.username, wanted.name) != wanted.name:
            first = self._names[wanted.username]
            raise LookupError(f'The file calls "{wanted.username}" both "{first}" and "{wanted.name}".')
        person = Person.objects.filter(username=wanted.username).first()
        if person is None:
            person = administration.add_person(
                _unit_at(wanted.unit),
                username=wanted.username,
                name=wanted.name,
                phone=wanted.phone or "",
                by=self.by,
                origin=self.origin,
            )
            self.outcome.counts["people added"] += 1
            if wanted.has_account:
                self._new[person.username] = wanted
        else:
            self._change_person(person, wanted)
        if wanted.role:
            self._post(person, wanted)

    def _change_person(self, person: Person, wanted: DeclaredPerson) -> None:
        name, phone = wanted.name or person.name, person.phone if wanted.phone is None else wanted.phone
        if (name, phone) == (person.name, person.phone):
            return
        administration.change_person(person, name=name, phone=phone, by=self.by, origin=self.origin)
        self.outcome.counts["people changed"] += 1

    def _post(self, person: Person, wanted: DeclaredPerson) -> None:
        """Give the post unless it is there; a file without a date gives it from today, once."""
        unit = _unit_at(wanted.unit)
        held = Post.objects.filter(person=person, unit=unit, role=wanted.role)
        held = held.filter(Q(starts_on=wanted.starts_on) if wanted.starts_on else Q())
        post = held.order_by("-starts_on").first()
        if post is None:
            starts_on = wanted.starts_on or timezone.localdate()
            self._give(person, wanted, unit, starts_on)
        elif wanted.ends_on is not None and post.ends_on != wanted.ends_on:
            is_waiting = _is_waiting(person, Act.END, details__post=post.pk)
            is_done = not is_waiting and self._end(post, wanted.ends_on)
            self.outcome.counts["posts ended" if is_done else WAITS] += 1
        else:
            self.outcome.counts["posts unchanged"] += 1

    def _end(self, post: Post, ends_on: dt.date) -> bool:
        made = change(post.person, Act.END, by=self.by, origin=self.origin, post=post, ends_on=ends_on)
        return made.is_done

    def _give(self, person: Person, wanted: DeclaredPerson, unit: Unit, starts_on: dt.date) -> None:
        """Give the post, or ask for it where it takes two people; the same file again does not ask twice."""
        if _is_waiting(person, Act.GIVE, details__role=wanted.role, details__unit=unit.pk):
            self.outcome.counts[WAITS] += 1
            return
        made = change(
            person,
            Act.GIVE,
            by=self.by,
            origin=self.origin,
            role=wanted.role,
            unit=unit,
            starts_on=starts_on,
            ends_on=wanted.ends_on,
            with_account=wanted.has_account,
        )
        if made.is_done:
            self.outcome.counts["posts given"] += 1
            return
        self.outcome.counts[WAITS] += 1
        self.outcome.waiting.append(
            Waiting(username=person.username, role=wanted.role, unit=wanted.unit, first_half=made.password)
        )


def _is_waiting(person: Person, act: str, **details: object) -> bool:
    rows = AccountRequest.objects.filter(person=person, act=act, state=AccountRequest.State.WAITING, **details)
    return rows.filter(ends_at__gt=timezone.now()).exists()


def _unit_at(code: str) -> Unit:
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None:
        raise LookupError(f'There is no unit "{code}".')
    return unit


def _person_called(username: str) -> Person:
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise LookupError(f'There is no person with the user name "{username}"; list them under people.')
    return person


def _refuse_moves(unit: Unit, wanted: DeclaredUnit) -> None:
    """Refuse what a file may not change of a unit that is there."""
    parent = parent_of(unit)
    if wanted.parent and (parent is None or parent.code != wanted.parent):
        above = f'below "{parent.code}"' if parent else "at the top"
        raise LookupError(f'"{unit.code}" stands {above}; moving a unit is not supported yet.')
    if unit.kind != wanted.kind or unit.level != wanted.level:
        is_now = " ".join(filter(None, (unit.level, unit.kind)))
        raise LookupError(f'"{unit.code}" is a {is_now}; kind and level of a unit do not change.')


def _profile(wanted: DeclaredUnit, before: Profile | None) -> Profile:
    """Return the wanted profile; what the file does not say is as before, or empty for a new institution."""
    base = before or Profile(class_level=wanted.class_level or 0, kind=wanted.institution_kind or "")
    given = {
        "class_level": wanted.class_level,
        "kind": wanted.institution_kind,
        "beds": wanted.beds,
        "staff": wanted.staff,
        "large_specialist_reason": wanted.large_specialist_reason,
    }
    profile = replace(base, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    return replace(profile, is_large_specialist=bool(profile.large_specialist_reason))
