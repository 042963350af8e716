"""Who is a party to which case: a person, or whoever holds a post at a unit, in a capacity, from one day to another.

`anlan.flow.parties` writes here within a step of the case, so that the ledger tells who let whom in. The policy reads here.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.org.scope import Actor


class Capacity(models.TextChoices):
    """What a party is to a case. The accused see what is said, never who said it."""

    HANDLER = "handler", _("Handles the case")
    ACCUSED_DEPARTMENT = "accused_department", _("Department concerned")
    ACCUSED_PERSON = "accused_person", _("Person concerned")
    EXTERNAL = "external", _("Agency or person from outside")
    PROTECTOR = "protector", _("Protects those whom it speaks of")


ACCUSED = frozenset({Capacity.ACCUSED_DEPARTMENT, Capacity.ACCUSED_PERSON})


class Party(models.Model):
    """One party to one record. Either a person, or a unit (with a role: only the holders of that role there)."""

    record_uid = models.UUIDField()
    register = models.CharField(max_length=40)
    institution_id = models.BigIntegerField()
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    role = models.CharField(_("Role"), max_length=40, blank=True)
    capacity = models.CharField(_("Capacity"), max_length=20, choices=Capacity.choices)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("To"), null=True, blank=True)

    class Meta:
        app_label = "org"
        verbose_name = _("Party")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True) ^ Q(unit__isnull=True), name="org_party_person_or_unit"
            ),
            models.CheckConstraint(condition=Q(unit__isnull=False) | Q(role=""), name="org_party_role_at_a_unit"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")), name="org_party_ends"
            ),
        ]
        indexes = [
            models.Index(fields=["record_uid"], name="org_party_of_record"),  # the parties of a case
            models.Index(fields=["person", "register"], name="org_party_person"),  # the cases of a person
            models.Index(fields=["unit", "register"], name="org_party_unit"),  # the cases of a post
        ]

    def __str__(self) -> str:
        return f"{self.capacity} {self.person_id or self.unit_id} {self.role}".strip()


def in_force(today: dt.date) -> Q:
    """Return the condition that keeps the parties of a day."""
    return Q(starts_on__lte=today) & (Q(ends_on__isnull=True) | Q(ends_on__gt=today))


def stakes(actor: Actor) -> Q:
    """Return the condition that keeps the parties which the actor is today, as a person or by a post.

    An officer of the system is a party to nothing: none of the three reads a case.
    """
    if actor.today is None or actor.person_id is None or any(grant.role.is_exclusive for grant in actor.grants):
        return Q(pk__in=[])
    mine = Q(person_id=actor.person_id)
    for grant in actor.grants:
        mine |= Q(unit_id=grant.unit_id, role__in=("", grant.role.code))
    return mine & in_force(actor.today)


def is_stake(actor: Actor, *, person_id: int | None, unit_id: int | None, role: str) -> bool:
    """Tell of a party at hand, of any day, what `stakes` asks the database: whether the actor is it, as a person or by a post."""
    if person_id is not None:
        return person_id == actor.person_id
    return unit_id is not None and any(
        grant.unit_id == unit_id and role in ("", grant.role.code) for grant in actor.grants
    )


def cases_of(actor: Actor, register: str) -> "models.QuerySet[Party]":
    """Return the receipts of the register's records to which the actor is a party, as a sub-query."""
    return Party.objects.filter(stakes(actor), register=register).values("record_uid")  # type: ignore[return-value]


def capacities(actor: Actor, register: str, records: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[Capacity]]:
    """Return in which capacities the actor is a party to each of the records; no query for one who is a party to none."""
    if register not in actor.case_registers:
        return {}
    found: dict[uuid.UUID, set[Capacity]] = {}
    rows = Party.objects.filter(stakes(actor), register=register, record_uid__in=list(records))
    for uid, capacity in rows.values_list("record_uid", "capacity"):
        found.setdefault(uid, set()).add(Capacity(capacity))
    return {uid: frozenset(held) for uid, held in found.items()}
