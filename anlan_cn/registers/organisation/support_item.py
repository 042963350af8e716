"""Support item (人财物保障): the people, money and goods that the institution gave to the programme."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register


class SupportItem(Register):
    """People posted, money spent or goods bought on one day. Money has an amount; people and goods have a number."""

    class Kind(models.TextChoices):
        PEOPLE = "people", _("People")
        MONEY = "money", _("Money")
        GOODS = "goods", _("Goods")

    kind = models.CharField(_("Kind"), max_length=8, choices=Kind.choices)
    description = models.CharField(_("Description"), max_length=200)
    amount_yuan = models.DecimalField(_("Amount (yuan)"), max_digits=14, decimal_places=2, null=True, blank=True)
    quantity = models.PositiveIntegerField(_("Quantity"), null=True, blank=True)

    class Meta(Register.Meta):
        verbose_name = _("Support item")
        verbose_name_plural = _("Support items")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=(models.Q(kind="money") & models.Q(amount_yuan__gt=0))
                | (~models.Q(kind="money") & models.Q(quantity__gt=0)),
                name="anlan_cn_supportitem_measured_by_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_yuan__isnull=True) | models.Q(amount_yuan__gt=0),
                name="anlan_cn_supportitem_amount_positive",
            ),
        ]

    class Flow:
        subsystem = "M02"
        prefix = "SI"
        purpose = _("What the institution gave to the programme in people, money and goods.")
        clauses = ("S1-A1-c", "S1-A1-k4", "S1-4.2-b", "S1-3.12-b")
        states = {"recorded": _("Recorded"), "confirmed": _("Confirmed")}
        final = ("confirmed",)
        occurred_label = _("Provided on")
        columns = ("kind", "description", "amount_yuan", "quantity")
        filters = ("kind",)
        search = ("description",)
        key = ("occurred_on", "kind", "description")

        record = Step(
            label=_("Record an item"),
            target="recorded",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "description"),
            consequence=_("The office confirms it with the invoice or the appointment"),
            clause="S1-A1-c",
        )
        confirm = Step(
            label=_("Confirm"),
            sources=("recorded",),
            target="confirmed",
            by=("can:verify",),
            evidence=1,
            consequence=_("The reviewer sees the proof beside the item"),
            clause="S1-A1-k4",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """Money has an amount, people and goods a number, none of them zero."""
        super().clean()
        if self.amount_yuan is not None and self.amount_yuan <= 0:
            raise ValidationError({"amount_yuan": _("The amount is more than zero, or empty.")})
        if self.kind == self.Kind.MONEY and self.amount_yuan is None:
            raise ValidationError({"amount_yuan": _("Money has an amount: give it in yuan.")})
        if self.kind != self.Kind.MONEY and not self.quantity:
            raise ValidationError({"quantity": _("People and goods have a number of at least one.")})
