"""Notice to public security and comprehensive governance (患者信息通告): due with each find, sent on a day, received by a post. No names."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from anlan.flow.declare import Deadline, FollowUp, Step
from anlan.flow.register import Register
from anlan.vault.fields import EncryptedCharField

NOT_SENT = ("due", "annulled")


class PoliceNotice(Register):
    """One notice about one screening. It counts once it is sent; sending it notes the day on the screening."""

    class Recipient(models.TextChoices):
        PUBLIC_SECURITY = "public_security", _("Public-security authority")
        COMPREHENSIVE_GOVERNANCE = "comprehensive_governance", _("Comprehensive governance")
        BOTH = "both", _("Public security and comprehensive governance")

    screening = models.ForeignKey(
        "anlan_cn.PatientScreening", on_delete=models.PROTECT, related_name="+", verbose_name=_("Patient screening")
    )
    recipient = models.CharField(_("Recipient"), max_length=24, choices=Recipient.choices, default=Recipient.BOTH)
    patients = models.PositiveIntegerField(_("Patients notified"))
    sent_on = models.DateField(_("Sent on"), null=True, blank=True)
    received_by = EncryptedCharField(_("Received by (post)"), max_length=60, blank=True, searchable=True)

    class Meta(Register.Meta):
        verbose_name = _("Notice of patients to police")
        verbose_name_plural = _("Notices of patients to police")
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(condition=Q(patients__gt=0), name="anlan_cn_policenotice_has_patients"),
            models.CheckConstraint(
                condition=Q(state__in=NOT_SENT) | Q(sent_on__isnull=False), name="anlan_cn_policenotice_sent_has_day"
            ),
            models.CheckConstraint(
                condition=Q(sent_on__isnull=True) | Q(sent_on__gte=models.F("occurred_on")),
                name="anlan_cn_policenotice_sent_after_screening",
            ),
            models.UniqueConstraint(
                fields=["screening", "recipient"],
                condition=~Q(state="annulled"),
                name="anlan_cn_policenotice_once_a_recipient",
            ),
        ]

    class Flow:
        subsystem = "M14"
        prefix = "PN"
        purpose = _(
            "Each notice of screened patients to public security and comprehensive governance: when it fell due, when it went, who took it."
        )
        clauses = ("S1-A2-k6", "S1-A2-f", "S1-3.5-j")
        states = {"due": _("Notice due"), "sent": _("Notice sent"), "acknowledged": _("Receipt acknowledged")}
        counted = ("sent", "acknowledged")
        final = ("sent", "acknowledged")
        occurred_label = _("Screened on")
        columns = ("screening", "recipient", "patients", "due_on", "sent_on", "received_by")
        filters = ("recipient",)
        search = ("received_by",)
        key = ("screening", "recipient")

        open = Step(
            label=_("Open a notice"),
            target="due",
            by=("can:manage",),
            fields=("occurred_on", "screening", "recipient", "patients"),
            requires=("screening", "recipient", "patients"),
            deadline=Deadline(parameter="patient_notice.days"),
            consequence=_("It must be sent by the due date"),
            clause="S1-3.5-j",
        )
        send = Step(
            label=_("Send the notice"),
            sources=("due",),
            target="sent",
            by=("can:manage",),
            fields=("recipient", "sent_on", "received_by"),
            requires=("recipient", "sent_on"),
            evidence=1,
            consequence=_("The screening counts as notified on that day"),
            clause="S1-A2-k6",
            follow="note_on_screening",
        )
        acknowledge = Step(
            label=_("File the receipt"),
            sources=("sent",),
            target="acknowledged",
            by=("can:manage",),
            fields=("received_by",),
            requires=("received_by",),
            evidence=1,
            consequence=_("The signed receipt proves that the notice arrived"),
            clause="S1-3.5-j",
        )

    class Privacy:
        register = "sensitive"
        default = "sensitive"

    def clean(self) -> None:
        """A notice is about the finds of its screening, no more, and goes out after it."""
        super().clean()
        if self.occurred_on < self.screening.occurred_on:
            message = _("The screening took place on %(day)s; a notice cannot come before it.")
            raise ValidationError({"occurred_on": message % {"day": self.screening.occurred_on}})
        if not self.patients or self.patients > self.screening.found:
            message = _("The screening found %(found)d; the notice names at least one and no more than that.")
            raise ValidationError({"patients": message % {"found": self.screening.found}})
        if self.sent_on and self.sent_on < self.occurred_on:
            raise ValidationError({"sent_on": _("The notice cannot be older than the screening.")})
        if self.state not in NOT_SENT and self.sent_on is None:
            raise ValidationError({"sent_on": _("A notice that went out has a day on which it was sent.")})

    def note_on_screening(self) -> tuple[FollowUp, ...]:
        """Return the note on the screening, unless an earlier notice left one since this notice was loaded."""
        self.screening.refresh_from_db()
        if self.screening.notified_on:
            return ()
        return (FollowUp(record=self.screening, step="note_notice", data={"notified_on": self.sent_on}),)
