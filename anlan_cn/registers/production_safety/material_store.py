"""Material store (危险物品与管制药品存放点): where hazardous or controlled materials are kept, and whether the books balance."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

NEXT_BEFORE_LAST = _("The next reconciliation lies after the last one.")
UNBALANCED = _("A store whose ledger does not balance is not managed to the rules.")


class MaterialStore(StandingRegister):
    """One store of one kind of material. Its deadline is the next reconciliation of stock and ledger."""

    class Kind(models.TextChoices):
        FLAMMABLE = "flammable", _("Flammable materials")
        EXPLOSIVE = "explosive", _("Explosive materials")
        TOXIC = "toxic", _("Highly toxic materials")
        NARCOTIC = "narcotic", _("Narcotic drugs")
        PSYCHOTROPIC = "psychotropic", _("Psychotropic drugs")
        RADIOACTIVE = "radioactive", _("Radioactive sources")
        PATHOGEN = "pathogen", _("Pathogens")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    location = models.CharField(_("Location"), max_length=120)
    custodian_post = models.CharField(_("Custodian (post)"), max_length=60)
    has_two_person_lock = models.BooleanField(_("Two persons, two locks"), default=False)
    is_ledger_balanced = models.BooleanField(_("Ledger balances"), default=True)
    is_compliant = models.BooleanField(_("Managed to the rules"), default=True)
    last_reconciled_on = models.DateField(_("Last reconciled on"), null=True, blank=True)
    next_reconciliation_on = models.DateField(_("Next reconciliation on"))

    class Meta(StandingRegister.Meta):
        verbose_name = _("Material store")
        db_table = "anlan_cn_material_store"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(last_reconciled_on__isnull=True) | Q(next_reconciliation_on__gt=F("last_reconciled_on")),
                name="anlan_cn_material_store_next_after_last",
                violation_error_message=NEXT_BEFORE_LAST,
            ),
            models.CheckConstraint(
                condition=Q(is_compliant=False) | Q(is_ledger_balanced=True),
                name="anlan_cn_material_store_compliant_is_balanced",
                violation_error_message=UNBALANCED,
            ),
        ]

    class Flow:
        subsystem = "M07"
        prefix = "MS"
        purpose = _(
            "Every store of hazardous or controlled materials: who keeps it, and whether stock and ledger agree."
        )
        clauses = ("S1-A4-b", "S1-A4-c", "S1-A4-k5", "S1-3.14-j", "S1-3.14-k", "S1-3.14-m", "S2-2.4-d", "S2-6.3-h")
        states = {"registered": _("Registered"), "reconciled": _("Reconciled")}
        occurred_label = _("In use since")
        columns = ("kind", "location", "custodian_post", "is_ledger_balanced", "is_compliant", "next_reconciliation_on")
        filters = ("kind", "has_two_person_lock", "is_ledger_balanced", "is_compliant")
        search = ("location", "custodian_post")
        key = ("kind", "location")

        register = Step(
            label=_("Register a store"),
            target="registered",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "location", "custodian_post", "next_reconciliation_on"),
            consequence=_("It is due on the day of the next reconciliation"),
            clause="S1-A4-b",
        )
        reconcile = Step(
            label=_("File the reconciliation sheet"),
            sources=("registered", "reconciled"),
            target="reconciled",
            by=("can:record", "can:manage"),
            fields=(
                "last_reconciled_on",
                "next_reconciliation_on",
                "is_ledger_balanced",
                "is_compliant",
                "has_two_person_lock",
            ),
            requires=("last_reconciled_on", "next_reconciliation_on"),
            evidence=1,
            consequence=_("The score counts what the count found; the next one is set"),
            clause="S1-A4-k5",
            awaited=True,
        )
        hand_over = Step(
            label=_("Change the custodian"),
            sources=("registered", "reconciled"),
            by=("can:manage",),
            fields=("custodian_post",),
            requires=("custodian_post",),
            needs_reason=True,
            consequence=_("The former custodian stays in the timeline"),
            clause="S2-2.4-d",
        )

    class Privacy:
        default = "internal"

    def derive(self, *, today: dt.date) -> None:
        """What is in force is due at its next reconciliation."""
        self.due_on = None if self.ended_on else self.next_reconciliation_on

    def clean(self) -> None:
        """Dates run in one direction, and a gap in the ledger breaks the rules."""
        super().clean()
        if self.last_reconciled_on and self.next_reconciliation_on <= self.last_reconciled_on:
            raise ValidationError({"next_reconciliation_on": NEXT_BEFORE_LAST})
        if self.is_compliant and not self.is_ledger_balanced:
            raise ValidationError({"is_compliant": UNBALANCED})
