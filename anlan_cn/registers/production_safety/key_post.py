"""Key post (要害岗位人员): who holds a post on which safety hangs, vetted, trained and certified."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister
from anlan.vault.fields import EncryptedCharField

UNNUMBERED = _("A certificate that is valid until a day has a number.")


class KeyPost(StandingRegister):
    """One holder of one key post. Its deadline is the day on which the certificate runs out."""

    class Kind(models.TextChoices):
        FIRE_CONTROL = "fire_control", _("Fire control")
        SECURITY = "security", _("Guard")
        BOILER = "boiler", _("Boiler operation")
        ELECTRICIAN = "electrician", _("Electrician")
        PHARMACY = "pharmacy", _("Pharmacy custody")
        RADIATION = "radiation", _("Radiation work")
        PATHOGEN = "pathogen", _("Pathogen custody")
        ELEVATOR = "elevator", _("Lift operation")

    kind = models.CharField(_("Kind"), max_length=16, choices=Kind.choices)
    holder_name = EncryptedCharField(_("Holder's name"), max_length=60, searchable=True)
    vetted_on = models.DateField(_("Vetted on"), null=True, blank=True)
    trained_on = models.DateField(_("Trained on"), null=True, blank=True)
    certificate_no = models.CharField(_("Certificate number"), max_length=60, blank=True)
    certificate_valid_until = models.DateField(_("Certificate valid until"), null=True, blank=True)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Key-post holder")
        db_table = "anlan_cn_key_post"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=Q(certificate_valid_until__isnull=True) | ~Q(certificate_no=""),
                name="anlan_cn_key_post_certificate_has_number",
                violation_error_message=UNNUMBERED,
            ),
        ]

    class Flow:
        subsystem = "M07"
        prefix = "KO"
        purpose = _("Who holds the posts on which safety hangs, and whether each is vetted, trained and certified.")
        clauses = ("S1-A4-k8", "S0-3.4-a", "S2-5.4-c")
        states = {"appointed": _("Appointed"), "certified": _("Certified")}
        occurred_label = _("Appointed on")
        columns = ("kind", "holder_name", "vetted_on", "trained_on", "certificate_valid_until")
        filters = ("kind",)
        search = ("certificate_no", "holder_name")
        key = ("kind", "holder_name")

        appoint = Step(
            label=_("Appoint a holder"),
            target="appointed",
            by=("can:record", "can:manage"),
            fields=("*",),
            requires=("kind", "holder_name"),
            consequence=_("The holder is to be vetted, trained and certified"),
            clause="S1-A4-k8",
        )
        vet = Step(
            label=_("Record the vetting"),
            sources=("appointed", "certified"),
            by=("can:manage",),
            fields=("vetted_on",),
            requires=("vetted_on",),
            consequence=_("The holder counts as vetted"),
            clause="S1-A4-k8",
        )
        train = Step(
            label=_("Record the training"),
            sources=("appointed", "certified"),
            by=("can:record", "can:manage"),
            fields=("trained_on",),
            requires=("trained_on",),
            consequence=_("The holder counts as trained"),
            clause="S0-3.4-a",
        )
        certify = Step(
            label=_("File the certificate"),
            sources=("appointed", "certified"),
            target="certified",
            by=("can:record", "can:manage"),
            fields=("certificate_no", "certificate_valid_until"),
            requires=("certificate_no", "certificate_valid_until"),
            evidence=1,
            consequence=_("A new one is due when the certificate runs out"),
            clause="S1-A4-k8",
            awaited=True,
        )

    class Privacy:
        default = "internal"
        sensitive = ("holder_name",)

    def derive(self, *, today: dt.date) -> None:
        """A holder in post is due when the certificate runs out."""
        self.due_on = None if self.ended_on else self.certificate_valid_until

    def clean(self) -> None:
        """A certificate can be cited."""
        super().clean()
        if self.certificate_valid_until and not self.certificate_no.strip():
            raise ValidationError({"certificate_no": UNNUMBERED})
