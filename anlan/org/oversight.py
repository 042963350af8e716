"""How far an administrator's post reaches: which units and which people. Screens, the command line and `administration` ask here.

A post with `can:administer` reaches the unit where it is held and all below. It opens no record and no score.
"""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.org.errors import NotAllowed
from anlan.org.models import Person, Post, Unit
from anlan.org.scope import Actor

CAPABILITY = "can:administer"


def seats(actor: Actor) -> list[Unit]:
    """Return the units at which the actor holds an administrator's post, in tree order; every root for the system."""
    if actor.is_system:
        return list(Unit.objects.filter(depth=1).order_by("path"))
    held = [grant.unit_id for grant in actor.grants if grant.role.answers_to((CAPABILITY,))]
    return list(Unit.objects.filter(pk__in=held).order_by("path"))


def administered_units(actor: Actor, *, prefix: str = "") -> Q:
    """Return the condition that keeps the units which the actor administers.

    `prefix` is the way from the filtered model to the unit's columns, for example `unit__`.
    """
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for path in _paths(actor):
        condition |= Q(**{f"{prefix}path__startswith": path})
    return condition


def administers(actor: Actor, unit: Unit) -> bool:
    """Tell whether one of the actor's posts reaches the unit."""
    return actor.is_system or any(unit.path.startswith(path) for path in _paths(actor))


def administered_people(actor: Actor) -> Q:
    """Return the condition that keeps the people whom the actor sees: those with a post in reach, and those without any."""
    if actor.is_system:
        return Q()
    if not _paths(actor):
        return Q(pk__in=[])
    inside = Post.objects.filter(administered_units(actor, prefix="unit__")).values("person")
    return Q(pk__in=inside) | ~Q(pk__in=Post.objects.values("person"))  # a join on posts would repeat people


def sees(actor: Actor, person: Person) -> bool:
    """Tell whether the actor may look at a person's account and give it posts."""
    return Person.objects.filter(administered_people(actor), pk=person.pk).exists()


def governs(actor: Actor, person: Person, *, today: dt.date) -> bool:
    """Tell whether the actor may change a person's account: no post of theirs that holds today or later lies out of reach.

    Otherwise a district's administrator could take over the account of somebody who also works for the city.
    """
    if not sees(actor, person):
        return False
    lasting = Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), person=person)
    return not lasting.exclude(pk__in=lasting.filter(administered_units(actor, prefix="unit__"))).exists()


def require_unit(actor: Actor, unit: Unit) -> None:
    """Raise NotAllowed unless the actor administers the unit."""
    if not administers(actor, unit):
        words = {"name": actor.name, "unit": unit.name}
        raise NotAllowed("org.E040", _("%(name)s does not administer “%(unit)s”.") % words)


def require_seen(actor: Actor, person: Person) -> None:
    """Raise NotAllowed unless the actor sees the person."""
    if not sees(actor, person):
        words = {"name": actor.name, "person": person.name}
        raise NotAllowed("org.E041", _("%(name)s administers no unit at which %(person)s works.") % words)


def require_governed(actor: Actor, person: Person, *, today: dt.date) -> None:
    """Raise NotAllowed unless the actor may change the person's account."""
    if not governs(actor, person, today=today):
        words = {"name": actor.name, "person": person.name}
        raise NotAllowed("org.E042", _("%(name)s does not administer every unit at which %(person)s works.") % words)


def parent_of(unit: Unit) -> Unit | None:
    """Return the unit directly above; null at the top."""
    parent: Unit | None = Unit.objects.filter(path=unit.path[: -Unit.steplen]).first()
    return parent


def _paths(actor: Actor) -> list[str]:
    return [grant.path for grant in actor.grants if grant.role.answers_to((CAPABILITY,))]
