"""The one access policy: a function of role × subtree × sensitivity × party to the case × field.

`visible` decides for one record and one field. `visible_records` and `visible_within` are the same rule as conditions for
the database; tests/properties/test_policy.py holds the forms together. ORM managers, screens, search, files and the API ask
here and nowhere else. What is hidden does not exist for the asker: 404, never 403.
"""

from dataclasses import dataclass
from enum import IntEnum

from django.db.models import Q

from anlan.org.errors import NotAllowed
from anlan.org.models import Institution
from anlan.org.parties import ACCUSED, Capacity, cases_of
from anlan.org.roles import Reach, Sensitivity, rank
from anlan.org.scope import Actor, Grant

# What nobody does to the unit that they head.
INDEPENDENT = frozenset({"can:judge", "can:review", "can:investigate", "can:verify"})
# What is done to an institution as a whole; the rest is done to the department that a record names.
OF_INSTITUTIONS = frozenset({"can:judge", "can:review", "can:investigate"})
# What nobody does to a case that concerns them.
CONCERNED = INDEPENDENT | {"can:manage", "can:correct", "can:approve", "can:involve"}
OPENS_NAMES = frozenset({Capacity.HANDLER, Capacity.PROTECTOR})
INSIDE = rank(Sensitivity.SENSITIVE)  # what a party from inside reads of its case, whatever its post reads elsewhere


