"""The one access policy: a function of role, subtree, sensitivity and field. ORM managers, screens and API all ask here."""

from django.db.models import Q

from anlan.org.errors import NotAllowed
from anlan.org.models import Institution
from anlan.org.roles import Reach, Sensitivity, rank
from anlan.org.scope import Actor, Grant


def visible_institutions(actor: Actor) -> Q:
    """Return the condition on `Institution` that keeps those whose profile and score the actor may see.

    Reach `nothing` sees none; a department's people see their institution.
    """
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if grant.role.reach is Reach.SUBTREE:
            condition |= Q(unit__path__startswith=grant.path)
        elif grant.role.reach is not Reach.NOTHING and grant.institution_id is not None:
            condition |= Q(pk=grant.institution_id)
    return condition


def visible_records(actor: Actor, sensitivity: Sensitivity) -> Q:
    """Return the condition on a register that keeps the rows which the actor may read.

    A role reads a register only up to its own sensitivity. Reach `department` adds rows of the institution's
    own departments that the post names, and rows that the person recorded.
    """
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if rank(grant.role.sensitivity) >= rank(sensitivity):
            condition |= _rows(actor, grant)
    return condition


def visible_within(actor: Actor, institution: Institution, sensitivity: Sensitivity) -> Q:
    """Return the same as `visible_records` for the rows of one institution, decided here so that the query needs no join.

    The caller adds `institution=…`. A condition that keeps nothing stands for an institution out of reach.
    """
    if actor.is_system:
        return Q()
    reaching = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    reading = [grant for grant in reaching if rank(grant.role.sensitivity) >= rank(sensitivity)]
    if any(grant.role.reach is not Reach.DEPARTMENT for grant in reading):
        return Q()
    condition = Q(pk__in=[])
    for grant in reading:
        condition |= _own(actor, grant)
    return condition


def _own(actor: Actor, grant: Grant) -> Q:
    return Q(department_id=grant.unit_id) | Q(recorded_by_id=actor.person_id)


def _rows(actor: Actor, grant: Grant) -> Q:
    if grant.role.reach is Reach.SUBTREE:
        return Q(institution__unit__path__startswith=grant.path)
    if grant.institution_id is None or grant.role.reach is Reach.NOTHING:
        return Q(pk__in=[])
    if grant.role.reach is Reach.INSTITUTION:
        return Q(institution_id=grant.institution_id)
    return Q(institution_id=grant.institution_id) & _own(actor, grant)


def may(
    actor: Actor, names: tuple[str, ...], *, institution: Institution, sensitivity: Sensitivity = Sensitivity.INTERNAL
) -> bool:
    """Tell whether a post that reaches the institution answers to one of the names and reads the sensitivity."""
    if actor.is_system:
        return True
    reaching = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    return any(grant.role.answers_to(names) and rank(grant.role.sensitivity) >= rank(sensitivity) for grant in reaching)


def require(
    actor: Actor, names: tuple[str, ...], *, institution: Institution, sensitivity: Sensitivity = Sensitivity.INTERNAL
) -> None:
    """Raise NotAllowed unless `may` says yes."""
    if not may(actor, names, institution=institution, sensitivity=sensitivity):
        raise NotAllowed("org.E020", f'{actor.name} holds no post that may do this at "{institution.unit.name}".')


def readable(actor: Actor, sensitivity: Sensitivity, *, institution: Institution) -> bool:
    """Tell whether a field of this sensitivity may be shown to the actor in full."""
    clearance = actor.clearance(institution_path=institution.unit.path, institution_id=institution.pk)
    return clearance >= rank(sensitivity)


def institutions_for(actor: Actor) -> "list[Institution]":
    """Return the institutions that the actor may see, in tree order, units fetched along."""
    return list(Institution.objects.filter(visible_institutions(actor)).select_related("unit").order_by("unit__path"))
