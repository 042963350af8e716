"""Police agreement (警院共建协议): the signed paper by which hospital and police keep order together."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Step
from anlan.flow.register import StandingRegister

UNNUMBERED = _("A signed agreement has a document number.")


class PoliceAgreement(StandingRegister):
    """An agreement in force from the day of signing. A draft does not count; the signed paper must be there."""

    partner = models.CharField(_("Police partner"), max_length=120)
    document_no = models.CharField(_("Document number"), max_length=60, blank=True)
    has_contact_list = models.BooleanField(_("Contact list attached"), default=False)

    class Meta(StandingRegister.Meta):
        verbose_name = _("Police agreement")
        db_table = "anlan_cn_police_agreement"
        constraints = [
            *StandingRegister.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state="signed") | ~Q(document_no=""),
                name="anlan_cn_police_agreement_signed_has_number",
                violation_error_message=UNNUMBERED,
            ),
        ]

    class Flow:
        subsystem = "M06"
        prefix = "PA"
        purpose = _("The agreements with the police, from draft to signature, and until when each holds.")
        clauses = ("S1-A7-b", "S1-A7-k1", "S1-A8-k1", "S1-3.4-g", "S2-5.7-k")
        states = {"drafted": _("Drafted"), "signed": _("Signed")}
        counted = ("signed",)
        occurred_label = _("Signed on")
        columns = ("partner", "document_no", "has_contact_list", "ended_on")
        filters = ("has_contact_list",)
        search = ("partner", "document_no")
        key = ("partner", "occurred_on")

        draft = Step(
            label=_("Draft an agreement"),
            target="drafted",
            by=("can:manage",),
            fields=("*",),
            requires=("partner",),
            consequence=_("It counts once the signed paper is there"),
            clause="S1-A7-b",
        )
        sign = Step(
            label=_("File the signed agreement"),
            sources=("drafted",),
            target="signed",
            by=("can:manage", "can:approve"),
            fields=("occurred_on", "document_no", "has_contact_list", "ended_on"),
            requires=("document_no",),
            evidence=1,
            consequence=_("The agreement is in force from the day of signing"),
            clause="S1-A7-k1",
        )
        add_contacts = Step(
            label=_("Add the contact list"),
            sources=("signed",),
            by=("can:manage",),
            sets={"has_contact_list": True},
            evidence=1,
            consequence=_("Both sides know whom to call"),
            clause="S1-A8-k1",
        )

    class Privacy:
        default = "internal"

    def clean(self) -> None:
        """A signed agreement can be cited."""
        super().clean()
        if self.state == "signed" and not self.document_no.strip():
            raise ValidationError({"document_no": UNNUMBERED})