class Sight(IntEnum):
    """How much of a thing one sees. The order is that of seeing more."""

    HIDDEN = 0
    MASKED = 1
    FULL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A register as the policy sees it. `about_leaders` is the column that marks cases about leaders; empty for none."""

    register: str
    sensitivity: Sensitivity
    about_leaders: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A record as the policy sees it; `capacities` are those in which the asking actor is a party to it today."""

    kind: Kind
    institution_id: int
    institution_path: str
    department_id: int | None
    recorded_by_id: int | None
    is_about_leaders: bool = False
    capacities: frozenset[Capacity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A field of a record: its sensitivity, and whether it tells who complained or who the patient is."""

    sensitivity: Sensitivity
    is_identity: bool = False


# ── one record, one field ───────────────────────────────────────────────────────────────────────────────────────────


def visible(actor: Actor, case: Case, item: Item | None = None) -> Sight:
    """Return how much of the record, or of one field of it, the actor sees.

    A record is hidden or there. A field is hidden when it is sealed, masked above the clearance, and masked for
    everybody when it tells who somebody is: `may_unmask` says who may open it, with a reason that is kept.
    """
    clearance = clearance_on(actor, case)
    if clearance < 0:
        return Sight.HIDDEN
    if item is None:
        return Sight.FULL
    if item.sensitivity is Sensitivity.SEALED:
        return Sight.HIDDEN
    return Sight.MASKED if item.is_identity or clearance < rank(item.sensitivity) else Sight.FULL


def may_unmask(actor: Actor, case: Case, item: Item) -> bool:
    """Tell whether the actor may open a masked name, telephone or number, giving a reason. The accused never may."""
    if not item.is_identity or item.sensitivity is Sensitivity.SEALED or actor.is_system:
        return False
    if case.capacities & ACCUSED or clearance_on(actor, case) < rank(item.sensitivity):
        return False
    names = ("can:unmask",)
    by_post = any(grant.role.answers_to(names, routed=case.is_about_leaders) for grant in reading(actor, case))
    from_outside = Capacity.EXTERNAL in case.capacities and any(grant.role.answers_to(names) for grant in desks(actor))
    return by_post or from_outside or bool(case.capacities & OPENS_NAMES)


def clearance_on(actor: Actor, case: Case) -> int:
    """Return the highest rank of sensitivity that the actor reads in this record; -1 where the record is hidden."""
    if actor.is_system:
        return rank(Sensitivity.SEALED)
    ranks = [rank(grant.role.sensitivity) for grant in reading(actor, case)]
    if case.capacities - {Capacity.EXTERNAL}:
        ranks.append(INSIDE)
    if Capacity.EXTERNAL in case.capacities:
        ranks += [rank(grant.role.sensitivity) for grant in desks(actor)] or [rank(Sensitivity.PUBLIC)]
    return max(ranks, default=-1)


def reading(actor: Actor, case: Case) -> tuple[Grant, ...]:
    """Return the posts by which the actor reads the record, a party or not."""
    posts = actor.grants_for(institution_path=case.institution_path, institution_id=case.institution_id)
    return tuple(grant for grant in posts if _reads(grant, case.kind) and _reads_row(actor, grant, case))


def desks(actor: Actor) -> tuple[Grant, ...]:
    """Return the posts of people from outside, who see only the cases to which they are a party."""
    return tuple(grant for grant in actor.grants if grant.role.reach is Reach.CASE)


def _reads(grant: Grant, kind: Kind) -> bool:
    return rank(grant.role.sensitivity) >= rank(kind.sensitivity)


def _reads_row(actor: Actor, grant: Grant, case: Case) -> bool:
    is_own = case.recorded_by_id is not None and case.recorded_by_id == actor.person_id
    if is_own or grant.role.reach is Reach.SUBTREE:
        return True
    if case.is_about_leaders:
        return False
    return grant.role.reach is Reach.INSTITUTION or grant.unit_id == case.department_id


# ── the same for the database ───────────────────────────────────────────────────────────────────────────────────────


def visible_institutions(actor: Actor) -> Q:
    """Return the condition on `Institution` that keeps those whose profile and score the actor may see.

    Officers and people from outside see none; a department's people see their institution.
    """
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if grant.role.reach is Reach.SUBTREE:
            condition |= Q(unit__path__startswith=grant.path)
        elif grant.role.reach in (Reach.INSTITUTION, Reach.DEPARTMENT) and grant.institution_id is not None:
            condition |= Q(pk=grant.institution_id)
    return condition


def visible_records(actor: Actor, kind: Kind) -> Q:
    """Return the condition on a register that keeps the rows which the actor may read."""
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for grant in actor.grants:
        if _reads(grant, kind) and (place := _place(grant)) is not None:
            condition |= place & _rows(actor, grant, kind)
    return condition | _party_to(actor, kind)


def visible_within(actor: Actor, institution: Institution, kind: Kind) -> Q:
    """Return the same as `visible_records` for the rows of one institution, decided here so that the query needs no join.

    The caller adds `institution=…`. A condition that keeps nothing stands for an institution out of reach.
    """
    if actor.is_system:
        return Q()
    posts = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    conditions = [_rows(actor, grant, kind) for grant in posts if _reads(grant, kind)]
    if Q() in conditions:
        return Q()
    condition = Q(pk__in=[])
    for one in conditions:
        condition |= one
    return condition | _party_to(actor, kind)


def _place(grant: Grant) -> Q | None:
    if grant.role.reach is Reach.SUBTREE:
        return Q(institution__unit__path__startswith=grant.path)
    if grant.role.reach in (Reach.INSTITUTION, Reach.DEPARTMENT) and grant.institution_id is not None:
        return Q(institution_id=grant.institution_id)
    return None


def _rows(actor: Actor, grant: Grant, kind: Kind) -> Q:
    """The rows that a post reads in its place. Cases about leaders stay with the commission and with whoever wrote them."""
    if grant.role.reach is Reach.SUBTREE:
        return Q()
    ordinary = Q(**{kind.about_leaders: False}) if kind.about_leaders else Q()
    if grant.role.reach is Reach.DEPARTMENT:
        ordinary &= Q(department_id=grant.unit_id)
    return ordinary | Q(recorded_by_id=actor.person_id) if ordinary else ordinary


def _party_to(actor: Actor, kind: Kind) -> Q:
    return Q(uid__in=cases_of(actor, kind.register)) if kind.register in actor.case_registers else Q(pk__in=[])


# ── what one may do ─────────────────────────────────────────────────────────────────────────────────────────────────


def may(
    actor: Actor, names: tuple[str, ...], *, institution: Institution, sensitivity: Sensitivity = Sensitivity.INTERNAL
) -> bool:
    """Tell whether a post that reaches the institution answers to one of the names and reads the sensitivity.

    Nobody scores, reviews or investigates the institution that they head.
    """
    if actor.is_system:
        return True
    if heads_institution(actor, institution):
        names = tuple(name for name in names if name not in OF_INSTITUTIONS)
    reaching = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    return any(grant.role.answers_to(names) and rank(grant.role.sensitivity) >= rank(sensitivity) for grant in reaching)


def barred(actor: Actor, case: Case, *, institution: Institution) -> frozenset[str]:
    """Return what the actor may not do to this case for conflict of interest, whichever posts they hold.

    Who heads the institution does not judge or investigate it; who heads the department that the case names does not
    verify it either; who is concerned by a case, as a person or by their department, does not handle it.
    """
    names = OF_INSTITUTIONS if heads_institution(actor, institution) else frozenset()
    if heads_unit(actor, case.department_id):
        names |= INDEPENDENT
    return names | CONCERNED if case.capacities & ACCUSED else names


def heads_institution(actor: Actor, institution: Institution) -> bool:
    """Tell whether the actor is the institution's first responsible person or holds a post that heads it."""
    is_first = institution.first_responsible_id is not None and institution.first_responsible_id == actor.person_id
    return is_first or heads_unit(actor, institution.pk)


def heads_unit(actor: Actor, unit_id: int | None) -> bool:
    """Tell whether the actor holds a post that heads the unit."""
    return unit_id is not None and any(grant.role.heads and grant.unit_id == unit_id for grant in actor.grants)


def require(
    actor: Actor, names: tuple[str, ...], *, institution: Institution, sensitivity: Sensitivity = Sensitivity.INTERNAL
) -> None:
    """Raise NotAllowed unless `may` says yes."""
    if not may(actor, names, institution=institution, sensitivity=sensitivity):
        raise NotAllowed("org.E020", f'{actor.name} holds no post that may do this at "{institution.unit.name}".')


def readable(actor: Actor, sensitivity: Sensitivity, *, institution: Institution) -> bool:
    """Tell whether registers of this sensitivity may be shown to the actor at the institution."""
    clearance = actor.clearance(institution_path=institution.unit.path, institution_id=institution.pk)
    return clearance >= rank(sensitivity)


def probing_clearance(actor: Actor, institution: Institution, kind: Kind) -> int:
    """Return the rank up to which the actor may filter, sort and search a register of the institution; -1 for none.

    A post that reads the whole institution decides; only without one does a department's. So nobody learns by a filter
    what is masked in the rows that another of their posts opens.
    """
    if actor.is_system:
        return rank(Sensitivity.SEALED)
    posts = actor.grants_for(institution_path=institution.unit.path, institution_id=institution.pk)
    able = [grant.role for grant in posts if _reads(grant, kind)]
    wide = [role for role in able if role.reach is not Reach.DEPARTMENT]
    return max((rank(role.sensitivity) for role in wide or able), default=-1)


def institutions_for(actor: Actor) -> "list[Institution]":
    """Return the institutions that the actor may see, in tree order, units fetched along."""
    return list(Institution.objects.filter(visible_institutions(actor)).select_related("unit").order_by("unit__path"))
