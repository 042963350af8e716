"""From a person to an actor: the posts in force on a day, with the institution that each lies in, and where they are a party."""

import dataclasses
import datetime as dt

from django.db.models import Q

from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.parties import Party, stakes
from anlan.org.roles import find_role
from anlan.org.scope import Actor, Grant


def actor_for(person: Person, *, today: dt.date) -> Actor:
    """Return the actor with the posts in force today. An inactive person has no posts.

    Somebody who holds an officer's post beside any other acts with none: the separation of the three officers does
    not rest on how the second post came into the table.
    Raises: OrgError when a stored post names a role that nobody declares.
    """
    if not person.is_active:
        return Actor(person_id=person.pk, name=person.name)
    posts = Post.objects.filter(person=person, starts_on__lte=today, unit__is_active=True)
    posts = posts.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).select_related("unit").order_by("pk")
    grants = tuple(_grant(post) for post in posts)
    if len({grant.role.code for grant in grants}) > 1 and any(grant.role.is_exclusive for grant in grants):
        return Actor(person_id=person.pk, name=person.name)
    actor = Actor(person_id=person.pk, name=person.name, grants=grants, today=today)
    registers = Party.objects.filter(stakes(actor)).order_by().values_list("register", flat=True).distinct()
    return dataclasses.replace(actor, case_registers=frozenset(registers))


def _grant(post: Post) -> Grant:
    return Grant(
        role=find_role(post.role),
        unit_id=post.unit_id,
        path=post.unit.path,
        institution_id=institution_of(post.unit),
    )


def institution_of(unit: Unit) -> int | None:
    """Return the institution that the unit is or lies in; null for a commission."""
    if unit.kind == Unit.Kind.COMMISSION:
        return None
    if unit.kind == Unit.Kind.INSTITUTION:
        return int(unit.pk)
    step = Unit.steplen
    prefixes = [unit.path[:end] for end in range(step, len(unit.path), step)]
    found = Institution.objects.filter(unit__path__in=prefixes).values_list("pk", flat=True).first()
    return int(found) if found is not None else None
