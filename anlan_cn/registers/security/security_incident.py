"""Security incident (治安刑事案件): what happened, how grave it was, and whether the police were told."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import Register

UNREPORTED = _("A criminal case closes only after it was reported to the police.")
NEGATIVE_LOSS = _("A loss is not negative.")


class SecurityIncident(Register):
    """A criminal or public-order case on the premises. Whether it is major is judged by a person, never by the sum."""

    class Kind(models.TextChoices):
        CRIMINAL = "criminal", _("Criminal case")
        PUBLIC_ORDER = "public_order", _("Public-order case")

    class Category(models.TextChoices):
        POLITICAL = "political", _("Political incident")
        VIOLENT = "violent", _("Severe violence")
        VICIOUS = "vicious", _("Vicious case")
        LARGE_THEFT = "large_theft", _("Large theft")
        THEFT = "theft", _("Theft")
        ASSAULT = "assault", _("Assault")
        DISTURBANCE = "disturbance", _("Disturbance of medical order")
        OTHER = "other", _("Other")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    category = models.CharField(_("Category"), max_length=16, choices=Category.choices)
    is_major = models.BooleanField(_("Major case"), default=False)
    place = models.ForeignKey(
        "anlan_cn.KeyPlace",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Key place"),
    )
    loss_yuan = models.DecimalField(_("Loss (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True)
    is_reported_to_police = models.BooleanField(_("Reported to the police"), default=False)

    class Meta(Register.Meta):
        verbose_name = _("Security incident")
        db_table = "anlan_cn_security_incident"
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                condition=Q(loss_yuan__isnull=True) | Q(loss_yuan__gte=0),
                name="anlan_cn_security_incident_loss_not_negative",
                violation_error_message=NEGATIVE_LOSS,
            ),
            models.CheckConstraint(
                condition=~Q(state="closed", kind="criminal") | Q(is_reported_to_police=True),
                name="anlan_cn_security_incident_crimes_are_reported",
                violation_error_message=UNREPORTED,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "SI"
        purpose = _("Every case against people, property or order in the institution, and what became of it.")
        clauses = ("S1-A3-e", "S1-A3-f", "S1-A3-k4", "S0-3.5-i", "S0-4.1-g", "S2-1.3-i", "S2-4.1-b", "S3-2.4-f")
        states = {"recorded": _("Recorded"), "reported": _("Reported to the police"), "closed": _("Closed")}
        final = ("closed",)
        occurred_label = _("Happened on")
        columns = ("kind", "category", "is_major", "place", "loss_yuan", "is_reported_to_police")
        filters = ("kind", "category", "is_major", "is_reported_to_police")
        key = ("occurred_on", "kind", "category", "place")

        record = Step(
            label=_("Record a case"),
            target="recorded",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "category"),
            consequence=_("It counts in this month's case analysis"),
            clause="S1-A3-e",
        )
        report = Step(
            label=_("Report to the police"),
            sources=("recorded",),
            target="reported",
            by=("can:record", "can:manage"),
            sets={"is_reported_to_police": True},
            evidence=1,
            consequence=_("The police receipt stays with the case"),
            clause="S1-3.4-h",
        )
        close = Step(
            label=_("Close the case"),
            sources=("recorded", "reported"),
            target="closed",
            by=("can:manage",),
            fields=("loss_yuan", "is_major"),
            needs_reason=True,
            consequence=_("The outcome stays in the timeline"),
            clause="S3-2.4-f",
            independent="can:investigate",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A crime is not closed behind the back of the police."""
        super().clean()
        if self.loss_yuan is not None and self.loss_yuan < 0:
            raise ValidationError({"loss_yuan": NEGATIVE_LOSS})
        if self.state == "closed" and self.kind == self.Kind.CRIMINAL and not self.is_reported_to_police:
            raise ValidationError({"is_reported_to_police": UNREPORTED})
